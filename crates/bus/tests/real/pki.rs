//! Authorities and certificates for the tests.

use std::path::{Path, PathBuf};

use aegis_bus::ClientCertificate;
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};

use crate::listener::private_file;

/// An authority that signs.
pub(crate) struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pem: String,
}

impl Authority {
    pub(crate) fn new(name: &str) -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, name);
        let key = KeyPair::generate().unwrap();
        let pem = params.self_signed(&key).unwrap().pem();
        let issuer = Issuer::new(params, key);
        Self { issuer, pem }
    }

    /// Its certificate, in a file.
    pub(crate) fn file(&self, folder: &Path) -> PathBuf {
        private_file(folder, "ca.pem", &self.pem)
    }

    /// A certificate and its key for these hosts, in files.
    pub(crate) fn certificate(
        &self,
        folder: &Path,
        name: &str,
        hosts: &[&str],
    ) -> ClientCertificate {
        let hosts: Vec<String> = hosts.iter().map(ToString::to_string).collect();
        let mut params = CertificateParams::new(hosts).unwrap();
        params.distinguished_name.push(DnType::CommonName, name);
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        let file = |end: &str, text: &str| private_file(folder, &format!("{name}-{end}.pem"), text);
        ClientCertificate {
            certificate_file: file("cert", &certificate.pem()),
            key_file: file("key", &key.serialize_pem()),
        }
    }
}

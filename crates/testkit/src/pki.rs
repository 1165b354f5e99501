//! Authorities and certificates.

use std::path::{Path, PathBuf};

use aegis_bus::ClientCertificate;
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};

use crate::private_file;

/// An authority that signs.
#[derive(Debug)]
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pem: String,
}

impl Authority {
    /// With a key of its own.
    #[must_use]
    pub fn new(name: &str) -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, name);
        let key = KeyPair::generate().expect("a key");
        let pem = params.self_signed(&key).expect("a certificate").pem();
        let issuer = Issuer::new(params, key);
        Self { issuer, pem }
    }

    /// Its certificate, in a file.
    pub fn file(&self, folder: &Path) -> PathBuf {
        private_file(folder, "ca.pem", &self.pem)
    }

    /// A certificate and its key for these hosts, in files.
    pub fn certificate(&self, folder: &Path, name: &str, hosts: &[&str]) -> ClientCertificate {
        let hosts: Vec<String> = hosts.iter().map(ToString::to_string).collect();
        let mut params = CertificateParams::new(hosts).expect("names of hosts");
        params.distinguished_name.push(DnType::CommonName, name);
        let key = KeyPair::generate().expect("a key");
        let certificate = params.signed_by(&key, &self.issuer).expect("a certificate");
        let file = |end: &str, text: &str| private_file(folder, &format!("{name}-{end}.pem"), text);
        ClientCertificate {
            certificate_file: file("cert", &certificate.pem()),
            key_file: file("key", &key.serialize_pem()),
        }
    }
}

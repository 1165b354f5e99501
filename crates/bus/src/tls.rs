//! TLS: what is trusted, what we show, and the handshake's failures in words that help.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, InvalidDnsNameError, PrivateKeyDer, ServerName};
use rustls::{AlertDescription, CertificateError, ClientConfig, RootCertStore};
use tokio_rustls::TlsConnector;

use crate::file::{FileError, read_public, read_secret};

/// How TLS is done. Asking for it at all means that brokers without are refused. Files are read again
/// on every dial.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TlsOptions {
    /// Certificates of the authorities that are trusted, in PEM, in place of the platform's.
    pub ca_file: Option<PathBuf>,
    /// What we show to brokers that ask who we are.
    pub client_certificate: Option<ClientCertificate>,
    /// TLS begins before the broker's greeting: for brokers with `handshake_first`.
    pub first: bool,
}

/// A certificate and the key to it, both in PEM.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientCertificate {
    /// Our certificate, and after it those that lead to an authority.
    pub certificate_file: PathBuf,
    /// Its key. Only its owner may read the file.
    pub key_file: PathBuf,
}

/// Why there is no TLS with a broker.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TlsError {
    /// A file is of no use.
    #[error(transparent)]
    File(#[from] FileError),
    /// The platform has no authorities that could be trusted.
    #[error("this machine has no root certificates")]
    NoRoots,
    /// Certificate and key do not belong together, or cannot be used.
    #[error("the client certificate cannot be used: {reason}")]
    UnusableClientCertificate {
        /// What the library says.
        reason: String,
    },
    /// No certificate could be for such a host.
    #[error("the host of the server address cannot be in a certificate")]
    InvalidServerName,
    /// The broker's certificate is not from an authority that is trusted.
    #[error("the broker's certificate is from nobody that is trusted")]
    UnknownIssuer,
    /// The broker's certificate is for another host.
    #[error("the broker's certificate is for another host")]
    WrongHost,
    /// The broker's certificate has expired, or is not valid yet.
    #[error("the broker's certificate is not valid at this time")]
    NotValidNow,
    /// The broker wants a certificate of ours, and got none or one that it does not trust.
    #[error("the broker does not take our client certificate, or wants one and got none")]
    ClientCertificateRefused,
    /// Something else.
    #[error("TLS failed: {reason}")]
    Failed {
        /// What the library says.
        reason: String,
    },
}

impl TlsError {
    /// A stable name for programs and logs.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::File(error) => error.code(),
            Self::NoRoots => "TLS_NO_ROOTS",
            Self::UnusableClientCertificate { .. } => "TLS_CLIENT_CERTIFICATE_UNUSABLE",
            Self::InvalidServerName => "TLS_INVALID_SERVER_NAME",
            Self::UnknownIssuer => "TLS_UNKNOWN_ISSUER",
            Self::WrongHost => "TLS_WRONG_HOST",
            Self::NotValidNow => "TLS_NOT_VALID_NOW",
            Self::ClientCertificateRefused => "TLS_CLIENT_CERTIFICATE_REFUSED",
            Self::Failed { .. } => "TLS_FAILED",
        }
    }

    /// What to do about it, where that helps.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::NoRoots | Self::UnknownIssuer => {
                Some("name the file with the certificate of the authority it is from")
            }
            Self::WrongHost => Some("connect to a host that the broker's certificate names"),
            Self::NotValidNow => Some("check the clocks, and renew the broker's certificate"),
            Self::ClientCertificateRefused => {
                Some("name a client certificate, and its key, from an authority the broker trusts")
            }
            _ => None,
        }
    }
}

impl From<&rustls::Error> for TlsError {
    fn from(error: &rustls::Error) -> Self {
        match error {
            rustls::Error::InvalidCertificate(certificate) => match certificate {
                CertificateError::UnknownIssuer => Self::UnknownIssuer,
                CertificateError::NotValidForName
                | CertificateError::NotValidForNameContext { .. } => Self::WrongHost,
                CertificateError::Expired
                | CertificateError::ExpiredContext { .. }
                | CertificateError::NotValidYet
                | CertificateError::NotValidYetContext { .. } => Self::NotValidNow,
                _ => Self::failed(error),
            },
            rustls::Error::AlertReceived(
                AlertDescription::CertificateRequired
                | AlertDescription::BadCertificate
                | AlertDescription::CertificateUnknown
                | AlertDescription::CertificateExpired
                | AlertDescription::UnknownCA,
            ) => Self::ClientCertificateRefused,
            _ => Self::failed(error),
        }
    }
}

impl From<InvalidDnsNameError> for TlsError {
    fn from(_: InvalidDnsNameError) -> Self {
        Self::InvalidServerName
    }
}

impl TlsError {
    fn failed(error: &rustls::Error) -> Self {
        Self::Failed {
            reason: error.to_string(),
        }
    }

    /// If this is what made an operation on the socket fail.
    pub(crate) fn of(error: &std::io::Error) -> Option<Self> {
        error
            .get_ref()?
            .downcast_ref()
            .map(|error: &rustls::Error| Self::from(error))
    }
}

/// Whom to expect behind an address.
pub(crate) fn server_name(host: &str) -> Result<ServerName<'static>, TlsError> {
    Ok(ServerName::try_from(host.to_owned())?)
}

/// Reads what is needed for a handshake. It may block for a moment.
pub(crate) fn connector(options: &TlsOptions) -> Result<TlsConnector, TlsError> {
    let roots = match &options.ca_file {
        Some(path) => roots_in(path)?,
        None => platform_roots()?,
    };
    // Named, so that no other part of a program can choose another one for us.
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| TlsError::failed(&error))?
        .with_root_certificates(roots);
    let config = match &options.client_certificate {
        None => builder.with_no_client_auth(),
        Some(client) => {
            let chain = certificates(&client.certificate_file)?;
            let key = key(&client.key_file)?;
            builder.with_client_auth_cert(chain, key).map_err(|error| {
                TlsError::UnusableClientCertificate {
                    reason: error.to_string(),
                }
            })?
        }
    };
    Ok(Arc::new(config).into())
}

fn platform_roots() -> Result<RootCertStore, TlsError> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if roots.is_empty() {
        return Err(TlsError::NoRoots);
    }
    Ok(roots)
}

fn roots_in(path: &Path) -> Result<RootCertStore, TlsError> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(certificates(path)?);
    if roots.is_empty() {
        return Err(FileError::malformed(path, "certificate of an authority").into());
    }
    Ok(roots)
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, FileError> {
    let text = read_public(path)?;
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(text.as_bytes()).collect();
    match found {
        Ok(certificates) if !certificates.is_empty() => Ok(certificates),
        _ => Err(FileError::malformed(path, "certificate in PEM")),
    }
}

fn key(path: &Path) -> Result<PrivateKeyDer<'static>, FileError> {
    let text = read_secret(path)?;
    PrivateKeyDer::from_pem_slice(text.as_bytes())
        .map_err(|_| FileError::malformed(path, "private key in PEM"))
}

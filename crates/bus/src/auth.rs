//! Who we say we are.

use std::path::{Path, PathBuf};

use aegis_nats::client::Login;
use data_encoding::BASE64URL_NOPAD;
use nkeys::{KeyPair, KeyPairType};
use zeroize::Zeroizing;

use crate::file::{FileError, read_secret};
use crate::{Secret, credentials};

/// Who a connection says it is. Files are read again on every dial, so that what was replaced counts,
/// and must be readable by their owner alone.
#[derive(Clone, Debug, Default)]
pub enum Auth {
    /// Nobody. Brokers that ask are refused.
    #[default]
    None,
    /// A user and its password.
    UserPassword {
        /// The name.
        user: String,
        /// The password.
        password: SecretSource,
    },
    /// A token.
    Token(SecretSource),
    /// A user's key pair: a file with the seed, which begins with `SU`. Only the public key and a
    /// signature travel.
    Nkey(PathBuf),
    /// A credentials file: a user's JWT and seed, as `nsc` writes it.
    Credentials(PathBuf),
}

/// Where a password or a token comes from.
#[derive(Clone, Debug)]
pub enum SecretSource {
    /// It is here.
    Given(Secret),
    /// It is what a file holds, without the line end.
    File(PathBuf),
}

/// Why we cannot say who we are.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LoginError {
    /// A file is of no use.
    #[error(transparent)]
    File(#[from] FileError),
    /// The broker gave nothing to sign: it takes neither nkeys nor credentials files.
    #[error("the broker takes no nkeys and no credentials files")]
    NoNonce,
}

impl LoginError {
    /// A stable name for programs and logs.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::File(error) => error.code(),
            Self::NoNonce => "NKEYS_NOT_TAKEN",
        }
    }
}

impl Auth {
    /// Whether there is anything to say.
    #[must_use]
    pub fn is_some(&self) -> bool {
        !matches!(self, Self::None)
    }

    /// What goes into CONNECT. It reads files, so it may block for a moment.
    pub(crate) fn login(&self, nonce: Option<&str>) -> Result<Login, LoginError> {
        Ok(match self {
            Self::None => Login::default(),
            Self::UserPassword { user, password } => Login {
                user: Some(user.clone()),
                pass: Some(password.read()?.expose().to_owned()),
                ..Login::default()
            },
            Self::Token(token) => Login {
                auth_token: Some(token.read()?.expose().to_owned()),
                ..Login::default()
            },
            Self::Nkey(path) => {
                let text = read_secret(path)?;
                let keys = user_keys(path, text.trim())?;
                Login {
                    nkey: Some(keys.public_key()),
                    sig: Some(signed(&keys, nonce, path)?),
                    ..Login::default()
                }
            }
            Self::Credentials(path) => {
                let text = read_secret(path)?;
                let Some((jwt, seed)) = credentials::parse(&text) else {
                    return Err(FileError::malformed(path, "user JWT with its seed").into());
                };
                let keys = user_keys(path, seed)?;
                Login {
                    jwt: Some(jwt.to_owned()),
                    sig: Some(signed(&keys, nonce, path)?),
                    ..Login::default()
                }
            }
        })
    }
}

impl SecretSource {
    fn read(&self) -> Result<Secret, FileError> {
        match self {
            Self::Given(secret) => Ok(secret.clone()),
            Self::File(path) => {
                let text = read_secret(path)?;
                let line = text.trim_end_matches(['\r', '\n']);
                if line.is_empty() {
                    return Err(FileError::malformed(path, "secret: it is empty"));
                }
                Ok(Zeroizing::new(line.to_owned()).into())
            }
        }
    }
}

/// Errors of the library are not passed on: they may quote what they could not read.
fn user_keys(path: &Path, seed: &str) -> Result<KeyPair, FileError> {
    match KeyPair::from_seed(seed) {
        Ok(keys) if keys.key_pair_type() == KeyPairType::User => Ok(keys),
        _ => Err(FileError::malformed(
            path,
            "seed of a user (it begins with SU)",
        )),
    }
}

fn signed(keys: &KeyPair, nonce: Option<&str>, path: &Path) -> Result<String, LoginError> {
    let nonce = nonce.ok_or(LoginError::NoNonce)?;
    match keys.sign(nonce.as_bytes()) {
        Ok(signature) => Ok(BASE64URL_NOPAD.encode(&signature)),
        Err(_) => Err(FileError::malformed(path, "key that can sign").into()),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn private(text: &str) -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret");
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, PermissionsExt::from_mode(0o600)).unwrap();
        (folder, path)
    }

    #[test]
    fn a_nonce_is_signed_with_the_users_key() {
        let keys = KeyPair::new_user();
        let (_folder, path) = private(&format!("{}\n", keys.seed().unwrap()));
        let login = Auth::Nkey(path.clone()).login(Some("n0nce")).unwrap();
        assert_eq!(login.nkey, Some(keys.public_key()));
        let signature = BASE64URL_NOPAD
            .decode(login.sig.unwrap().as_bytes())
            .unwrap();
        keys.verify(b"n0nce", &signature).unwrap();
        let refused = Auth::Nkey(path).login(None).unwrap_err();
        assert_eq!(refused, LoginError::NoNonce);
    }

    #[test]
    fn a_file_that_was_replaced_counts() {
        let (_folder, path) = private("one\r\n");
        let auth = Auth::Token(SecretSource::File(path.clone()));
        let token = || auth.login(None).unwrap().auth_token.unwrap();
        assert_eq!(token(), "one");
        std::fs::write(&path, "two").unwrap();
        assert_eq!(token(), "two");
    }

    #[test]
    fn refusals_quote_nothing() {
        let account = KeyPair::new_account().seed().unwrap();
        for text in ["", "\n", "hunter2", &account, "SUAhunter2hunter2"] {
            let (_folder, path) = private(text);
            for auth in [Auth::Nkey(path.clone()), Auth::Credentials(path)] {
                let error = auth.login(Some("n")).unwrap_err();
                assert_eq!(error.code(), "FILE_MALFORMED");
                let said = format!("{error} {error:?}");
                assert!(
                    !said.contains("hunter2") && !said.contains(&account),
                    "{said}"
                );
            }
        }
        let given = Auth::Token(SecretSource::Given(Secret::new("hunter2")));
        assert!(!format!("{given:?}").contains("hunter2"));
    }
}

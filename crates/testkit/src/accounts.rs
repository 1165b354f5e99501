//! Logins of a NATS server whose users show a JWT, as an operator and `nsc` would make them.

use std::path::{Path, PathBuf};

use data_encoding::BASE64URL_NOPAD;
use nkeys::KeyPair;
use serde_json::{Value, json};

use crate::private_file;

/// An operator with an account of services and callers and a system account.
#[derive(Debug)]
pub struct Accounts {
    operator: KeyPair,
    app: KeyPair,
    system: KeyPair,
}

/// What a user of an account logs in with.
#[derive(Clone, Debug)]
pub struct Credentials {
    /// Who says so: not secret by itself, but never to be shown, since a token is not told from one that
    /// is.
    pub jwt: String,
    /// The secret.
    pub seed: String,
}

impl Credentials {
    /// A credentials file that only its owner can read.
    pub fn file(&self, folder: &Path, name: &str) -> PathBuf {
        let Credentials { jwt, seed } = self;
        let text = format!(
            "-----BEGIN NATS USER JWT-----\n{jwt}\n------END NATS USER JWT------\n\n\
             -----BEGIN USER NKEY SEED-----\n{seed}\n------END USER NKEY SEED------\n"
        );
        private_file(folder, name, &text)
    }
}

impl Default for Accounts {
    fn default() -> Accounts {
        Accounts::new()
    }
}

impl Accounts {
    /// With keys of its own.
    #[must_use]
    pub fn new() -> Accounts {
        Accounts {
            operator: KeyPair::new_operator(),
            app: KeyPair::new_account(),
            system: KeyPair::new_account(),
        }
    }

    /// Of a server that keeps the accounts in memory.
    #[must_use]
    pub fn config(&self) -> String {
        let nats = json!({"type": "operator", "version": 2});
        let operator = jwt(&self.operator, &self.operator.public_key(), &nats, None);
        let nats = json!({"type": "account", "version": 2, "limits": {
            "subs": -1, "conn": -1, "leaf": -1, "imports": -1, "exports": -1,
            "data": -1, "payload": -1, "wildcards": true,
        }});
        let [app, system] = [&self.app, &self.system].map(|keys| {
            let of = keys.public_key();
            let account = jwt(&self.operator, &of, &nats, None);
            format!("{of}: {account}")
        });
        format!(
            "operator: {operator}\nresolver: MEMORY\nsystem_account: {}\nresolver_preload: {{ {app}, {system} }}",
            self.system.public_key()
        )
    }

    /// A new user of services and callers; with when it expires, in seconds since 1970.
    #[must_use]
    pub fn user(&self, expires: Option<u64>) -> Credentials {
        user_of(&self.app, expires)
    }

    /// A new user of the system account.
    #[must_use]
    pub fn system_user(&self) -> Credentials {
        user_of(&self.system, None)
    }
}

fn user_of(account: &KeyPair, expires: Option<u64>) -> Credentials {
    let keys = KeyPair::new_user();
    let nats = json!({"type": "user", "version": 2, "subs": -1, "data": -1, "payload": -1});
    Credentials {
        jwt: jwt(account, &keys.public_key(), &nats, expires),
        seed: keys.seed().expect("a user's seed"),
    }
}

fn jwt(issuer: &KeyPair, subject: &str, nats: &Value, expires: Option<u64>) -> String {
    let part = |json: &Value| BASE64URL_NOPAD.encode(json.to_string().as_bytes());
    let mut claims = json!({
        "jti": subject, "iat": 1_700_000_000, "iss": issuer.public_key(), "name": "test",
        "sub": subject, "nats": nats,
    });
    if let Some(expires) = expires {
        claims["exp"] = expires.into();
    }
    let header = json!({"typ": "JWT", "alg": "ed25519-nkey"});
    let signed = format!("{}.{}", part(&header), part(&claims));
    let signature = issuer.sign(signed.as_bytes()).expect("a signature");
    format!("{signed}.{}", BASE64URL_NOPAD.encode(&signature))
}

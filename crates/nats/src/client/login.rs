//! What CONNECT says about who we are.

use std::fmt;

use serde::Serialize;

/// Who we are, in the ways that nats-server knows. What is absent is not sent.
///
/// All of it but the public parts (`user`, `nkey`) is secret: its debug form shows which parts are
/// there and none of their content.
#[derive(Clone, Default, PartialEq, Eq, Serialize)]
pub struct Login {
    /// A user's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// Its password.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pass: Option<String>,
    /// A token, in place of a user.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auth_token: Option<String>,
    /// A user's public key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nkey: Option<String>,
    /// What an account says of a user.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jwt: Option<String>,
    /// The broker's nonce signed with the user's key, in base64 for URLs without padding.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sig: Option<String>,
}

impl fmt::Debug for Login {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = [
            ("user", &self.user),
            ("pass", &self.pass),
            ("auth_token", &self.auth_token),
            ("nkey", &self.nkey),
            ("jwt", &self.jwt),
            ("sig", &self.sig),
        ];
        let given = parts.iter().filter(|(_, part)| part.is_some());
        out.write_str("Login")?;
        out.debug_set()
            .entries(given.map(|(name, _)| name))
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn its_debug_form_holds_nothing_secret() {
        let login = Login {
            user: Some("me".to_owned()),
            pass: Some("hunter2".to_owned()),
            ..Login::default()
        };
        assert_eq!(format!("{login:?}"), r#"Login{"user", "pass"}"#);
        let json = serde_json::to_string(&login).unwrap();
        assert_eq!(json, r#"{"user":"me","pass":"hunter2"}"#);
    }
}

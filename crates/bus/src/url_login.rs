//! Addresses that say who connects: `nats://user:password@host`, as other NATS tools take them.
//!
//! Only where such a text may come from: the environment. On a command line everybody on the machine
//! can read it.

use percent_encoding::percent_decode_str;

use crate::{Auth, Secret, SecretSource, ServerAddress, ServerAddressError};

impl ServerAddress {
    /// Reads a list with commas between the addresses, each of which may begin with
    /// `user:password@` or `token@`, percent-encoded. A comma in a password is written `%2C`.
    ///
    /// # Errors
    ///
    /// See [`ServerAddressError`]; two servers with different logins are one of them.
    pub fn parse_list_with_login(text: &str) -> Result<(Vec<Self>, Auth), ServerAddressError> {
        let mut login: Option<&str> = None;
        let mut servers = Vec::new();
        for one in text.split(',') {
            let (scheme, rest) = match one.trim().split_once("://") {
                Some((scheme, rest)) => (Some(scheme), rest),
                None => (None, one.trim()),
            };
            let (of_this, rest) = match rest.rsplit_once('@') {
                Some((login, rest)) => (Some(login), rest),
                None => (None, rest),
            };
            if let Some(of_this) = of_this
                && *login.get_or_insert(of_this) != of_this
            {
                return Err(ServerAddressError::DifferentLogins);
            }
            servers.push(match scheme {
                Some(scheme) => format!("{scheme}://{rest}").parse()?,
                None => rest.parse()?,
            });
        }
        Ok((servers, login.map_or(Ok(Auth::None), auth)?))
    }
}

fn auth(login: &str) -> Result<Auth, ServerAddressError> {
    let decoded = |part: &str| match percent_decode_str(part).decode_utf8() {
        Ok(text) if !text.is_empty() => Ok(text.into_owned()),
        _ => Err(ServerAddressError::InvalidLogin),
    };
    let secret = |part: &str| Ok(SecretSource::Given(Secret::new(decoded(part)?)));
    Ok(match login.split_once(':') {
        Some((user, password)) => Auth::UserPassword {
            user: decoded(user)?,
            password: secret(password)?,
        },
        None => Auth::Token(secret(login)?),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<(String, String), ServerAddressError> {
        let (servers, auth) = ServerAddress::parse_list_with_login(text)?;
        let servers: Vec<String> = servers.iter().map(ToString::to_string).collect();
        let auth = match auth {
            Auth::None => "nobody".to_owned(),
            Auth::UserPassword {
                user,
                password: SecretSource::Given(password),
            } => format!("{user} {}", password.expose()),
            Auth::Token(SecretSource::Given(token)) => format!("token {}", token.expose()),
            other => format!("{other:?}"),
        };
        Ok((servers.join(" "), auth))
    }

    #[test]
    fn logins_are_read() {
        for (text, servers, auth) in [
            ("nats://me:pw@a:1", "a:1", "me pw"),
            ("tls://me:p%40w%2C@a:1,b", "a:1 b:4222", "me p@w,"),
            ("t0ken@a", "a:4222", "token t0ken"),
            ("nats://me:p@ss@a:1", "a:1", "me p@ss"),
            ("me:pw@a, me:pw@b:1", "a:4222 b:1", "me pw"),
            ("a,b", "a:4222 b:4222", "nobody"),
        ] {
            let read = read(text).unwrap();
            assert_eq!(read, (servers.to_owned(), auth.to_owned()), "{text}");
        }
    }

    #[test]
    fn logins_that_are_none_are_refused_without_being_shown() {
        for (text, error) in [
            (
                "me:hunter2@a,you:hunter2@b",
                ServerAddressError::DifferentLogins,
            ),
            ("me:@a", ServerAddressError::InvalidLogin),
            (":hunter2@a", ServerAddressError::InvalidLogin),
            ("@a", ServerAddressError::InvalidLogin),
            ("me:%ff@a", ServerAddressError::InvalidLogin),
            ("me:hunter2@", ServerAddressError::Empty),
            ("me:hunter2@a b", ServerAddressError::InvalidHost),
        ] {
            assert_eq!(read(text), Err(error), "{text}");
            assert!(!format!("{error} {error:?}").contains("hunter2"));
        }
    }
}

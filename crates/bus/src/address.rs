//! Where a broker listens.

use std::fmt;
use std::str::FromStr;

/// The port brokers listen on unless told otherwise.
const DEFAULT_PORT: u16 = 4222;

/// The scheme of an address without TLS, or with it where the broker insists. It may be left out.
const SCHEME: &str = "nats";

/// The scheme of an address with TLS.
const TLS_SCHEME: &str = "tls";

/// Host and port of one broker.
///
/// Rules of its text, `nats://host:port` or `host:port`:
///
/// - the scheme is `nats`, `tls`, or absent;
/// - no user and no password: see [`parse_list_with_login`](Self::parse_list_with_login);
/// - the host is a name, an IPv4 address, or an IPv6 address in brackets; nothing follows the port;
/// - the port is 1 to 65,535, and 4222 if absent.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ServerAddress {
    host: String,
    port: u16,
    is_tls: bool,
}

/// Why a text is no address of a broker. None of these repeats the text: it may hold a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ServerAddressError {
    /// There is nothing, or nothing between two commas.
    #[error("the server address is empty")]
    Empty,
    /// Another scheme than `nats` and `tls`.
    #[error("only the schemes nats:// and tls:// are supported in a server address")]
    UnsupportedScheme,
    /// A user or a password, where none may be.
    #[error("the server address holds credentials")]
    Credentials,
    /// A user without a name, a password without a letter, or either not in UTF-8.
    #[error("the login in the server address is not valid")]
    InvalidLogin,
    /// One connection is one user.
    #[error("the server addresses hold different logins")]
    DifferentLogins,
    /// The host is missing or has characters no host has.
    #[error("the host in the server address is not valid")]
    InvalidHost,
    /// The port is no number from 1 to 65535.
    #[error("the port in the server address is not a number from 1 to 65535")]
    InvalidPort,
}

impl ServerAddressError {
    /// A stable name for programs and logs.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Empty => "EMPTY_ADDRESS",
            Self::UnsupportedScheme => "UNSUPPORTED_SCHEME",
            Self::Credentials => "CREDENTIALS_IN_ADDRESS",
            Self::InvalidLogin => "INVALID_LOGIN",
            Self::DifferentLogins => "DIFFERENT_LOGINS",
            Self::InvalidHost => "INVALID_HOST",
            Self::InvalidPort => "INVALID_PORT",
        }
    }

    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Credentials => {
                "an address is shown and logged: give the credentials apart from it, best in a file"
            }
            Self::InvalidLogin => "write nats://user:password@host, each part percent-encoded",
            Self::DifferentLogins => "write the same one for all servers, or only for the first",
            Self::UnsupportedScheme => "write nats://host:port or tls://host:port",
            Self::Empty | Self::InvalidHost | Self::InvalidPort => {
                "write nats://host:port, with commas between several"
            }
        }
    }
}

impl ServerAddress {
    /// Reads a list with commas between the addresses.
    ///
    /// # Errors
    ///
    /// See [`ServerAddressError`]; an empty list is one of them.
    pub fn parse_list(text: &str) -> Result<Vec<Self>, ServerAddressError> {
        text.split(',').map(str::parse).collect()
    }

    /// The name or address to look up, without brackets.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The port.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Whether it asks for TLS whatever the broker says.
    #[must_use]
    pub fn is_tls(&self) -> bool {
        self.is_tls
    }

    /// Whether its host is an address and no name.
    pub(crate) fn is_ip(&self) -> bool {
        self.host.parse::<std::net::IpAddr>().is_ok()
    }
}

impl From<std::net::SocketAddr> for ServerAddress {
    fn from(address: std::net::SocketAddr) -> Self {
        Self {
            host: address.ip().to_string(),
            port: address.port(),
            is_tls: false,
        }
    }
}

impl FromStr for ServerAddress {
    type Err = ServerAddressError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        if text.is_empty() {
            return Err(ServerAddressError::Empty);
        }
        let (scheme, rest) = text.split_once("://").unwrap_or((SCHEME, text));
        let is_tls = scheme.eq_ignore_ascii_case(TLS_SCHEME);
        if !is_tls && !scheme.eq_ignore_ascii_case(SCHEME) {
            return Err(ServerAddressError::UnsupportedScheme);
        }
        if rest.contains('@') {
            return Err(ServerAddressError::Credentials);
        }
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        let (host, port) = split_port(rest)?;
        let port = match port {
            None => DEFAULT_PORT,
            Some(port) => match port.parse() {
                Ok(port) if port > 0 => port,
                _ => return Err(ServerAddressError::InvalidPort),
            },
        };
        Ok(Self {
            host: host.to_owned(),
            port,
            is_tls,
        })
    }
}

fn split_port(text: &str) -> Result<(&str, Option<&str>), ServerAddressError> {
    let (host, port) = if let Some(inside) = text.strip_prefix('[') {
        let (host, after) = inside
            .split_once(']')
            .ok_or(ServerAddressError::InvalidHost)?;
        let is_ipv6 = host.parse::<std::net::Ipv6Addr>().is_ok();
        match (is_ipv6, after.strip_prefix(':')) {
            (true, port) if port.is_some() || after.is_empty() => return Ok((host, port)),
            _ => return Err(ServerAddressError::InvalidHost),
        }
    } else {
        match text.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (text, None),
        }
    };
    let is_host_byte =
        |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
    if host.is_empty() || !host.bytes().all(is_host_byte) {
        return Err(ServerAddressError::InvalidHost);
    }
    Ok((host, port))
}

impl fmt::Display for ServerAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_and_shown() {
        for (text, shown) in [
            ("nats://127.0.0.1:4223", "127.0.0.1:4223"),
            ("NATS://localhost/", "localhost:4222"),
            (" host-1.example:1 ", "host-1.example:1"),
            ("[::1]:4222", "[::1]:4222"),
            ("nats://[::1]", "[::1]:4222"),
            ("TLS://host", "host:4222"),
        ] {
            let address: ServerAddress = text.parse().unwrap();
            assert_eq!(address.to_string(), shown);
            assert_eq!(address.is_tls(), text.starts_with("TLS"));
        }
    }

    #[test]
    fn each_rule_has_its_refusal() {
        for (text, error) in [
            ("", ServerAddressError::Empty),
            ("ws://host", ServerAddressError::UnsupportedScheme),
            ("nats://me:secret@host", ServerAddressError::Credentials),
            ("me@host:1", ServerAddressError::Credentials),
            ("nats://", ServerAddressError::InvalidHost),
            ("ho st:1", ServerAddressError::InvalidHost),
            ("::1", ServerAddressError::InvalidHost),
            ("[x]:1", ServerAddressError::InvalidHost),
            ("[::1]x", ServerAddressError::InvalidHost),
            ("host:0", ServerAddressError::InvalidPort),
            ("host:70000", ServerAddressError::InvalidPort),
            ("host:1/path", ServerAddressError::InvalidPort),
        ] {
            assert_eq!(text.parse::<ServerAddress>(), Err(error), "{text:?}");
            assert!(!error.to_string().contains("secret"));
        }
    }

    #[test]
    fn a_list_has_commas() {
        let list = ServerAddress::parse_list("nats://a:1, b:2").unwrap();
        assert_eq!(list.len(), 2);
        assert_eq!(
            ServerAddress::parse_list("a,,b"),
            Err(ServerAddressError::Empty)
        );
    }
}

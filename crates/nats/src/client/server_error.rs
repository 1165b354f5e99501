//! What a broker complains about with `-ERR`, and whether the connection outlives it.

use std::fmt;

/// The kind of an `-ERR` line. The texts are those of nats-server and of our own broker,
/// compared without case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ServerError {
    /// We may not publish or subscribe there. Only that one command had no effect.
    PermissionsViolation,
    /// A subject was not accepted. Only that one command had no effect.
    InvalidSubject,
    /// A header block was not accepted. Only that one publish had no effect.
    InvalidHeaders,
    /// One subscription too many. Only that one had no effect.
    TooManySubscriptions,
    /// We are not let in.
    Authorization,
    /// What let us in has expired.
    AuthenticationExpired,
    /// What let us in was taken back.
    AuthenticationRevoked,
    /// We did not say who we are in the time the broker gives for that.
    AuthenticationTimeout,
    /// The broker insists on TLS.
    TlsRequired,
    /// The broker has all the connections it takes.
    TooManyConnections,
    /// The broker found us silent.
    StaleConnection,
    /// We read too slowly.
    SlowConsumer,
    /// A payload or a control line was too long.
    TooLarge,
    /// The broker is stopping.
    ShuttingDown,
    /// Something else, such as a protocol error.
    Other,
}

impl ServerError {
    /// Reads the text of an `-ERR` line, with or without its quotes.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        const BEGINNINGS: &[(&str, ServerError)] = &[
            ("permissions violation", ServerError::PermissionsViolation),
            ("invalid subject", ServerError::InvalidSubject),
            ("invalid publish subject", ServerError::InvalidSubject),
            ("invalid reply subject", ServerError::InvalidSubject),
            ("invalid message headers", ServerError::InvalidHeaders),
            ("maximum subscriptions", ServerError::TooManySubscriptions),
            ("authorization", ServerError::Authorization),
            (
                "user authentication expired",
                ServerError::AuthenticationExpired,
            ),
            (
                "account authentication expired",
                ServerError::AuthenticationExpired,
            ),
            (
                "user authentication revoked",
                ServerError::AuthenticationRevoked,
            ),
            ("authentication timeout", ServerError::AuthenticationTimeout),
            ("secure connection", ServerError::TlsRequired),
            ("authentication", ServerError::Authorization),
            ("user authentication", ServerError::Authorization),
            ("account authentication", ServerError::Authorization),
            ("maximum connections", ServerError::TooManyConnections),
            ("maximum account", ServerError::TooManyConnections),
            ("stale connection", ServerError::StaleConnection),
            ("slow consumer", ServerError::SlowConsumer),
            ("maximum payload", ServerError::TooLarge),
            ("maximum control line", ServerError::TooLarge),
            ("server shutdown", ServerError::ShuttingDown),
        ];
        let text = text.trim().trim_matches('\'');
        let begins = |beginning: &str| {
            text.get(..beginning.len())
                .is_some_and(|start| start.eq_ignore_ascii_case(beginning))
        };
        BEGINNINGS
            .iter()
            .find(|(beginning, _)| begins(beginning))
            .map_or(Self::Other, |(_, kind)| *kind)
    }

    /// Whether the broker did not like who we say we are.
    #[must_use]
    pub fn is_about_login(self) -> bool {
        matches!(
            self,
            Self::Authorization
                | Self::AuthenticationExpired
                | Self::AuthenticationRevoked
                | Self::AuthenticationTimeout
        )
    }

    /// Whether the broker goes on after it. Everything else it follows by closing the socket.
    #[must_use]
    pub fn keeps_connection(self) -> bool {
        matches!(
            self,
            Self::PermissionsViolation
                | Self::InvalidSubject
                | Self::InvalidHeaders
                | Self::TooManySubscriptions
        )
    }
}

impl fmt::Display for ServerError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::PermissionsViolation => "permissions violation",
            Self::InvalidSubject => "invalid subject",
            Self::InvalidHeaders => "invalid headers",
            Self::TooManySubscriptions => "too many subscriptions",
            Self::Authorization => "authorization violation",
            Self::AuthenticationExpired => "the credentials have expired",
            Self::AuthenticationRevoked => "the credentials were revoked",
            Self::AuthenticationTimeout => "authentication took too long",
            Self::TlsRequired => "TLS required",
            Self::TooManyConnections => "it has all the connections it takes",
            Self::StaleConnection => "it found us silent",
            Self::SlowConsumer => "slow consumer: we read too slowly",
            Self::TooLarge => "something we sent was too long",
            Self::ShuttingDown => "it is stopping",
            Self::Other => "protocol error",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::Refusal;

    #[test]
    fn what_our_broker_refuses_and_survives_so_do_we() {
        for refusal in [
            Refusal::InvalidPublishSubject,
            Refusal::InvalidReplySubject,
            Refusal::InvalidSubject,
            Refusal::InvalidHeaders,
        ] {
            let kind = ServerError::parse(refusal.wire_text());
            assert!(kind.keeps_connection(), "{refusal}");
        }
    }

    #[test]
    fn texts_of_nats_server_are_known() {
        for (text, kind, keeps) in [
            (
                "'Permissions Violation for Publish to \"x\"'",
                ServerError::PermissionsViolation,
                true,
            ),
            ("'Invalid Subject'", ServerError::InvalidSubject, true),
            (
                "maximum subscriptions exceeded",
                ServerError::TooManySubscriptions,
                true,
            ),
            (
                "'Authorization Violation'",
                ServerError::Authorization,
                false,
            ),
            (
                "'User Authentication Expired'",
                ServerError::AuthenticationExpired,
                false,
            ),
            (
                "'Authentication Timeout'",
                ServerError::AuthenticationTimeout,
                false,
            ),
            ("'Stale Connection'", ServerError::StaleConnection, false),
            ("'Slow Consumer'", ServerError::SlowConsumer, false),
            ("'Unknown Protocol Operation'", ServerError::Other, false),
            ("", ServerError::Other, false),
            ("'ünvalid'", ServerError::Other, false),
        ] {
            assert_eq!(ServerError::parse(text), kind, "{text}");
            assert_eq!(kind.keeps_connection(), keeps, "{text}");
        }
    }
}

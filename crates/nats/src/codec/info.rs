use serde::{Deserialize, Serialize};

/// The JSON of `CONNECT`. The default is what an absent key means, as nats-server reads it; keys
/// that are not known are ignored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ConnectInfo {
    /// Wants `+OK` after each operation.
    pub verbose: bool,
    /// Wants subjects checked more strictly; ours always are.
    pub pedantic: bool,
    /// Wants its own messages back where it subscribes to them.
    pub echo: bool,
    /// Understands messages with headers.
    pub headers: bool,
    /// Wants a 503 where a request reaches nobody; needs `headers`.
    pub no_responders: bool,
    /// Protocol version: 1 means that it takes `INFO` at any time.
    pub protocol: u8,
    /// A name for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The client library's language.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lang: Option<String>,
    /// The client library's version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
}

impl Default for ConnectInfo {
    fn default() -> ConnectInfo {
        ConnectInfo {
            verbose: true,
            pedantic: true,
            echo: true,
            headers: false,
            no_responders: false,
            protocol: 0,
            name: None,
            lang: None,
            version: None,
        }
    }
}

/// The JSON of `INFO`. Keys that are not known are ignored, absent ones take their default.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ServerInfo {
    /// Random per start of a server.
    pub server_id: String,
    /// A name for people.
    pub server_name: String,
    /// The server's version.
    pub version: String,
    /// Protocol version: 1 means that it may send `INFO` at any time.
    pub proto: u8,
    /// The address it listens on.
    pub host: String,
    /// The port it listens on.
    pub port: u16,
    /// Takes messages with headers.
    pub headers: bool,
    /// Largest payload it takes, headers included, in bytes.
    pub max_payload: usize,
    /// Its number for this connection.
    pub client_id: u64,
    /// Refuses a connection without credentials.
    #[serde(skip_serializing_if = "is_false")]
    pub auth_required: bool,
    /// Refuses a connection without TLS.
    #[serde(skip_serializing_if = "is_false")]
    pub tls_required: bool,
    /// Takes a connection with TLS and one without.
    #[serde(skip_serializing_if = "is_false")]
    pub tls_available: bool,
    /// Refuses a TLS client without a certificate.
    #[serde(skip_serializing_if = "is_false")]
    pub tls_verify: bool,
    /// What a client with a key pair has to sign.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nonce: Option<String>,
    /// Keeps streams.
    #[serde(skip_serializing_if = "is_false")]
    pub jetstream: bool,
    /// The name of its cluster.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cluster: Option<String>,
    /// Is about to stop: go elsewhere.
    #[serde(skip_serializing_if = "is_false")]
    pub ldm: bool,
    /// Other servers of the cluster, `host:port`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub connect_urls: Vec<String>,
}

fn is_false(flag: &bool) -> bool {
    !flag
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn absent_keys_mean_what_nats_server_takes_them_for() {
        let info: ConnectInfo = serde_json::from_str(r#"{"user":"x"}"#).unwrap();
        assert_eq!(info, ConnectInfo::default());
        assert!(info.verbose && info.pedantic && info.echo);
    }

    #[test]
    fn the_info_of_a_real_server_is_read() {
        let json = r#"{"server_id":"NC","server_name":"n","version":"2.15.1","proto":1,"go":"go1",
            "host":"0.0.0.0","port":4222,"headers":true,"max_payload":1048576,"client_id":6,
            "client_ip":"127.0.0.1","xkey":"X","connect_urls":["10.0.0.1:4222"]}"#;
        let info: ServerInfo = serde_json::from_str(json).unwrap();
        assert_eq!(info.client_id, 6);
        assert_eq!(info.connect_urls, ["10.0.0.1:4222"]);
        assert!(info.headers && !info.ldm && !info.auth_required);
    }
}

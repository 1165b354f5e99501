//! What a broker says of itself.

use aegis_nats::client::Link;

/// The connected broker, as it last described itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ServerInfo {
    /// Random per start of a server.
    pub server_id: String,
    /// Its name, for people.
    pub server_name: String,
    /// Its version.
    pub version: String,
    /// Its number for this connection.
    pub client_id: u64,
    /// Most bytes of headers and payload in one message.
    pub max_payload: usize,
    /// Whether it keeps streams.
    pub jetstream: bool,
    /// The name of its cluster, if it is in one.
    pub cluster: Option<String>,
    /// Whether this connection is encrypted.
    pub tls: bool,
    /// Whether it refuses connections that do not say who they are.
    pub auth_required: bool,
    /// Whether it is about to stop.
    pub is_leaving: bool,
    /// All servers of its cluster that clients may use, `host:port`.
    pub connect_urls: Vec<String>,
}

impl ServerInfo {
    /// `None`: the link is not ready.
    pub(crate) fn of(link: &Link) -> Option<Self> {
        let max_payload = link.max_payload()?;
        let info = link.server_info()?.clone();
        Some(Self {
            server_id: info.server_id,
            server_name: info.server_name,
            version: info.version,
            client_id: info.client_id,
            max_payload,
            jetstream: info.jetstream,
            cluster: info.cluster,
            tls: link.is_secure(),
            auth_required: info.auth_required,
            is_leaving: info.ldm,
            connect_urls: info.connect_urls,
        })
    }
}

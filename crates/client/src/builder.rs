use std::time::Duration;

use aegis_bus::{ConnectOptions, ServerAddress};
use aegis_types::limits::DEFAULT_CALL_TIMEOUT;
use aegis_wire::Subjects;

use crate::{Client, ConnectError};

/// Settings of a client.
///
/// ```no_run
/// # async fn example() -> Result<(), aegis_client::ConnectError> {
/// use std::time::Duration;
/// use aegis_client::Client;
///
/// let client = Client::builder()
///     .name("billing")
///     .connect_timeout(Duration::from_secs(10))
///     .connect("nats://127.0.0.1:4222")
///     .await?;
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
pub struct ClientBuilder {
    pub(crate) name: Option<String>,
    pub(crate) call_timeout: Duration,
    subject_prefix: Option<String>,
    connect_timeout: Option<Duration>,
}

impl Default for ClientBuilder {
    fn default() -> ClientBuilder {
        ClientBuilder {
            name: None,
            call_timeout: DEFAULT_CALL_TIMEOUT,
            subject_prefix: None,
            connect_timeout: None,
        }
    }
}

impl ClientBuilder {
    /// Who this is: told to the broker and to the services called, for logs.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> ClientBuilder {
        self.name = Some(name.into());
        self
    }

    /// Timeout of calls that name none; default 5 s, at most 300 s.
    #[must_use]
    pub const fn call_timeout(mut self, timeout: Duration) -> ClientBuilder {
        self.call_timeout = timeout;
        self
    }

    /// Gives up connecting after this span. By default it waits for ever.
    #[must_use]
    pub const fn connect_timeout(mut self, timeout: Duration) -> ClientBuilder {
        self.connect_timeout = Some(timeout);
        self
    }

    /// The prefix of all subjects; default `ipc`. Router and services must have the same.
    #[must_use]
    pub fn subject_prefix(mut self, prefix: impl Into<String>) -> ClientBuilder {
        self.subject_prefix = Some(prefix.into());
        self
    }

    /// Connects to `nats://host:port`; several brokers of one cluster with commas between them.
    /// Must be called on a tokio runtime: calls and handlers run there.
    ///
    /// # Errors
    ///
    /// If an address or the prefix is not one, or the connect timeout passes.
    pub async fn connect(self, servers: &str) -> Result<Client, ConnectError> {
        let subjects = match &self.subject_prefix {
            Some(prefix) => Subjects::new(prefix)?,
            None => Subjects::default(),
        };
        let mut options = ConnectOptions::new(ServerAddress::parse_list(servers)?);
        options.name = match &self.name {
            Some(name) => name.clone(),
            None => String::from("aegis-client"),
        };
        let longest = self.connect_timeout;
        let client = Client::open(self, options, subjects);
        let ready = client.core.work.ready();
        let Some(timeout) = longest else {
            ready.await;
            return Ok(client);
        };
        match tokio::time::timeout(timeout, ready).await {
            Ok(()) => Ok(client),
            Err(_) => Err(ConnectError::TimedOut {
                servers: servers.to_owned(),
                timeout,
            }),
        }
    }
}

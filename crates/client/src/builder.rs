use std::path::PathBuf;
use std::time::Duration;

use aegis_bus::{Auth, ConnectOptions, Secret, SecretSource, ServerAddress, TlsOptions};
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
    auth: Auth,
    tls: Option<TlsOptions>,
    learns_servers: bool,
}

impl Default for ClientBuilder {
    fn default() -> ClientBuilder {
        ClientBuilder {
            name: None,
            call_timeout: DEFAULT_CALL_TIMEOUT,
            subject_prefix: None,
            connect_timeout: None,
            auth: Auth::None,
            tls: None,
            learns_servers: true,
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

    /// Says who this is with a credentials file: a user's JWT and seed, as `nsc` writes it. Like all
    /// files with a secret it must be readable by its owner alone, and is read again on every
    /// connect: one that was replaced counts.
    #[must_use]
    pub fn credentials_file(self, path: impl Into<PathBuf>) -> ClientBuilder {
        self.auth(Auth::Credentials(path.into()))
    }

    /// Says who this is with an nkey: a file with the seed of a user's key pair.
    #[must_use]
    pub fn nkey_file(self, path: impl Into<PathBuf>) -> ClientBuilder {
        self.auth(Auth::Nkey(path.into()))
    }

    /// Says who this is with user and password.
    #[must_use]
    pub fn user_password(
        self,
        user: impl Into<String>,
        password: impl Into<String>,
    ) -> ClientBuilder {
        let password = SecretSource::Given(Secret::new(password));
        let user = user.into();
        self.auth(Auth::UserPassword { user, password })
    }

    /// As [`user_password`](Self::user_password), with the password in a file.
    #[must_use]
    pub fn user_password_file(
        self,
        user: impl Into<String>,
        path: impl Into<PathBuf>,
    ) -> ClientBuilder {
        let password = SecretSource::File(path.into());
        let user = user.into();
        self.auth(Auth::UserPassword { user, password })
    }

    /// Says who this is with a token that a file holds.
    #[must_use]
    pub fn token_file(self, path: impl Into<PathBuf>) -> ClientBuilder {
        self.auth(Auth::Token(SecretSource::File(path.into())))
    }

    /// Says who this is, in whichever way. The last way that was named counts.
    #[must_use]
    pub fn auth(mut self, auth: Auth) -> ClientBuilder {
        self.auth = auth;
        self
    }

    /// Insists on TLS, done so. Without this, TLS is spoken with addresses that begin with `tls://`
    /// and with brokers that insist, and the platform's authorities are trusted.
    #[must_use]
    pub fn tls(mut self, tls: TlsOptions) -> ClientBuilder {
        self.tls = Some(tls);
        self
    }

    /// Whether servers that brokers tell of are tried too, after those of the list; default: yes.
    #[must_use]
    pub const fn learn_servers(mut self, learn: bool) -> ClientBuilder {
        self.learns_servers = learn;
        self
    }

    /// Connects to `nats://host:port`; several brokers of one cluster with commas between them.
    /// Must be called on a tokio runtime: calls and handlers run there.
    ///
    /// # Errors
    ///
    /// If an address or the prefix is not one, if what waiting alone does not mend is refused (wrong
    /// credentials, a certificate that is not trusted), or if the connect timeout passes.
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
        options.auth = self.auth.clone();
        options.tls = self.tls.clone();
        options.learns_servers = self.learns_servers;
        let longest = self.connect_timeout;
        let client = Client::open(self, options, subjects);
        let servers = servers.to_owned();
        let established = client.core.work.established();
        let Some(timeout) = longest else {
            let refused = |error| ConnectError::Refused { servers, error };
            return established.await.map(|()| client.clone()).map_err(refused);
        };
        match tokio::time::timeout(timeout, established).await {
            Ok(Ok(())) => Ok(client),
            Ok(Err(error)) => Err(ConnectError::Refused { servers, error }),
            Err(_) => Err(ConnectError::TimedOut {
                servers,
                timeout,
                last: client.core.work.last_failure().map(|(_, error)| error),
            }),
        }
    }
}

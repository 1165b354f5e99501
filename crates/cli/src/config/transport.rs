//! How to get to a NATS server: who we are, what is trusted. Only paths are settings; what is secret
//! is in the files, or in an address of the environment.

use std::fmt;
use std::path::PathBuf;

use aegis_bus::{Auth, ClientCertificate, ConnectOptions, SecretSource, ServerAddress, TlsOptions};

use super::key::Key;
use super::origin::{Origin, Setting};
use super::problem::Problem;
use super::{Said, Settings};

/// What can be set for the way to a NATS server: `nats.NAME`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum TransportKey {
    /// A credentials file.
    Creds,
    /// A file with the seed of a user's key pair.
    Nkey,
    /// A user's name.
    User,
    /// A file with its password.
    PasswordFile,
    /// A file with a token.
    TokenFile,
    /// Certificates of the authorities that are trusted.
    TlsCa,
    /// Our certificate.
    TlsCert,
    /// Its key.
    TlsKey,
    /// TLS begins before the server's greeting.
    TlsFirst,
    /// Whether servers that servers tell of are tried.
    LearnServers,
    /// A credentials file of a user of the system account, for the router.
    SystemCreds,
    /// A file with the seed of such a user's key pair.
    SystemNkey,
    /// Such a user's name.
    SystemUser,
    /// A file with its password.
    SystemPasswordFile,
}

impl TransportKey {
    /// All of them, in the order in which they are shown.
    pub(super) const ALL: [Self; 14] = [
        Self::Creds,
        Self::Nkey,
        Self::User,
        Self::PasswordFile,
        Self::TokenFile,
        Self::TlsCa,
        Self::TlsCert,
        Self::TlsKey,
        Self::TlsFirst,
        Self::LearnServers,
        Self::SystemCreds,
        Self::SystemNkey,
        Self::SystemUser,
        Self::SystemPasswordFile,
    ];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Creds => "creds",
            Self::Nkey => "nkey",
            Self::User => "user",
            Self::PasswordFile => "password_file",
            Self::TokenFile => "token_file",
            Self::TlsCa => "tls_ca",
            Self::TlsCert => "tls_cert",
            Self::TlsKey => "tls_key",
            Self::TlsFirst => "tls_first",
            Self::LearnServers => "learn_servers",
            Self::SystemCreds => "system_creds",
            Self::SystemNkey => "system_nkey",
            Self::SystemUser => "system_user",
            Self::SystemPasswordFile => "system_password_file",
        }
    }
}

/// Servers, and who connects to them if their text said so.
#[derive(Clone, Debug)]
pub(crate) struct Servers {
    /// Where they are.
    pub(crate) list: Vec<ServerAddress>,
    /// Who connects. Only an address from the environment says that.
    pub(crate) login: Auth,
    /// The addresses as they may be shown.
    pub(super) shown: String,
}

/// The way to a NATS server, as it was set.
#[derive(Debug)]
pub(super) struct Transport {
    creds: Setting<Option<PathBuf>>,
    nkey: Setting<Option<PathBuf>>,
    user: Setting<Option<String>>,
    password_file: Setting<Option<PathBuf>>,
    token_file: Setting<Option<PathBuf>>,
    tls_ca: Setting<Option<PathBuf>>,
    tls_cert: Setting<Option<PathBuf>>,
    tls_key: Setting<Option<PathBuf>>,
    tls_first: Setting<bool>,
    learn_servers: Setting<bool>,
    system_creds: Setting<Option<PathBuf>>,
    system_nkey: Setting<Option<PathBuf>>,
    system_user: Setting<Option<String>>,
    system_password_file: Setting<Option<PathBuf>>,
}

impl Servers {
    /// Reads a list. A login in it is taken from the environment alone: everybody on the machine can
    /// read a command line, and a configuration file is no place for a secret.
    pub(super) fn read(text: &str, origin: &Origin) -> Result<Self, String> {
        let told = |error: aegis_bus::ServerAddressError| format!("{error}; {}", error.hint());
        if !matches!(origin, Origin::Environment(_)) {
            return match ServerAddress::parse_list(text) {
                Ok(list) => Ok(Self {
                    list,
                    login: Auth::None,
                    shown: text.to_owned(),
                }),
                Err(error @ aegis_bus::ServerAddressError::Credentials) => Err(format!(
                    "{error}, which others can read there; set NATS_URL or AEGIS_SERVER, or name a file with --creds"
                )),
                Err(error) => Err(told(error)),
            };
        }
        let (list, login) = ServerAddress::parse_list_with_login(text).map_err(told)?;
        let shown = match login.is_some() {
            true => list.iter().map(redacted).collect::<Vec<_>>().join(","),
            false => text.to_owned(),
        };
        Ok(Self { list, login, shown })
    }

    /// The addresses without the login, as a client takes them.
    pub(crate) fn connectable(&self) -> String {
        let plain = |server: &ServerAddress| format!("{}://{server}", scheme(server));
        self.list.iter().map(plain).collect::<Vec<_>>().join(",")
    }

    /// Without a login.
    pub(super) fn of(text: &'static str) -> Self {
        Self {
            list: ServerAddress::parse_list(text).unwrap_or_default(),
            login: Auth::None,
            shown: text.to_owned(),
        }
    }
}

fn redacted(server: &ServerAddress) -> String {
    format!("{}://***@{server}", scheme(server))
}

fn scheme(server: &ServerAddress) -> &'static str {
    if server.is_tls() { "tls" } else { "nats" }
}

impl fmt::Display for Servers {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.shown)
    }
}

impl Settings {
    /// How to connect to the servers of `--server`, as commands do.
    pub(crate) fn connect_options(&self) -> ConnectOptions {
        self.transport.options(&self.server.value)
    }

    /// How the router connects to the NATS servers it runs on. `None`: it runs on its own broker.
    pub(crate) fn router_broker(&self) -> Option<ConnectOptions> {
        let servers = self.nats.value.as_ref()?;
        let mut options = self.transport.options(servers);
        options.name = "aegis router".to_owned();
        Some(options)
    }

    /// The addresses of these servers, without the login, as a client takes them.
    pub(crate) fn router_servers(&self) -> Option<String> {
        self.nats.value.as_ref().map(Servers::connectable)
    }

    /// Who the router is where it asks whose connections end. `None`: it does not ask.
    pub(crate) fn system_account(&self) -> Option<Auth> {
        let ways = self.transport.system_ways();
        ways.first().map(|(_, _, auth)| auth.clone())
    }

    /// The NATS servers of the router as they may be shown.
    pub(crate) fn nats_shown(&self) -> Option<String> {
        self.nats.value.as_ref().map(Servers::to_string)
    }
}

impl Transport {
    pub(super) fn read(said: &mut Said) -> Self {
        let key = Key::Transport;
        let mut path = |of| said.or(&key(of), None, |text| Ok(Some(PathBuf::from(text))));
        let transport = Self {
            creds: path(TransportKey::Creds),
            nkey: path(TransportKey::Nkey),
            password_file: path(TransportKey::PasswordFile),
            token_file: path(TransportKey::TokenFile),
            tls_ca: path(TransportKey::TlsCa),
            tls_cert: path(TransportKey::TlsCert),
            tls_key: path(TransportKey::TlsKey),
            system_creds: path(TransportKey::SystemCreds),
            system_nkey: path(TransportKey::SystemNkey),
            system_password_file: path(TransportKey::SystemPasswordFile),
            user: said.or(&key(TransportKey::User), None, |text| {
                Ok(Some(text.to_owned()))
            }),
            tls_first: said.or(&key(TransportKey::TlsFirst), false, yes_or_no),
            learn_servers: said.or(&key(TransportKey::LearnServers), true, yes_or_no),
            system_user: said.or(&key(TransportKey::SystemUser), None, |text| {
                Ok(Some(text.to_owned()))
            }),
        };
        transport.check(&mut said.problems);
        transport
    }

    /// What it takes to get to these servers.
    fn options(&self, servers: &Servers) -> ConnectOptions {
        let mut options = ConnectOptions::new(servers.list.clone());
        options.auth = match self.ways().first() {
            Some((_, _, auth)) => auth.clone(),
            None => servers.login.clone(),
        };
        options.tls = self.tls();
        options.learns_servers = self.learn_servers.value;
        options
    }

    /// The ways in which it was said who we are, those first that were said later: a flag wins over
    /// the environment and that over the file, as everywhere.
    fn ways(&self) -> Vec<Way<'_>> {
        let mut ways = Vec::new();
        ways.extend(creds(TransportKey::Creds, &self.creds));
        ways.extend(nkey(TransportKey::Nkey, &self.nkey));
        ways.extend(user(TransportKey::User, &self.user, &self.password_file));
        if let Some(path) = &self.token_file.value {
            let auth = Auth::Token(SecretSource::File(path.clone()));
            ways.push((TransportKey::TokenFile, &self.token_file.origin, auth));
        }
        ways.sort_by_key(|(_, origin, _)| rank(origin));
        ways
    }

    /// The same for the router's second connection.
    fn system_ways(&self) -> Vec<Way<'_>> {
        let mut ways = Vec::new();
        ways.extend(creds(TransportKey::SystemCreds, &self.system_creds));
        ways.extend(nkey(TransportKey::SystemNkey, &self.system_nkey));
        let password = &self.system_password_file;
        ways.extend(user(TransportKey::SystemUser, &self.system_user, password));
        ways.sort_by_key(|(_, origin, _)| rank(origin));
        ways
    }

    fn tls(&self) -> Option<TlsOptions> {
        let client_certificate = match (&self.tls_cert.value, &self.tls_key.value) {
            (Some(certificate), Some(key)) => Some(ClientCertificate {
                certificate_file: certificate.clone(),
                key_file: key.clone(),
            }),
            _ => None,
        };
        let ca_file = self.tls_ca.value.clone();
        let first = self.tls_first.value;
        let is_said = ca_file.is_some() || client_certificate.is_some() || first;
        is_said.then_some(TlsOptions {
            ca_file,
            client_certificate,
            first,
        })
    }

    fn check(&self, problems: &mut Vec<Problem>) {
        for ways in [self.ways(), self.system_ways()] {
            let [(one, here, _), (other, there, _), ..] = ways.as_slice() else {
                continue;
            };
            if rank(here) != rank(there) {
                continue;
            }
            problems.push(Problem::Relation {
                text: format!(
                    "`{}` is set ({here}), and so is `{}` ({there})",
                    Key::Transport(*one),
                    Key::Transport(*other)
                ),
                hint: "a connection says in one way who it is: keep one of them",
            });
        }
        pair(
            (TransportKey::User, where_set(&self.user)),
            (TransportKey::PasswordFile, where_set(&self.password_file)),
            problems,
        );
        pair(
            (TransportKey::SystemUser, where_set(&self.system_user)),
            (
                TransportKey::SystemPasswordFile,
                where_set(&self.system_password_file),
            ),
            problems,
        );
        pair(
            (TransportKey::TlsCert, where_set(&self.tls_cert)),
            (TransportKey::TlsKey, where_set(&self.tls_key)),
            problems,
        );
    }

    /// One setting as it may be shown, and where it came from.
    pub(super) fn shown(&self, key: TransportKey) -> (String, &Origin) {
        let path = |setting: &'_ Setting<Option<PathBuf>>| match &setting.value {
            Some(path) => path.display().to_string(),
            None => "none".to_owned(),
        };
        match key {
            TransportKey::Creds => (path(&self.creds), &self.creds.origin),
            TransportKey::Nkey => (path(&self.nkey), &self.nkey.origin),
            TransportKey::User => shown_user(&self.user),
            TransportKey::SystemCreds => (path(&self.system_creds), &self.system_creds.origin),
            TransportKey::SystemNkey => (path(&self.system_nkey), &self.system_nkey.origin),
            TransportKey::SystemUser => shown_user(&self.system_user),
            TransportKey::SystemPasswordFile => (
                path(&self.system_password_file),
                &self.system_password_file.origin,
            ),
            TransportKey::PasswordFile => (path(&self.password_file), &self.password_file.origin),
            TransportKey::TokenFile => (path(&self.token_file), &self.token_file.origin),
            TransportKey::TlsCa => {
                let shown = match &self.tls_ca.value {
                    Some(path) => path.display().to_string(),
                    None => "those of this machine".to_owned(),
                };
                (shown, &self.tls_ca.origin)
            }
            TransportKey::TlsCert => (path(&self.tls_cert), &self.tls_cert.origin),
            TransportKey::TlsKey => (path(&self.tls_key), &self.tls_key.origin),
            TransportKey::TlsFirst => (self.tls_first.value.to_string(), &self.tls_first.origin),
            TransportKey::LearnServers => (
                self.learn_servers.value.to_string(),
                &self.learn_servers.origin,
            ),
        }
    }
}

/// One way in which it was said who we are.
type Way<'a> = (TransportKey, &'a Origin, Auth);

fn creds(key: TransportKey, file: &Setting<Option<PathBuf>>) -> Option<Way<'_>> {
    let path = file.value.clone()?;
    Some((key, &file.origin, Auth::Credentials(path)))
}

fn nkey(key: TransportKey, file: &Setting<Option<PathBuf>>) -> Option<Way<'_>> {
    let path = file.value.clone()?;
    Some((key, &file.origin, Auth::Nkey(path)))
}

fn user<'a>(
    key: TransportKey,
    user: &'a Setting<Option<String>>,
    password_file: &Setting<Option<PathBuf>>,
) -> Option<Way<'a>> {
    let auth = Auth::UserPassword {
        user: user.value.clone()?,
        password: SecretSource::File(password_file.value.clone()?),
    };
    Some((key, &user.origin, auth))
}

fn shown_user(user: &Setting<Option<String>>) -> (String, &Origin) {
    let name = user.value.as_deref().unwrap_or("none");
    (name.to_owned(), &user.origin)
}

fn where_set<T>(setting: &Setting<Option<T>>) -> Option<&Origin> {
    setting.value.is_some().then_some(&setting.origin)
}

/// Two settings of which neither is of use alone.
fn pair(
    (one, here): (TransportKey, Option<&Origin>),
    (other, there): (TransportKey, Option<&Origin>),
    problems: &mut Vec<Problem>,
) {
    let (set, origin, missing) = match (here, there) {
        (Some(origin), None) => (one, origin, other),
        (None, Some(origin)) => (other, origin, one),
        _ => return,
    };
    problems.push(Problem::Relation {
        text: format!(
            "`{}` is set ({origin}), and `{}` is not",
            Key::Transport(set),
            Key::Transport(missing)
        ),
        hint: "one is of no use without the other: set both",
    });
}

/// Smaller wins.
fn rank(origin: &Origin) -> u8 {
    match origin {
        Origin::Flag(_) => 0,
        Origin::Environment(_) => 1,
        Origin::File { .. } => 2,
        Origin::Default => 3,
    }
}

fn yes_or_no(text: &str) -> Result<bool, String> {
    text.parse().map_err(|_| "write true or false".to_owned())
}

//! The router on a real NATS server: a client like any other, on a thread of its own.
//!
//! - `presence`: who of several routers answers; a pure machine.
//! - `host`: the driver and everything it needs to hear and be heard, behind one lock that only this
//!   thread takes. `ear` is what the connection tells it, `serving` what it does about other routers,
//!   `outgoing` what it sends.
//! - `life`: from the connection to the last answer.
//! - `evidence`, `witness`, `system_account`: whose connection ended, where a system account tells.
//! - `unseat`: how a silent router is kept from further requests.
//! - `numbers`: what a scrape copies.
//! - `status`: what other threads may know.

mod ear;
mod evidence;
mod host;
mod life;
mod numbers;
mod outgoing;
mod presence;
mod serving;
mod status;
mod system_account;
mod unseat;
mod witness;

use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use aegis_bus::{Auth, ConnectOptions};
use aegis_core::Config;
use aegis_wire::Subjects;
use thiserror::Error;
use tokio::sync::watch;

use self::numbers::Present;
use crate::StartError;
use crate::metrics::MetricsSource;

pub use presence::OtherRouter;
pub use status::{NatsStatus, Phase};

/// How often the router's connections ask whether their server is there. Two questions without an answer,
/// and one more such span, and it is taken for lost: so one that was stopped or cut off, and ends no
/// connection, is known after 2 to 3 s. Slower, and a router that hears nobody would say for longer
/// that it takes work; there is one such connection, so the questions cost nothing.
const SERVER_PING_INTERVAL: Duration = Duration::from_secs(1);

/// How a router on a NATS server runs.
#[derive(Clone, Debug)]
pub struct NatsRouterConfig {
    /// How it reaches the server. [`NatsRouterConfig::new`] makes its pings those of a router.
    pub connect: ConnectOptions,
    /// Credentials of a user of the system account. With them, the end of an instance's connection is
    /// known within milliseconds; without, 503 and leases tell.
    pub system_auth: Option<Auth>,
    /// Leases and limits.
    pub core: Config,
    /// First tokens of every subject it serves.
    pub prefix: String,
    /// With another router there: wait for it to go away, and take over.
    pub standby: bool,
    /// Id of its data directory. A router that takes over from one with another id does not hold that
    /// one's durable state.
    pub store: String,
    /// Longest time that calls in flight get to finish when it is asked to stop.
    pub shutdown_grace: Duration,
}

impl NatsRouterConfig {
    /// The defaults, on this connection.
    #[must_use]
    pub fn new(connect: ConnectOptions) -> NatsRouterConfig {
        NatsRouterConfig {
            connect: ConnectOptions {
                ping_interval: SERVER_PING_INTERVAL,
                ..connect
            },
            system_auth: None,
            core: Config::default(),
            prefix: Subjects::default().prefix().to_owned(),
            standby: false,
            store: String::new(),
            shutdown_grace: Duration::from_secs(10),
        }
    }
}

/// Why a router on a NATS server ended without having been asked to.
#[derive(Debug, Error)]
pub enum NatsRouterEnd {
    /// Another router serves, and this one was not to stand by.
    #[error(
        "router {} answers here already: process {} on {}, version {}",
        .0.router, .0.pid, .0.host, .0.version
    )]
    OtherRouter(Box<OtherRouter>),
    /// A subscription was refused for ever.
    #[error("cannot listen on `{subject}`: {error}")]
    Subscribe {
        /// The pattern.
        subject: String,
        /// What the connection says.
        error: aegis_bus::SubscribeError,
    },
    /// The NATS server does not let it do what every router must.
    #[error("the NATS server does not let this router {act} `{subject}`")]
    Permission {
        /// `listen on` or `publish to`.
        act: &'static str,
        /// The pattern or subject.
        subject: String,
    },
    /// The connection was closed for good.
    #[error("the connection to the NATS server was closed for good")]
    ConnectionClosed,
    /// Its thread panicked.
    #[error("the router's thread panicked; its log has the panic")]
    Panicked,
}

impl NatsRouterEnd {
    /// A stable name for programs and logs.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            NatsRouterEnd::OtherRouter(_) => "OTHER_ROUTER",
            NatsRouterEnd::Subscribe { .. } => "SUBSCRIBE_REFUSED",
            NatsRouterEnd::Permission { .. } => "PERMISSION_DENIED",
            NatsRouterEnd::ConnectionClosed => "CONNECTION_CLOSED",
            NatsRouterEnd::Panicked => "PANICKED",
        }
    }

    /// What to do about it, where that helps.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            NatsRouterEnd::OtherRouter(_) => Some(
                "use that one, or start this one with --standby to take over when it is gone, or give it another --prefix",
            ),
            NatsRouterEnd::Permission { .. } => Some(
                "grant its login what docs/operations/nats.md gives to `router`; `aegis doctor --job router` names all that is missing",
            ),
            NatsRouterEnd::Subscribe { .. }
            | NatsRouterEnd::ConnectionClosed
            | NatsRouterEnd::Panicked => None,
        }
    }
}

/// A router on a NATS server, on a thread of its own. Stops when dropped.
#[derive(Debug)]
pub struct NatsRouterHandle {
    status: NatsStatus,
    present: Present,
    stop: NatsStopHandle,
    thread: Option<JoinHandle<Result<(), NatsRouterEnd>>>,
}

/// Asks a router on a NATS server to stop, from any thread. Cheap to clone.
#[derive(Clone, Debug)]
pub struct NatsStopHandle {
    wish: Arc<watch::Sender<bool>>,
}

impl NatsStopHandle {
    /// Takes no new work, lets calls in flight finish within the grace, says goodbye, and ends.
    pub fn stop(&self) {
        self.wish.send_replace(true);
    }
}

impl NatsRouterHandle {
    /// Starts a router. It connects in the background, again and again, and serves once it has
    /// found no other: [`NatsRouterHandle::status`] tells.
    pub fn start(config: NatsRouterConfig) -> Result<NatsRouterHandle, StartError> {
        let core = Config {
            hears_of_interest: false,
            ..config.core.clone()
        };
        let core = core.checked()?;
        let subjects = Subjects::new(&config.prefix)?;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(StartError::Thread)?;
        let status = NatsStatus::default();
        let present = Present::default();
        let (wish, wished) = watch::channel(false);
        let lives = life::Lives {
            config,
            core,
            subjects,
            status: status.clone(),
            present: present.clone(),
            wished,
        };
        // Here rather than on the thread, where nobody could be told.
        let seed = life::fresh_seed()?;
        let thread = std::thread::Builder::new()
            .name("router".to_owned())
            .spawn(move || runtime.block_on(lives.run(seed)))
            .map_err(StartError::Thread)?;
        Ok(NatsRouterHandle {
            status,
            present,
            stop: NatsStopHandle {
                wish: Arc::new(wish),
            },
            thread: Some(thread),
        })
    }

    /// What it does.
    #[must_use]
    pub fn status(&self) -> NatsStatus {
        self.status.clone()
    }

    /// Its numbers.
    #[must_use]
    pub fn metrics(&self) -> MetricsSource {
        self.present.source(self.status.clone())
    }

    /// Stops it from elsewhere.
    #[must_use]
    pub fn stop_handle(&self) -> NatsStopHandle {
        self.stop.clone()
    }

    /// Waits for it to end without asking it to.
    pub fn join(mut self) -> Result<(), NatsRouterEnd> {
        match self.thread.take().map(JoinHandle::join) {
            None => Ok(()),
            Some(Ok(end)) => end,
            Some(Err(_)) => Err(NatsRouterEnd::Panicked),
        }
    }

    /// Stops it in order and waits until it has.
    pub fn stop(self) -> Result<(), NatsRouterEnd> {
        self.stop.stop();
        self.join()
    }
}

/// For people who look which router answers where.
fn host_name() -> String {
    rustix::system::uname()
        .nodename()
        .to_string_lossy()
        .into_owned()
}

/// Wall time, for the order among routers and for people.
fn wall_ms() -> u64 {
    let since_1970 = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since_1970.map_or(0, |since| {
        u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
    })
}

impl Drop for NatsRouterHandle {
    fn drop(&mut self) {
        self.stop.stop();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

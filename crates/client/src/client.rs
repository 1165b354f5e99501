use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aegis_bus::{ConnectOptions, Connection, Delivery, Subscriber};
use aegis_types::RetryWish;
use aegis_wire::Subjects;
use bytes::Bytes;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tracing::{info, warn};

use crate::call::{Request, RouterNews};
use crate::listing::{self, InstanceEntry, ServiceEntry};
use crate::numbers::{CallCounts, CallNumbers};
use crate::observe::Lines;
use crate::serve::{self, Inboxes};
use crate::watch::{self, Feeds, Watch};
use crate::{
    CallError, ClientBuilder, ConnectError, ListError, ServeError, Service, Serving, WatchError,
    lifeline,
};

/// A connection to AegisIPC: makes calls and serves services. Clones are handles of the same
/// connection; it closes when the last of them, and of the services served with them, is dropped.
///
/// ```no_run
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// use aegis_client::Client;
///
/// let client = Client::connect("nats://127.0.0.1:4222").await?;
/// let doubled: i64 = client.call("calculator", "double", &21).await?;
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct Client {
    pub(crate) core: Arc<Core>,
}

/// What all handles share.
pub(crate) struct Core {
    /// Calls and inboxes, on the runtime that connected.
    pub(crate) work: Connection,
    pub(crate) subjects: Subjects,
    pub(crate) inboxes: Arc<Inboxes>,
    pub(crate) feeds: Arc<Feeds>,
    pub(crate) router_news: Arc<RouterNews>,
    pub(crate) lines: Lines,
    pub(crate) name: Option<String>,
    pub(crate) call_timeout: Duration,
    pub(crate) calls: CallCounts,
    lifeline_options: ConnectOptions,
    /// Started with the first service: who only calls needs none.
    lifeline: Mutex<Option<Arc<lifeline::Thread>>>,
}

impl Client {
    /// Connects with defaults: [`Client::builder`] has the settings. Waits until a broker is there,
    /// and says once, in the log, that it waits.
    ///
    /// # Errors
    ///
    /// If the address is not one.
    pub async fn connect(servers: &str) -> Result<Client, ConnectError> {
        Client::builder().connect(servers).await
    }

    /// A client's settings.
    pub fn builder() -> ClientBuilder {
        ClientBuilder::default()
    }

    pub(crate) fn open(
        builder: ClientBuilder,
        options: ConnectOptions,
        subjects: Subjects,
    ) -> Client {
        let inboxes = Arc::new(Inboxes::default());
        let feeds = Arc::new(Feeds::default());
        let router_news = Arc::new(RouterNews::default());
        let listener = Listener {
            inboxes: Arc::clone(&inboxes),
            feeds: Arc::clone(&feeds),
            router_news: Arc::clone(&router_news),
        };
        Client {
            core: Arc::new(Core {
                work: Connection::open(options.clone(), listener),
                subjects,
                inboxes,
                feeds,
                router_news,
                lines: Lines::default(),
                name: builder.name,
                call_timeout: builder.call_timeout,
                calls: CallCounts::default(),
                lifeline_options: options,
                lifeline: Mutex::new(None),
            }),
        }
    }

    /// How its calls ended, for the user's own metrics. All clones count together.
    pub fn numbers(&self) -> CallNumbers {
        self.core.calls.now()
    }

    /// Calls a method: encodes `params`, waits for the result, at most the client's call timeout
    /// (5 s by default).
    ///
    /// It is sent to another instance only where that cannot run it twice, or where the method is
    /// declared idempotent.
    ///
    /// # Errors
    ///
    /// See [`CallError`]; its [`outcome`](CallError::outcome) says whether the handler ran.
    pub async fn call<P, R>(&self, service: &str, method: &str, params: &P) -> Result<R, CallError>
    where
        P: Serialize + ?Sized,
        R: DeserializeOwned,
    {
        self.request(service, method).send(params).await
    }

    /// As [`Client::call`]; besides, if an idempotent method answers with an error that the service
    /// marked as retryable, the call goes on to another instance. At most three instances, each
    /// once. A method that is at most once is never run twice for it.
    ///
    /// # Errors
    ///
    /// See [`CallError`].
    pub async fn call_with_failover<P, R>(
        &self,
        service: &str,
        method: &str,
        params: &P,
    ) -> Result<R, CallError>
    where
        P: Serialize + ?Sized,
        R: DeserializeOwned,
    {
        self.request(service, method)
            .retry(RetryWish::Failed)
            .send(params)
            .await
    }

    /// As [`Client::call`] with params and result as MessagePack.
    ///
    /// # Errors
    ///
    /// See [`CallError`].
    pub async fn call_raw(
        &self,
        service: &str,
        method: &str,
        params: &[u8],
    ) -> Result<Bytes, CallError> {
        self.request(service, method).send_raw(params).await
    }

    /// A call with settings of its own.
    pub fn request<'a>(&'a self, service: &'a str, method: &'a str) -> Request<'a> {
        Request::new(self, service, method)
    }

    /// Serves a service: subscribes to its inbox, registers, and sends heartbeats until the
    /// [`Serving`] is unregistered or dropped. Resolves once the router has taken the registration and
    /// its probe of the inbox was answered: a call that anybody makes from then on finds the
    /// instance. If that answer takes longer than half a second, it resolves all the same, and says
    /// so in the log. Without a router it waits, and says so once in the log.
    ///
    /// Handlers run on the runtime this is called on.
    ///
    /// # Errors
    ///
    /// See [`ServeError`].
    pub async fn serve(&self, service: Service) -> Result<Serving, ServeError> {
        serve::serve(&self.core, service).await
    }

    /// All services the router knows.
    ///
    /// # Errors
    ///
    /// See [`ListError`].
    pub async fn services(&self) -> Result<Vec<ServiceEntry>, ListError> {
        listing::services(&self.core).await
    }

    /// The instances of one service.
    ///
    /// # Errors
    ///
    /// See [`ListError`]; a service that never was is refused as `UNKNOWN_SERVICE`.
    pub async fn instances(&self, service: &str) -> Result<Vec<InstanceEntry>, ListError> {
        listing::instances(&self.core, service).await
    }

    /// Watches the instances of one service, or of all: first what is there, then every change, and
    /// a [`Gap`](crate::Gap) with a new listing wherever a change may have been missed. The service
    /// need not exist yet.
    ///
    /// # Errors
    ///
    /// See [`WatchError`].
    pub fn watch(&self, service: Option<&str>) -> Result<Watch, WatchError> {
        watch::watch(&self.core, service)
    }

    /// Whether a broker is connected now.
    pub fn is_connected(&self) -> bool {
        self.core.work.is_connected()
    }

    /// Deregisters everything that is served, waits for the broker to have read what was sent, and
    /// closes. Every other handle of this client is closed with it, and handlers that still run
    /// cannot answer any more: [`Serving::drain`] lets them finish first.
    pub async fn close(self) {
        if let Some(thread) = self.core.take_lifeline() {
            thread.close().await;
        }
        self.core.work.close().await;
        self.core.feeds.close();
    }
}

impl Core {
    pub(crate) fn lifeline(&self) -> Result<Arc<lifeline::Thread>, ServeError> {
        let mut lifeline = self.lifeline.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(thread) = &*lifeline {
            return Ok(Arc::clone(thread));
        }
        let mut options = self.lifeline_options.clone();
        options.name.push_str(" lifeline");
        let thread = lifeline::Thread::start(options, self.work.downgrade());
        let thread = Arc::new(thread.map_err(|error| ServeError::Lifeline {
            reason: error.to_string(),
        })?);
        *lifeline = Some(Arc::clone(&thread));
        Ok(thread)
    }

    fn take_lifeline(&self) -> Option<Arc<lifeline::Thread>> {
        let mut lifeline = self.lifeline.lock().unwrap_or_else(PoisonError::into_inner);
        lifeline.take()
    }
}

/// Hears what comes over the work connection.
struct Listener {
    inboxes: Arc<Inboxes>,
    feeds: Arc<Feeds>,
    router_news: Arc<RouterNews>,
}

impl Subscriber for Listener {
    fn on_message(&mut self, message: Delivery<'_>) {
        if !self.inboxes.on_message(&message) && !self.router_news.on_message(&message) {
            self.feeds.on_message(&message);
        }
    }

    fn on_ready(&mut self, first: bool) {
        info!(first, event = "connected", "connected to the broker");
        self.inboxes.on_ready();
    }

    fn on_leaving(&mut self) {
        self.inboxes.on_leaving();
    }

    fn on_lost(&mut self) {
        self.feeds.on_connection_lost();
        warn!(
            event = "connection_lost",
            "lost the connection to the broker; trying again"
        );
    }

    fn on_waiting(&mut self, server: &str, error: &str) {
        warn!(
            server,
            error,
            event = "waiting_for_broker",
            "waiting for a broker"
        );
    }
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.core.fmt(f)
    }
}

impl std::fmt::Debug for Core {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Client")
            .field("is_connected", &self.work.is_connected())
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

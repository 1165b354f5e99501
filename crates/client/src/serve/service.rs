use std::future::Future;
use std::time::Duration;

use aegis_session::admission::{DEFAULT_CONCURRENCY, DEFAULT_QUEUE};
use aegis_session::lifeline::Heartbeats;
use aegis_types::limits::{MAX_HEARTBEAT_INTERVAL, MAX_METHODS, MIN_HEARTBEAT_INTERVAL};
use aegis_types::{InstanceId, MethodName, NameError, Safety, ServiceName, is_strict_token};
use bytes::Bytes;
use serde::Serialize;
use serde::de::DeserializeOwned;
use uuid::Uuid;

use super::method::{self, Method};
use super::{Context, HandlerError};
use crate::ServeError;

/// How long [`Serving::drain`](super::Serving::drain) and
/// [`Serving::unregister`](super::Serving::unregister) wait for running handlers, unless the service
/// says otherwise.
pub const DEFAULT_DRAIN_TIMEOUT: Duration = Duration::from_secs(10);

/// A service as it is declared: its name, its methods, its limits. Serve it with
/// [`Client::serve`](crate::Client::serve).
///
/// ```
/// use aegis_client::{Context, HandlerError, Safety, Service};
///
/// async fn double(_: Context, number: i64) -> Result<i64, HandlerError> {
///     number
///         .checked_mul(2)
///         .ok_or_else(|| HandlerError::new(400, "too large to double"))
/// }
///
/// let service = Service::new("calculator")
///     .concurrency(8)
///     .method("double", Safety::Idempotent, double);
/// ```
pub struct Service {
    pub(crate) name: String,
    pub(crate) instance_id: Option<String>,
    pub(crate) version: Option<String>,
    pub(crate) methods: Vec<(String, Method)>,
    pub(crate) concurrency: usize,
    pub(crate) queue: usize,
    pub(crate) heartbeats: Heartbeats,
    pub(crate) drain_timeout: Duration,
    pub(crate) discoverable: bool,
}

impl Service {
    /// A service without methods. Its name and the id of its instance are 1 to 64 of
    /// `A-Z a-z 0-9 _ -`, names of methods any text of 1 to 255 bytes without control characters;
    /// [`Client::serve`](crate::Client::serve) checks them.
    pub fn new(name: impl Into<String>) -> Service {
        Service {
            name: name.into(),
            instance_id: None,
            version: None,
            methods: Vec::new(),
            concurrency: DEFAULT_CONCURRENCY,
            queue: DEFAULT_QUEUE,
            heartbeats: Heartbeats::default(),
            drain_timeout: DEFAULT_DRAIN_TIMEOUT,
            discoverable: true,
        }
    }

    /// The id of this instance, unique within the service. Default: the service's name and eight
    /// random digits.
    #[must_use]
    pub fn instance_id(mut self, id: impl Into<String>) -> Service {
        self.instance_id = Some(id.into());
        self
    }

    /// The version of the service's own software, for listings.
    #[must_use]
    pub fn version(mut self, version: impl Into<String>) -> Service {
        self.version = Some(version.into());
        self
    }

    /// Adds a method. `safety` says what may be done when it is not known whether it ran: only
    /// [`Safety::Idempotent`] methods are sent to another instance then.
    #[must_use]
    pub fn method<P, R, F, Fut>(
        mut self,
        name: impl Into<String>,
        safety: Safety,
        handler: F,
    ) -> Service
    where
        P: DeserializeOwned + Send + 'static,
        R: Serialize + Send + 'static,
        F: Fn(Context, P) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<R, HandlerError>> + Send + 'static,
    {
        self.methods
            .push((name.into(), method::typed(safety, handler)));
        self
    }

    /// Adds a method that takes and gives one MessagePack value as it is.
    #[must_use]
    pub fn raw_method<F, Fut>(
        mut self,
        name: impl Into<String>,
        safety: Safety,
        handler: F,
    ) -> Service
    where
        F: Fn(Context, Bytes) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<Bytes, HandlerError>> + Send + 'static,
    {
        self.methods
            .push((name.into(), method::raw(safety, handler)));
        self
    }

    /// Handlers that may run at once; default 64, at least 1. Beyond it, requests wait.
    #[must_use]
    pub const fn concurrency(mut self, handlers: usize) -> Service {
        self.concurrency = handlers;
        self
    }

    /// Requests that may wait for a handler to end; default 1024. Beyond it, they are refused as
    /// overloaded, and the router tries another instance.
    #[must_use]
    pub const fn queue(mut self, requests: usize) -> Service {
        self.queue = requests;
        self
    }

    /// Span between two heartbeats; default 5 s, from 10 ms to 300 s.
    #[must_use]
    pub const fn heartbeat_interval(mut self, interval: Duration) -> Service {
        self.heartbeats = Heartbeats::Every(interval);
        self
    }

    /// Sends no heartbeat by itself: [`Serving::heartbeat`](super::Serving::heartbeat) sends one.
    /// The exceptions are the moments at which the router must be heard: after registering, when
    /// draining begins, and after a stall of the process.
    #[must_use]
    pub const fn manual_heartbeats(mut self) -> Service {
        self.heartbeats = Heartbeats::ByHand;
        self
    }

    /// How long draining and unregistering wait for handlers that run; default 10 s.
    #[must_use]
    pub const fn drain_timeout(mut self, longest: Duration) -> Service {
        self.drain_timeout = longest;
        self
    }

    /// Whether it shows itself to NATS tools as a micro service (`nats service ls`, `info`, `stats`);
    /// default: yes. It takes nine subscriptions under `$SRV`; where the server denies them, the
    /// service goes on without. Of one client the first fifty services are shown.
    #[must_use]
    pub const fn discoverable(mut self, shows: bool) -> Service {
        self.discoverable = shows;
        self
    }

    /// Checks everything that can be wrong before anything is sent.
    pub(crate) fn check(&self) -> Result<(ServiceName, InstanceId), ServeError> {
        let service = name("service name", &self.name, ServiceName::parse)?;
        let id = match &self.instance_id {
            Some(id) => id.clone(),
            None => default_id(service.as_str()),
        };
        let instance = name("instance id", &id, InstanceId::parse)?;
        if self.methods.is_empty() {
            let service = self.name.clone();
            return Err(ServeError::NoMethods { service });
        }
        if self.methods.len() > MAX_METHODS {
            let declared = self.methods.len();
            return Err(ServeError::TooManyMethods { declared });
        }
        for (position, (method, _)) in self.methods.iter().enumerate() {
            MethodName::check(method).map_err(|error| ServeError::InvalidName {
                what: "method name",
                name: method.clone(),
                rule: error.to_string(),
            })?;
            if self
                .methods
                .iter()
                .take(position)
                .any(|(other, _)| other == method)
            {
                let method = method.clone();
                return Err(ServeError::DuplicateMethod { method });
            }
        }
        match self.heartbeats {
            Heartbeats::Every(interval)
                if !(MIN_HEARTBEAT_INTERVAL..=MAX_HEARTBEAT_INTERVAL).contains(&interval) =>
            {
                Err(ServeError::InvalidHeartbeatInterval { interval })
            }
            _ => Ok((service, instance)),
        }
    }
}

/// Names of native services and instances become tokens of subjects. Those of methods need not: a
/// call whose names cannot goes over the plain subject.
fn name<T>(
    what: &'static str,
    text: &str,
    parse: impl Fn(&str) -> Result<T, NameError>,
) -> Result<T, ServeError> {
    let refused = |rule: String| ServeError::InvalidName {
        what,
        name: text.to_owned(),
        rule,
    };
    if !is_strict_token(text) {
        let rule = match parse(text) {
            Err(error) => error.to_string(),
            Ok(_) => String::from("must be 1 to 64 of `A-Z a-z 0-9 _ -`"),
        };
        return Err(refused(rule));
    }
    parse(text).map_err(|error| refused(error.to_string()))
}

/// Short enough to stay a strict token whatever the service is called.
fn default_id(service: &str) -> String {
    let random = Uuid::new_v4().simple().to_string();
    let prefix: String = service.chars().take(48).collect();
    format!("{prefix}-{}", random.get(..8).unwrap_or_default())
}

impl std::fmt::Debug for Service {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let methods: Vec<_> = self.methods.iter().map(|(name, _)| name).collect();
        f.debug_struct("Service")
            .field("name", &self.name)
            .field("instance_id", &self.instance_id)
            .field("methods", &methods)
            .finish_non_exhaustive()
    }
}

//! The SDK of AegisIPC: declare a service, call a service.
//!
//! ```no_run
//! use aegis_client::{Client, Context, HandlerError, Safety, Service};
//! use serde::{Deserialize, Serialize};
//!
//! #[derive(Serialize, Deserialize)]
//! struct Symbol {
//!     name: String,
//! }
//!
//! #[derive(Serialize, Deserialize)]
//! struct Quote {
//!     cents: u64,
//! }
//!
//! async fn last(_: Context, symbol: Symbol) -> Result<Quote, HandlerError> {
//!     match symbol.name.as_str() {
//!         "ACME" => Ok(Quote { cents: 4217 }),
//!         other => Err(HandlerError::new(404, format!("no symbol {other}"))),
//!     }
//! }
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let client = Client::connect("nats://127.0.0.1:4222").await?;
//! let service = Service::new("quotes").method("last", Safety::Idempotent, last);
//! let serving = client.serve(service).await?;
//!
//! let acme = Symbol { name: "ACME".into() };
//! let quote: Quote = client.call_with_failover("quotes", "last", &acme).await?;
//!
//! serving.drain().await;
//! # Ok(()) }
//! ```
//!
//! # What is promised
//!
//! - A method declared [`Safety::AtMostOnce`] is never started twice for one call, unless its
//!   caller says [`RetryWish::Unknown`].
//! - Every call ends by its timeout, at the latest half a second after it, with a result or with a
//!   [`CallError`] that says whether the handler ran.
//! - Registration and heartbeats run on a thread and a connection of their own, the lifeline: busy
//!   or blocked handlers do not make an instance look dead.
//! - A lost broker or a restarted router heals by itself: first the inbox is subscribed again, then
//!   the instance registers. A call with [`RetryWish::Unknown`] is carried over it.
//! - Nothing is started whose deadline has passed by the router's clock, also after the process was
//!   paused. What a handler calls has no more time than the handler's own caller gives it.
//! - [`Serving::drain`] leaves without a failed call.
//!
//! Log lines go to [`tracing`]; nothing is printed, and no payload is ever logged.

mod builder;
mod call;
mod client;
mod clock;
mod error;
mod lifeline;
mod listing;
mod numbers;
mod observe;
mod operator;
mod serve;
mod value;
mod watch;

pub use aegis_bus::{
    Auth, ClientCertificate, DialError, FileError, LoginError, Secret, SecretSource,
    ServerAddressError, TlsError, TlsOptions,
};
pub use aegis_session::admission::{DEFAULT_CONCURRENCY, DEFAULT_QUEUE};
pub use aegis_session::lifeline::{HeartbeatFailure, StopReason, WaitingFor};
pub use aegis_types::{Histogram, Lifecycle, Outcome, RetryWish, Safety, Scale};
pub use aegis_wire::instance::SelfReport;
pub use builder::ClientBuilder;
pub use call::Request;
pub use client::Client;
pub use error::{Attempt, CallError, ConnectError, FailedCall, ListError, ServeError, WatchError};
pub use listing::{
    InstanceEntry, InstanceList, ListRequest, MethodEntry, RouterEntry, RouterInfo, ServiceEntry,
    ServiceList,
};
pub use numbers::{
    CallNumbers, MAX_COUNTED_SERVICES, MethodNumbers, OTHER_SERVICES, ServiceCallNumbers,
    ServingNumbers,
};
pub use operator::{OperatorError, OperatorReply};
pub use serve::{
    Context, DEFAULT_DRAIN_TIMEOUT, HandlerError, HeartbeatStatus, Service, Serving, ServingStatus,
};
pub use watch::{Gap, InstanceChange, RouterChange, WATCH_QUEUE, Watch, WatchEvent};

//! What a worker process is told to be: JSON, as its one argument.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::Span;

/// What one worker process is for. The product and its control take the same orders, so that they
/// are loaded in the same way.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Order {
    /// Be the router with its embedded broker.
    Router,
    /// Be the router on a NATS server.
    RouterOn(RouterOrder),
    /// Answer calls with what came.
    Serve(ServeOrder),
    /// Make calls and measure them.
    Call(CallOrder),
    /// Send heartbeats as fast as they are taken.
    Flood(FloodOrder),
    /// Be many instances that send a heartbeat now and then.
    Crowd(CrowdOrder),
    /// Take heartbeats: decode each and note when its instance was last heard of.
    Count(CountOrder),
}

/// Be the router on a NATS server.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RouterOrder {
    /// Where the server is.
    pub server: String,
    /// A user of its system account, and his password: a server of the benchmark holds no secret.
    pub system_user: Option<(String, String)>,
}

/// Answer calls.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ServeOrder {
    /// Where the broker is.
    pub server: String,
    /// The instance's id; of several, what their ids begin with.
    pub instance: String,
    /// How many instances to be.
    pub instances: usize,
    /// How long the method that works takes.
    pub work: Duration,
}

/// Make calls.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CallOrder {
    /// Where the broker is.
    pub server: String,
    /// Connections to open.
    pub connections: usize,
    /// How calls are made on them.
    pub load: Load,
    /// Bytes of each call's body, and of its answer's.
    pub body: usize,
    /// For how long.
    pub span: Span,
    /// Whose CPU time to take over the measured span, besides the worker's own.
    pub watched: Vec<Watched>,
}

/// When the next call is made.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Load {
    /// Closed loop: on each connection this many callers, each of which makes its next call when
    /// the last one has returned.
    InFlight(usize),
    /// Open loop: one call is due every so often, whatever became of those before. Its latency
    /// counts from when it was due.
    Every(Duration),
}

/// Another process of the system.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Watched {
    /// What it is.
    pub name: String,
    /// Its process id.
    pub pid: u32,
}

/// Send heartbeats as fast as they are taken, over bare sockets: what is measured is who takes them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FloodOrder {
    /// Where the broker is.
    pub server: String,
    /// Connections to open; the instances are spread over them.
    pub connections: usize,
    /// Instances whose heartbeats are sent.
    pub instances: usize,
    /// The form of a heartbeat.
    pub form: BeatForm,
    /// Whether there is a router to register with.
    pub register: bool,
    /// The subject on which a subscriber says how many it has taken, if one does.
    pub credit: Option<String>,
    /// For how long.
    pub span: Span,
    /// Whose CPU time to take over the measured span, besides the worker's own.
    pub watched: Vec<Watched>,
}

/// The two forms of a heartbeat.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BeatForm {
    /// As the first AegisIPC sends it: nobody answers.
    FireAndForget,
    /// With a lease token, and answered.
    Acknowledged,
}

/// Be many instances, each on a connection of its own.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CrowdOrder {
    /// Where the broker is.
    pub server: String,
    /// How many.
    pub instances: usize,
    /// Span between two heartbeats of one of them.
    pub interval: Duration,
    /// Whether there is a router that registers them and answers heartbeats.
    pub register: bool,
    /// For how long, once all are there.
    pub lasting: Duration,
    /// Whose CPU time and memory to take meanwhile.
    pub watched: Vec<Watched>,
}

/// Take heartbeats as a subscriber.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CountOrder {
    /// Where the broker is.
    pub server: String,
    /// What to subscribe to.
    pub subject: String,
    /// Where to say how many have been taken.
    pub credit: String,
}

use std::sync::Arc;
use std::time::Duration;

use aegis_types::Instant;

use super::letter::{Letter, Span};
use super::served::Identity;
use crate::clock;

/// What a handler may know about the request it handles.
///
/// What a handler calls inherits the deadline and the trace by itself; tasks that it spawns do with
/// [`Request::within`](crate::Request::within).
///
/// The texts are parts of the message itself: a context costs no copy of them.
#[derive(Clone, Debug)]
pub struct Context {
    pub(super) identity: Arc<Identity>,
    pub(crate) letter: Letter,
    pub(super) method: Span,
    pub(crate) trace_id: Span,
    pub(super) message_id: Span,
    pub(super) caller: Span,
    pub(crate) attempt: u32,
    pub(crate) deadline: Instant,
}

impl Context {
    /// The service called.
    pub fn service(&self) -> &str {
        self.identity.service.as_str()
    }

    /// The method called.
    pub fn method(&self) -> &str {
        self.letter.text(self.method)
    }

    /// This instance.
    pub fn instance(&self) -> &str {
        self.identity.instance.as_str()
    }

    /// The caller's trace id, opaque; empty if it had none.
    pub fn trace_id(&self) -> &str {
        self.letter.text(self.trace_id)
    }

    /// Names the act the caller wants: the same on every attempt of it, on every instance. What
    /// must not happen twice can be recorded under it. Empty if the caller named none.
    pub fn message_id(&self) -> &str {
        self.letter.text(self.message_id)
    }

    /// Who calls, for logs; empty if it did not say.
    pub fn caller(&self) -> &str {
        self.letter.text(self.caller)
    }

    /// Which attempt of the call this is, from 1.
    pub const fn attempt(&self) -> u32 {
        self.attempt
    }

    /// How long the caller still waits; zero when it has given up.
    pub fn remaining(&self) -> Duration {
        self.deadline.saturating_since(clock::now())
    }

    /// When the caller gives up, for tokio's timers.
    pub fn deadline(&self) -> tokio::time::Instant {
        tokio::time::Instant::now() + self.remaining()
    }
}

use std::sync::Arc;
use std::time::Duration;

use aegis_bus::{Connection, Hold, PublishError};
use aegis_types::{Incarnation, Instant};
use bytes::Bytes;
use tokio::runtime::Handle;

use super::Context;
use super::reply::{Ended, Reply};
use super::served::Served;
use crate::observe::{self, Lines};

/// One request that was admitted or waits for it, with all it needs to be answered. Holding the
/// connection keeps it open, and at its server, until the answer is out.
pub(crate) struct Job {
    pub(super) served: Arc<Served>,
    pub(super) connection: Hold,
    pub(super) reply_to: Box<str>,
    pub(super) context: Context,
    pub(super) arrived: Instant,
    pub(super) params: Bytes,
}

impl Job {
    pub(super) fn answer(&self, reply: &Reply) {
        Answer {
            lines: &self.served.lines,
            request: observe::Request::of(&self.context),
            connection: &self.connection,
            reply_to: &self.reply_to,
            incarnation: self.served.identity.incarnation,
        }
        .send(reply);
    }
}

/// Where the answer to a request goes, and what its log lines need.
pub(super) struct Answer<'a> {
    pub(super) lines: &'a Lines,
    pub(super) request: observe::Request<'a>,
    pub(super) connection: &'a Connection,
    pub(super) reply_to: &'a str,
    pub(super) incarnation: Incarnation,
}

impl Answer<'_> {
    /// Publishes a reply. If the broker is gone there is nobody to tell: the router settles the call.
    pub(super) fn send(&self, reply: &Reply) {
        if let Ended::Refused(reason) = reply.outcome() {
            self.lines.request_refused(&self.request, reason);
        }
        self.publish(reply);
    }

    fn publish(&self, reply: &Reply) {
        let mut body = Vec::with_capacity(256);
        reply.encode(self.incarnation, &mut body);
        match self.connection.publish(self.reply_to, None, None, &body) {
            Ok(()) => {}
            Err(PublishError::PayloadTooLarge { size, max }) if matches!(reply, Reply::Done(_)) => {
                self.publish(&Reply::too_large(size, max));
            }
            Err(error) => self.lines.reply_not_sent(&self.request, error),
        }
    }
}

/// A job whose handler runs. However it ends, its place is given back.
pub(crate) struct Running {
    job: Job,
    ended: bool,
}

impl Running {
    pub(super) const fn new(job: Job) -> Running {
        Running { job, ended: false }
    }

    /// Its handler is about to run.
    pub(super) fn start(&self, now: Instant) {
        let waited = now.saturating_since(self.job.arrived);
        observe::Request::of(&self.job.context).started(waited);
    }

    pub(super) fn runtime(&self) -> Handle {
        self.job.served.runtime.clone()
    }

    pub(super) fn is_expired(&self, now: Instant) -> bool {
        self.job.context.deadline <= now
    }

    pub(super) fn take_params(&mut self) -> Bytes {
        std::mem::take(&mut self.job.params)
    }

    pub(super) fn context(&self) -> Context {
        self.job.context.clone()
    }

    /// Its handler ended, or was not started at all.
    pub(super) fn finish(mut self, reply: &Reply, took: Duration) {
        self.ended = true;
        let request = observe::Request::of(&self.job.context);
        if matches!(reply, Reply::Panicked) {
            self.job.served.lines.handler_panicked(&request);
        }
        if let Ended::Ran(outcome) = reply.outcome() {
            request.ended(outcome, took);
        }
        self.job.answer(reply);
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if self.ended {
            self.job.served.finished();
        } else {
            observe::Request::of(&self.job.context).abandoned();
            // Only a runtime that shuts down drops a handler half-way: it will run no other.
            self.job.served.abandoned();
        }
    }
}

use std::sync::Arc;

use aegis_bus::{Connection, PublishError};
use aegis_types::Instant;
use bytes::Bytes;
use tokio::runtime::Handle;
use tracing::{debug, error, warn};

use super::Context;
use super::reply::Reply;
use super::served::Served;
use crate::error::logged;

/// One request that was admitted or waits for it, with all it needs to be answered. Holding the
/// connection keeps it open until the answer is out.
pub(crate) struct Job {
    pub(super) served: Arc<Served>,
    pub(super) connection: Connection,
    pub(super) reply_to: Box<str>,
    pub(super) context: Context,
    pub(super) params: Bytes,
}

impl Job {
    pub(super) fn answer(&self, reply: &Reply) {
        let incarnation = self.served.identity.incarnation;
        answer(&self.connection, &self.reply_to, incarnation, reply);
    }
}

/// Publishes a reply. If the broker is gone there is nobody to tell: the router settles the call.
pub(super) fn answer(
    connection: &Connection,
    reply_to: &str,
    incarnation: aegis_types::Incarnation,
    reply: &Reply,
) {
    let mut body = Vec::with_capacity(256);
    reply.encode(incarnation, &mut body);
    match connection.publish(reply_to, None, None, &body) {
        Ok(()) => {}
        Err(PublishError::PayloadTooLarge { size, max }) if matches!(reply, Reply::Done(_)) => {
            answer(
                connection,
                reply_to,
                incarnation,
                &Reply::too_large(size, max),
            );
        }
        Err(error @ PublishError::Overloaded { .. }) => warn!(
            %error,
            event = "reply_lost",
            "a reply is lost: too much waits to be sent; its caller cannot know the outcome"
        ),
        Err(error) => debug!(%error, event = "reply_not_sent", "a reply could not be sent"),
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

    pub(super) fn finish(mut self, reply: &Reply) {
        self.ended = true;
        if matches!(reply, Reply::Panicked) {
            let context = &self.job.context;
            error!(
                service = context.service(),
                method = context.method(),
                trace_id = logged(context.trace_id()),
                event = "handler_panicked",
                "a handler panicked; the service goes on"
            );
        }
        self.job.answer(reply);
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if self.ended {
            self.job.served.finished();
        } else {
            // Only a runtime that shuts down drops a handler half-way: it will run no other.
            self.job.served.abandoned();
        }
    }
}

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use aegis_bus::{Connection, Delivery, WeakConnection};
use aegis_session::admission::{Admission, Decision};
use aegis_types::limits::MAX_CALL_TIMEOUT;
use aegis_types::{Incarnation, InstanceId, Instant, ServiceName};
use aegis_wire::Subjects;
use aegis_wire::call::{InboxCall, InboxMessage, encode_probe_ack};
use bytes::Bytes;
use rustc_hash::FxHashMap;
use tokio::runtime::Handle;
use tokio::sync::Notify;
use tracing::debug;

use super::job::{Answer, Job, Running};
use super::letter::{Letter, Span};
use super::method::Method;
use super::reply::Reply;
use super::{Context, Word};
use crate::clock;
use crate::error::logged;
use crate::lifeline::Pace;
use crate::numbers::BeatCounts;
use crate::observe::{self, Lines};

/// Who serves: one life of one instance.
#[derive(Debug)]
pub(crate) struct Identity {
    pub(crate) service: ServiceName,
    pub(crate) instance: InstanceId,
    pub(crate) incarnation: Incarnation,
}

/// A service while it is served: what its inbox needs. Shared by the work connection's task, which
/// brings requests, and the tasks of handlers, which give their places back.
pub(crate) struct Served {
    pub(crate) identity: Arc<Identity>,
    /// By names of our own choice: nobody can make them collide.
    pub(crate) methods: FxHashMap<Box<str>, Method>,
    pub(crate) subjects: Subjects,
    /// Weak: a service must not keep open the connection that it is dropped with.
    pub(crate) connection: WeakConnection,
    /// Where handlers run.
    pub(crate) runtime: Handle,
    pub(crate) admission: Mutex<Admission<Job>>,
    pub(crate) idle: Notify,
    pub(crate) pace: Arc<Pace>,
    pub(crate) word: Mutex<Word>,
    pub(crate) lines: Lines,
    pub(crate) beats: BeatCounts,
}

impl Served {
    /// A message came to the inbox. Called on the work connection's task: decides and spawns, and
    /// never waits.
    pub(crate) fn on_message(self: &Arc<Served>, message: &Delivery<'_>) {
        let Some(connection) = self.connection.upgrade() else {
            return;
        };
        let Some(reply_to) = message.reply.filter(|reply| self.may_answer(reply)) else {
            debug!(
                event = "inbox_message_dropped",
                trace_id = observe::trace_id_in(message.payload),
                "a message came without a subject that an instance may answer to"
            );
            return;
        };
        let body = Bytes::copy_from_slice(message.payload);
        match InboxMessage::decode(&body) {
            Ok(InboxMessage::Call(call)) => self.on_call(&connection, reply_to, &body, &call),
            Ok(InboxMessage::Probe { incarnation }) => {
                if incarnation.is_none_or(|meant| meant == self.identity.incarnation) {
                    self.on_probe(&connection, reply_to);
                }
            }
            Ok(InboxMessage::Unknown { kind }) => {
                debug!(
                    event = "inbox_message_dropped",
                    trace_id = observe::trace_id_in(&body),
                    kind,
                    "a message of a kind not known here"
                );
            }
            Err(error) => {
                debug!(
                    event = "inbox_message_dropped",
                    trace_id = observe::trace_id_in(&body),
                    %error,
                    "a message that cannot be read"
                );
            }
        }
    }

    fn on_probe(&self, connection: &Connection, reply_to: &str) {
        let mut body = Vec::with_capacity(64);
        encode_probe_ack(&mut body, self.identity.incarnation);
        if let Err(error) = connection.publish(reply_to, None, None, &body) {
            let (service, instance) = (self.service(), self.instance());
            debug!(%error, service, instance, event = "reply_not_sent", "a probe could not be answered");
        }
    }

    fn on_call(
        self: &Arc<Served>,
        connection: &Connection,
        reply_to: &str,
        body: &Bytes,
        call: &InboxCall<'_>,
    ) {
        let incarnation = self.identity.incarnation;
        let refuse = |reply: Reply| {
            let request = observe::Request {
                trace_id: logged(call.trace_id),
                service: self.service(),
                instance: self.instance(),
                method: logged(call.method),
                attempt: call.attempt,
            };
            Answer {
                lines: &self.lines,
                request,
                connection,
                reply_to,
                incarnation,
            }
            .send(&reply);
        };
        if call.incarnation.is_some_and(|meant| meant != incarnation) {
            return refuse(Reply::WrongIncarnation);
        }
        if !self.methods.contains_key(call.method) {
            return refuse(Reply::UnknownMethod(call.method.to_owned()));
        }
        let now = clock::now();
        let left = call
            .timeout_ms
            .map_or(MAX_CALL_TIMEOUT, Duration::from_millis);
        let told = call
            .deadline_ms
            .map(|millis| Instant::from_origin(Duration::from_millis(millis)));
        let deadline = match self.pace.deadline(now, left, told) {
            Ok(deadline) => deadline,
            Err(refusal) => return refuse(Reply::Refused(refusal)),
        };
        let letter = Letter::new(body.clone());
        let span = |text: Option<&str>| text.map_or(Span::default(), |text| letter.span(text));
        let job = Job {
            params: letter.value(call.params.bytes()),
            context: Context {
                identity: Arc::clone(&self.identity),
                method: span(Some(call.method)),
                trace_id: span(Some(call.trace_id)),
                message_id: span(call.message_id),
                caller: span(call.caller),
                attempt: call.attempt,
                deadline,
                letter,
            },
            arrived: now,
            served: Arc::clone(self),
            connection: connection.hold(),
            reply_to: Box::from(reply_to),
        };
        let mut decisions = Vec::with_capacity(1);
        self.admission().arrived(now, deadline, job, &mut decisions);
        self.carry_out(decisions);
    }

    /// Only to the router's subjects: whoever else publishes to the inbox may not make this
    /// instance write where it has no business.
    fn may_answer(&self, reply: &str) -> bool {
        self.subjects.correlation_id(reply).is_some()
    }

    fn service(&self) -> &str {
        self.identity.service.as_str()
    }

    fn instance(&self) -> &str {
        self.identity.instance.as_str()
    }

    /// A handler ended.
    pub(super) fn finished(self: &Arc<Served>) {
        let mut decisions = Vec::new();
        let is_idle = {
            let mut admission = self.admission();
            admission.finished(clock::now(), &mut decisions);
            admission.is_idle()
        };
        if is_idle {
            self.idle.notify_waiters();
        }
        self.carry_out(decisions);
    }

    /// The runtime dropped a handler half-way.
    pub(super) fn abandoned(&self) {
        let mut decisions = Vec::new();
        {
            let mut admission = self.admission();
            admission.close(&mut decisions);
            admission.finished(clock::now(), &mut decisions);
        }
        self.idle.notify_waiters();
        self.carry_out(decisions);
    }

    fn carry_out(&self, decisions: Vec<Decision<Job>>) {
        for decision in decisions {
            match decision {
                Decision::Start(job) => self.start(job),
                Decision::Refuse(job, refusal) => job.answer(&Reply::Refused(refusal)),
            }
        }
    }

    fn start(&self, job: Job) {
        match self.methods.get(job.context.method()) {
            Some(method) => method.run.start(Running::new(job)),
            None => drop(Running::new(job)),
        }
    }

    /// Takes no new work and waits for what runs, at most `longest`. Whether all of it ended.
    pub(crate) async fn drain(&self, longest: Duration) -> bool {
        self.admission().drain();
        let idle = async {
            loop {
                let notified = self.idle.notified();
                if self.admission().is_idle() {
                    return;
                }
                notified.await;
            }
        };
        tokio::time::timeout(longest, idle).await.is_ok()
    }

    pub(crate) fn word(&self) -> Word {
        *self.word.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes what the next heartbeat says.
    pub(crate) fn say(&self, change: impl FnOnce(&mut Word)) {
        change(&mut self.word.lock().unwrap_or_else(PoisonError::into_inner));
    }

    pub(crate) fn admission(&self) -> MutexGuard<'_, Admission<Job>> {
        // No code of the user's runs under the lock, so a poisoned one holds nothing half done.
        self.admission
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

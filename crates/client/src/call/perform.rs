use std::time::Duration;

use aegis_bus::{Connection, PublishError, RequestError};
use aegis_session::caller::{Caller, Ending, Event, Obstacle, SendEnd, Step};
use aegis_types::{Instant, Outcome, RetryWish};
use aegis_wire::call::{Exclusions, RouteRequest};
use aegis_wire::value::Raw;
use bytes::Bytes;
use tokio::time::{sleep, timeout};

use super::origin::Origin;
use super::{Request, answer};
use crate::{CallError, FailedCall, clock, observe};

const LOST: &str =
    "the connection to the broker, or the router's own, was lost while the call was in flight";

/// One call under way.
struct Performance<'a> {
    request: &'a Request<'a>,
    params: Raw<'a>,
    origin: &'a Origin,
    connection: &'a Connection,
    started: Instant,
    /// When the clock was looked at last.
    looked: Instant,
    deadline: Instant,
    subject: String,
    body: Vec<u8>,
    /// The router's last answer.
    answer: Option<Result<Bytes, CallError>>,
    /// Why the connection did not take the request, where that ends the call.
    refused: Option<PublishError>,
    /// An earlier send was lost: what is proven about the last one does not cover the call.
    may_have_run: bool,
    /// How often it was sent, or tried to be.
    sendings: u32,
}

/// Sends a call and waits for its end, as [`Caller`] says. Gives also how long that took.
pub(super) async fn perform(
    request: &Request<'_>,
    params: &[u8],
    origin: &Origin,
) -> (Result<Bytes, CallError>, Duration) {
    let started = clock::now();
    let core = &request.client.core;
    let mut subject = String::with_capacity(96);
    core.subjects
        .push_route(&mut subject, request.service.trim(), request.method.trim());
    let mut performance = Performance {
        request,
        params: Raw::NIL,
        origin,
        connection: &core.work,
        started,
        looked: started,
        deadline: origin.deadline(started + request.timeout),
        subject,
        body: Vec::with_capacity(params.len() + 256),
        answer: None,
        refused: None,
        may_have_run: false,
        sendings: 0,
    };
    let result = match Raw::new(params) {
        Ok(params) => {
            performance.params = params;
            performance.result().await
        }
        Err(error) => Err(CallError::InvalidParams {
            call: performance.failed(),
            reason: error.to_string(),
        }),
    };
    match &result {
        Ok(_) => performance.answered(),
        Err(error) => core.lines.call_failed(error),
    }
    (result, performance.took())
}

impl Performance<'_> {
    async fn result(&mut self) -> Result<Bytes, CallError> {
        if self.deadline <= self.started {
            return Err(CallError::DeadlineExceeded {
                call: self.failed(),
                reason: String::from("the deadline of the call being handled has passed"),
            });
        }
        let ending = self.run().await;
        match self.end(ending) {
            Err(error) if self.may_have_run && error.outcome() == Outcome::NotRun => {
                Err(CallError::OutcomeUnknown {
                    reason: format!("{LOST}; sent again, it ended with {}", error.code()),
                    call: Box::new(error.call().clone()),
                })
            }
            result => result,
        }
    }

    /// Until the machine was told of the last thing that happened.
    fn took(&self) -> Duration {
        self.looked.saturating_since(self.started)
    }

    async fn run(&mut self) -> Ending {
        let mut caller = Caller::new(self.deadline, self.request.retry, self.origin.seed());
        let mut step = caller.start(self.started);
        loop {
            let event = match step {
                Step::Send { time_left, wait } => {
                    let end = self.send(time_left, wait).await;
                    if self.refused.is_some() {
                        self.looked = clock::now();
                        self.may_have_run = caller.may_have_run();
                        return Ending::NotRun(Obstacle::NotConnected);
                    }
                    Event::SendEnded(end)
                }
                Step::WaitForConnection { until } => {
                    let longest = until.saturating_since(clock::now());
                    match timeout(longest, self.connection.ready_for_requests()).await {
                        Ok(()) => Event::Connected,
                        Err(_) => Event::TimerFired,
                    }
                }
                Step::Pause { until } => {
                    sleep(until.saturating_since(clock::now())).await;
                    Event::TimerFired
                }
                Step::End(ending) => {
                    self.may_have_run = caller.may_have_run();
                    return ending;
                }
            };
            self.looked = clock::now();
            step = match caller.handle(self.looked, event) {
                Some(next) => next,
                // The runtime's timer was a little early for our clock.
                None => step,
            };
        }
    }

    fn answered(&self) {
        let Request {
            service, method, ..
        } = self.request;
        let trace_id = self.origin.trace_id(self.request.trace_id);
        observe::call_answered(service, method, trace_id, self.took());
    }

    async fn send(&mut self, time_left: Duration, wait: Duration) -> SendEnd {
        self.sendings += 1;
        if self.sendings > 1 {
            let Request {
                service, method, ..
            } = self.request;
            let trace_id = self.origin.trace_id(self.request.trace_id);
            observe::call_sent_again(service, method, trace_id, self.sendings);
        }
        self.encode(time_left);
        let lost = self.router_lost();
        let request = self
            .connection
            .request(&self.subject, None, &self.body, wait);
        let answered = tokio::select! {
            biased;
            answered = request => answered,
            () = lost => return SendEnd::RouterLost,
        };
        match answered {
            Ok(reply) => {
                let answer = answer::read(&reply.payload, || self.failed());
                let end = answer::send_end(&answer);
                self.answer = Some(answer);
                end
            }
            Err(RequestError::NoResponders) => SendEnd::NoRouter,
            Err(RequestError::ConnectionLost) => SendEnd::ConnectionLost,
            Err(RequestError::TimedOut) => SendEnd::TimedOut,
            Err(RequestError::NotSent(PublishError::NotConnected)) => SendEnd::NotSent,
            Err(RequestError::NotSent(error)) => {
                self.refused = Some(error);
                SendEnd::NotSent
            }
        }
    }

    /// Resolves when the request on its way may be lost, for who wants it sent again then. Everybody
    /// else waits for the router, which tells at its own reconnect what is known.
    fn router_lost(&self) -> impl Future<Output = ()> + use<> {
        let core = &self.request.client.core;
        let losses = (self.request.retry == RetryWish::Unknown)
            .then(|| core.router_news.losses(&core.work, &core.subjects));
        async move {
            if let Some(mut losses) = losses
                && losses.changed().await.is_ok()
            {
                return;
            }
            std::future::pending::<()>().await;
        }
    }

    fn encode(&mut self, time_left: Duration) {
        let Request {
            service,
            method,
            retry,
            max_instances,
            ..
        } = *self.request;
        self.body.clear();
        RouteRequest {
            timeout: Some(time_left),
            trace_id: Some(self.origin.trace_id(self.request.trace_id)),
            message_id: Some(self.origin.message_id()),
            excluded_instances: Exclusions::of(&self.request.excluded),
            protocol: Some(aegis_wire::PROTOCOL),
            max_instances: Some(max_instances),
            retry,
            caller: self.request.client.core.name.as_deref(),
            ..RouteRequest::new(service, method, self.params)
        }
        .encode(&mut self.body);
    }

    fn end(&mut self, ending: Ending) -> Result<Bytes, CallError> {
        if let Some(error) = self.refused {
            return Err(self.not_taken(error));
        }
        let call = |performance: &Self| performance.failed();
        Err(match ending {
            Ending::Answered => match self.answer.take() {
                Some(answer) => return answer,
                None => CallError::NoRouter { call: call(self) },
            },
            Ending::NotRun(Obstacle::NotConnected) => CallError::NotConnected { call: call(self) },
            Ending::NotRun(_) => CallError::NoRouter { call: call(self) },
            Ending::Unknown(Obstacle::ConnectionLost) => CallError::OutcomeUnknown {
                call: call(self),
                reason: String::from(LOST),
            },
            Ending::Unknown(_) => CallError::OutcomeUnknown {
                call: call(self),
                reason: format!(
                    "no answer from the router within {} ms",
                    self.deadline.saturating_since(self.started).as_millis()
                ),
            },
        })
    }

    /// The connection refused the request: this send did not happen.
    fn not_taken(&self, error: PublishError) -> CallError {
        let call = self.failed();
        match error {
            PublishError::PayloadTooLarge { size, max } => CallError::TooLarge {
                call,
                size,
                max_payload: max,
            },
            PublishError::Overloaded { limit, max } => CallError::Overloaded {
                call,
                reason: format!("this client's limit `{limit}` of {max} is reached"),
                retry_after: None,
            },
            PublishError::Closed => CallError::Closed { call },
            PublishError::NotConnected => CallError::NotConnected { call },
            PublishError::InvalidSubject => CallError::InvalidArgument {
                call,
                argument: "service",
                rule: String::from("cannot be part of a subject"),
            },
        }
    }

    fn failed(&self) -> Box<FailedCall> {
        Box::new(FailedCall {
            service: self.request.service.to_owned(),
            method: self.request.method.to_owned(),
            trace_id: self.origin.trace_id(self.request.trace_id).to_owned(),
            message_id: self.origin.message_id().to_owned(),
            after: clock::now().saturating_since(self.started),
            attempts: Vec::new(),
        })
    }
}

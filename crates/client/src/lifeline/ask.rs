//! The lifeline's questions, and what their answers mean to its machine.

use std::sync::Arc;
use std::time::Duration;

use aegis_bus::{Connection, Reply, RequestError, WeakConnection};
use aegis_session::lifeline::{HeartbeatAnswer, LeaseToken, RegisterAnswer, Silence};
use aegis_wire::ErrorCode;
use aegis_wire::instance::{HeartbeatReply, RegisterReply, UnregisterReply};
use tokio::time::timeout;
use tracing::warn;

use super::Pace;
use crate::clock;
use crate::observe::Lines;

/// Whether the broker holds the inbox: the work connection is ready, and the broker has read
/// everything it was told.
pub(super) async fn prepare_inbox(work: WeakConnection, longest: Duration) -> bool {
    let Some(work) = work.upgrade() else {
        return false;
    };
    let prepared = async {
        work.ready().await;
        work.flush(longest).await.is_ok()
    };
    timeout(longest, prepared).await.unwrap_or(false)
}

pub(super) async fn register(
    lifeline: Connection,
    subject: &str,
    body: &[u8],
    timeout: Duration,
    lines: &Lines,
) -> RegisterAnswer {
    match lifeline.request(subject, None, body, timeout).await {
        Ok(reply) => read_registration(&reply, subject, lines),
        Err(error) => RegisterAnswer::Unanswered(silence(error)),
    }
}

pub(super) async fn heartbeat(
    lifeline: Connection,
    (pace, lines): (&Pace, &Lines),
    subject: &str,
    body: &[u8],
    timeout: Duration,
) -> HeartbeatAnswer {
    let sent_at = clock::now();
    match lifeline.request(subject, None, body, timeout).await {
        Ok(reply) => read_heartbeat(&reply, lines, |router_now| pace.heard(sent_at, router_now)),
        Err(error) => HeartbeatAnswer::Unanswered(silence(error)),
    }
}

/// Whether the router confirmed it.
pub(super) async fn deregister(
    lifeline: Connection,
    subject: &str,
    body: &[u8],
    timeout: Duration,
) -> bool {
    let reply = lifeline.request(subject, None, body, timeout).await;
    reply.is_ok_and(|reply| {
        matches!(
            UnregisterReply::decode(&reply.payload),
            Ok(UnregisterReply::Done)
        )
    })
}

fn read_registration(reply: &Reply, subject: &str, lines: &Lines) -> RegisterAnswer {
    match RegisterReply::decode(&reply.payload) {
        Ok(RegisterReply::Granted(grant)) => {
            if grant.joining {
                warn!(
                    subject,
                    event = "joining",
                    "registered, and the router's probe of the inbox was not answered in time: no call \
                     comes until it is. Is the runtime of the work connection blocked?"
                );
            }
            RegisterAnswer::Accepted {
                lease_ttl: Duration::from_millis(grant.lease_ttl_ms),
                token: LeaseToken::from_bits(grant.lease_token.bits()),
            }
        }
        Ok(RegisterReply::Refused(refusal)) => RegisterAnswer::Refused {
            code: Arc::from(refusal.code),
            message: Arc::from(refusal.message),
            retryable: refusal.retryable,
        },
        Err(error) => {
            lines.invalid_answer("registration", &error);
            RegisterAnswer::Unanswered(Silence::TimedOut)
        }
    }
}

fn read_heartbeat(reply: &Reply, lines: &Lines, heard: impl FnOnce(Duration)) -> HeartbeatAnswer {
    match HeartbeatReply::decode(&reply.payload) {
        Ok(HeartbeatReply::Renewed(renewal)) => {
            heard(Duration::from_millis(renewal.router_now_ms));
            HeartbeatAnswer::Renewed {
                lease_ttl: Duration::from_millis(renewal.lease_ttl_ms),
                next_interval: Some(Duration::from_millis(renewal.next_interval_ms)),
            }
        }
        Ok(HeartbeatReply::Refused(refusal)) => match refusal.known_code() {
            // Our registration is not there any more; who is there is told by registering again.
            Some(ErrorCode::UnknownInstance | ErrorCode::NotFound | ErrorCode::WrongLeaseToken) => {
                HeartbeatAnswer::UnknownInstance
            }
            Some(ErrorCode::Evicted) => HeartbeatAnswer::Evicted {
                message: Arc::from(refusal.message),
            },
            Some(ErrorCode::StaleIncarnation) => HeartbeatAnswer::StaleIncarnation {
                message: Arc::from(refusal.message),
            },
            _ => HeartbeatAnswer::Refused {
                code: Arc::from(refusal.error_code),
                message: Arc::from(refusal.message),
            },
        },
        Err(error) => {
            lines.invalid_answer("heartbeat", &error);
            HeartbeatAnswer::Unanswered(Silence::TimedOut)
        }
    }
}

const fn silence(error: RequestError) -> Silence {
    match error {
        RequestError::NoResponders => Silence::NoRouter,
        RequestError::NotSent(_) | RequestError::ConnectionLost => Silence::ConnectionLost,
        RequestError::TimedOut => Silence::TimedOut,
    }
}

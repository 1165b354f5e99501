//! What the router's answers mean to the lifeline's machine: `crates/client/src/lifeline/ask.rs`,
//! which cannot be used here since it holds the sockets too.

use std::sync::Arc;
use std::time::Duration;

use aegis_session::lifeline::{HeartbeatAnswer, LeaseToken, RegisterAnswer, Silence};
use aegis_types::Instant;
use aegis_wire::ErrorCode;
use aegis_wire::instance::{HeartbeatReply, RegisterReply, UnregisterReply};

use crate::actors::conn::RequestEnd;

pub(super) fn registration(end: &RequestEnd) -> RegisterAnswer {
    let reply = match end {
        RequestEnd::Reply(reply) => RegisterReply::decode(reply),
        end => return RegisterAnswer::Unanswered(silence(end)),
    };
    match reply {
        Ok(RegisterReply::Granted(grant)) => RegisterAnswer::Accepted {
            lease_ttl: Duration::from_millis(grant.lease_ttl_ms),
            token: LeaseToken::from_bits(grant.lease_token.bits()),
        },
        Ok(RegisterReply::Refused(refusal)) => RegisterAnswer::Refused {
            code: Arc::from(refusal.code),
            message: Arc::from(refusal.message),
            retryable: refusal.retryable,
        },
        Err(_) => RegisterAnswer::Unanswered(Silence::TimedOut),
    }
}

/// And what the router's clock showed, if it says so.
pub(super) fn heartbeat(end: &RequestEnd) -> (HeartbeatAnswer, Option<Instant>) {
    let reply = match end {
        RequestEnd::Reply(reply) => HeartbeatReply::decode(reply),
        end => return (HeartbeatAnswer::Unanswered(silence(end)), None),
    };
    let answer = match reply {
        Ok(HeartbeatReply::Renewed(renewal)) => {
            let router_now = Instant::from_origin(Duration::from_millis(renewal.router_now_ms));
            let answer = HeartbeatAnswer::Renewed {
                lease_ttl: Duration::from_millis(renewal.lease_ttl_ms),
                next_interval: Some(Duration::from_millis(renewal.next_interval_ms)),
            };
            return (answer, Some(router_now));
        }
        Ok(HeartbeatReply::Refused(refusal)) => match refusal.known_code() {
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
        Err(_) => HeartbeatAnswer::Unanswered(Silence::TimedOut),
    };
    (answer, None)
}

pub(super) fn is_confirmed(end: &RequestEnd) -> bool {
    match end {
        RequestEnd::Reply(reply) => {
            matches!(UnregisterReply::decode(reply), Ok(UnregisterReply::Done))
        }
        _ => false,
    }
}

fn silence(end: &RequestEnd) -> Silence {
    match end {
        RequestEnd::NoResponders => Silence::NoRouter,
        RequestEnd::ConnectionLost => Silence::ConnectionLost,
        RequestEnd::TimedOut | RequestEnd::Reply(_) => Silence::TimedOut,
    }
}

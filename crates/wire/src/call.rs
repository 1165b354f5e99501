//! The records of a call's journey, in order: caller to router ([`RouteRequest`]), router to
//! instance ([`InboxMessage`]), instance to router ([`InstanceReply`]), router to caller
//! ([`CallReply`]).
//!
//! All of them borrow from the message they came in and are encoded by pushing bytes. `params` and
//! `result` are walked once and passed on as they are.

mod attempt;
mod call_error;
mod call_reply;
mod echo;
mod error_info;
mod exclusions;
mod inbox_message;
mod instance_reply;
mod passed_error;
mod reply_encoder;
mod route_request;

#[cfg(test)]
mod tests;

pub use attempt::AttemptReport;
pub use call_error::{CallError, CallerKind, ResourceContext};
pub use call_reply::CallReply;
pub use echo::Echo;
pub use error_info::ErrorInfo;
pub use exclusions::Exclusions;
pub use inbox_message::{InboxCall, InboxMessage, encode_probe};
pub use instance_reply::{Failure, InstanceReply, ReplyKind, encode_probe_ack};
pub use reply_encoder::ReplyEncoder;
pub use route_request::RouteRequest;

use aegis_types::Incarnation;

use crate::value::{Reader, ValueError};

fn incarnation(reader: &mut Reader<'_>) -> Result<Option<Incarnation>, ValueError> {
    let bits = reader.nullable(|reader| reader.uint("incarnation"))?;
    Ok(bits.map(Incarnation::from_bits))
}

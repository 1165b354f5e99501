use std::time::Duration;

use super::{AttemptReport, CallError, CallerKind, InstanceReply, passed_error};
use crate::timestamp::{Zone, push_timestamp};
use crate::value::{MapWriter, Raw, Writer};

/// Writes the router's reply to a caller; see [`CallReply`](super::CallReply) for its keys. Holds
/// what all three kinds of reply share.
#[derive(Clone, Copy, Debug)]
pub struct ReplyEncoder<'a> {
    /// The caller's trace id.
    pub trace_id: Option<&'a str>,
    /// The caller's message id.
    pub message_id: Option<&'a str>,
    /// The instance that answered, or was tried last.
    pub instance_id: Option<&'a str>,
    /// From the call's arrival to this reply.
    pub duration: Duration,
    /// Now, in microseconds since 1970.
    pub unix_micros: u64,
    /// Which attempt answered or failed last, from 1; written if it was not the first. 0 if there was
    /// none.
    pub attempt: u32,
}

impl ReplyEncoder<'_> {
    /// Appends the reply that carries a result.
    pub fn success(&self, out: &mut Vec<u8>, result: Raw<'_>) {
        Writer::new(out).map(|map| {
            map.key("success").bool(true);
            map.key("result").raw(result);
            map.key("error").nil();
            self.rest(map);
        });
    }

    /// Appends the reply that carries the router's own error.
    pub fn error(&self, out: &mut Vec<u8>, error: &CallError<'_>, caller: CallerKind) {
        Writer::new(out).map(|map| {
            map.key("success").bool(false);
            map.key("result").nil();
            map.key("error").map(|map| error.write(caller, map));
            self.rest(map);
        });
    }

    /// Appends the reply that carries a service's own error, that of `reply`, as it came, with the keys
    /// added that every error has. `tried` are all attempts, the failed one last.
    pub fn passed_error(
        &self,
        out: &mut Vec<u8>,
        reply: &InstanceReply<'_>,
        tried: &[AttemptReport<'_>],
    ) {
        Writer::new(out).map(|map| {
            map.key("success").bool(false);
            map.key("result").nil();
            map.key("error")
                .map(|map| passed_error::write(map, reply, tried));
            self.rest(map);
        });
    }

    fn rest(&self, map: &mut MapWriter<'_>) {
        map.text_or_nil("instance_id", self.instance_id);
        map.key("trace_id").text(self.trace_id.unwrap_or("unknown"));
        map.text_or_nil("message_id", self.message_id);
        map.key("duration_ms")
            .float(self.duration.as_nanos() as f64 / 1e6);
        map.key("timestamp")
            .text_of(Zone::Z.timestamp_len(), |out| {
                push_timestamp(out, self.unix_micros, Zone::Z);
            });
        if self.attempt > 1 {
            map.key("attempt").uint(self.attempt.into());
        }
    }
}

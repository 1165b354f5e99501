use super::MessageStatusRequest;
use crate::Refusal;
use crate::value::Writer;

/// Appends "no" to an ack that came to the router as a request: a [`Refusal`] with this key.
///
/// | key | type | needed | |
/// |---|---|---|---|
/// | `confirmed` | bool | yes | false |
pub fn encode_ack_response_refusal(out: &mut Vec<u8>, refusal: &Refusal<'_>) {
    Writer::new(out).map(|map| {
        map.key("confirmed").bool(false);
        refusal.write(map);
    });
}

/// Appends "no" to the question what became of a message: a [`Refusal`] with every key that a status
/// has.
///
/// | key | type | needed | |
/// |---|---|---|---|
/// | `message_id` | text or nil | yes | that of the request |
/// | `trace_id` | text | yes | that of the request, or `unknown` |
/// | `state` | nil | yes | none of `pending`, `acknowledged`, `failed` and `expired`: nobody knows |
/// | `retry_count` | int | yes | 0 |
/// | `last_error` | text | yes | `error.message` once more |
/// | `created_at`, `updated_at`, `service_name`, `method`, `instance_id`, `ack_deadline` | nil | yes | nobody knows |
///
/// The SDK of the first AegisIPC hands the map to its user as it is, who looks up `state`.
pub fn encode_message_status_refusal(
    out: &mut Vec<u8>,
    request: &MessageStatusRequest<'_>,
    refusal: &Refusal<'_>,
) {
    Writer::new(out).map(|map| {
        refusal.write(map);
        map.text_or_nil("message_id", request.message_id);
        map.key("trace_id")
            .text(request.trace_id.unwrap_or("unknown"));
        map.key("retry_count").uint(0);
        map.key("last_error").text(refusal.message);
        for unknown in [
            "state",
            "created_at",
            "updated_at",
            "service_name",
            "method",
            "instance_id",
            "ack_deadline",
        ] {
            map.key(unknown).nil();
        }
    });
}

use crate::Refusal;
use crate::value::Writer;

/// Appends "no" to an ack that came to the router as a request: a [`Refusal`] with `confirmed`,
/// which is false.
pub fn encode_ack_response_refusal(out: &mut Vec<u8>, refusal: &Refusal<'_>) {
    Writer::new(out).map(|map| {
        map.key("confirmed").bool(false);
        refusal.write(map);
    });
}

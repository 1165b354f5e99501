//! The same bytes in any chunks are the same operations, refusals and errors, whoever sends them.
//!
//! Input: a count, that many lengths of chunks, and the bytes; what the lengths leave is the last
//! chunk.

use std::fmt::Debug;

use aegis_nats::codec::{ClientOpDecoder, DecodeError, ProtocolError, Refusal, ServerOpDecoder};

use crate::codec_raw::LIMITS;
use crate::script::Script;

/// Most lengths; the rest of a long input comes in one.
const MAX_CHUNKS: usize = 24;

/// The target.
pub fn run(data: &[u8]) {
    let mut script = Script::new(data);
    let Some(count) = script.below(MAX_CHUNKS) else {
        return;
    };
    let lengths = script.bytes(count);
    let bytes = script.bytes(data.len());
    agrees(bytes, lengths, || {
        let mut decoder = ClientOpDecoder::new(LIMITS);
        move |buffer| decoder.decode(buffer)
    });
    agrees(bytes, lengths, || {
        let mut decoder = ServerOpDecoder::new(LIMITS);
        move |buffer| decoder.decode(buffer)
    });
}

/// What a decoder made of some bytes, and how many it took for that.
#[derive(Debug, PartialEq)]
enum Seen<Op> {
    Operation(Op, usize),
    Refused(Refusal, usize),
    Ended(ProtocolError),
}

fn agrees<'a, Op, Decode>(bytes: &'a [u8], lengths: &[u8], new: impl Fn() -> Decode)
where
    Op: Debug + PartialEq,
    Decode: FnMut(&'a [u8]) -> Result<Option<(Op, usize)>, DecodeError>,
{
    let whole = seen(bytes, [bytes.len()], new());
    let mut end = 0;
    let ends = lengths.iter().map(|length| {
        end = bytes.len().min(end + usize::from(*length));
        end
    });
    let chunks: Vec<usize> = ends.chain([bytes.len()]).collect();
    assert_eq!(seen(bytes, chunks, new()), whole, "in chunks");
    assert_eq!(seen(bytes, 1..=bytes.len(), new()), whole, "byte by byte");
}

/// Feeds a decoder with the bytes up to each of `ends`, as a connection's buffer would fill up.
fn seen<'a, Op>(
    bytes: &'a [u8],
    ends: impl IntoIterator<Item = usize>,
    mut decode: impl FnMut(&'a [u8]) -> Result<Option<(Op, usize)>, DecodeError>,
) -> Vec<Seen<Op>> {
    let mut start = 0;
    let mut seen = Vec::new();
    for end in ends {
        while let Some(buffer) = bytes.get(start..end).filter(|buffer| !buffer.is_empty()) {
            match decode(buffer) {
                Ok(None) => break,
                Ok(Some((op, taken))) => {
                    seen.push(Seen::Operation(op, taken));
                    start += taken;
                }
                Err(DecodeError::Refused { refusal, consumed }) => {
                    seen.push(Seen::Refused(refusal, consumed));
                    start += consumed;
                }
                Err(DecodeError::Protocol(error)) => {
                    seen.push(Seen::Ended(error));
                    return seen;
                }
            }
        }
    }
    seen
}

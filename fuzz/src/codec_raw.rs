//! Any bytes as what a client says, and as what a server says.
//!
//! - Neither decoder panics, takes no bytes, or takes more than there are.
//! - Neither waits for more than its limits allow, so a connection's buffer is bounded.
//! - What is accepted keeps the rules of the protocol and survives a trip through the encoder.

use aegis_nats::codec::{
    ClientOp, ClientOpDecoder, ConnectInfo, DEFAULT_MAX_CONTROL_LINE, DecodeError, Limits,
    ServerInfo, ServerOp, ServerOpDecoder, encode, headers, status_code,
};
use aegis_nats::subject::{is_valid_pattern, is_valid_subject};

/// Small, so that short inputs reach their edges.
pub(crate) const LIMITS: Limits = Limits {
    max_control_line: 96,
    max_payload: 160,
};

/// What was accepted is written with all spaces it may have and numbers in full: a little longer.
const WRITTEN: Limits = Limits {
    max_control_line: DEFAULT_MAX_CONTROL_LINE,
    max_payload: LIMITS.max_payload,
};

/// Most bytes that a decoder may leave in front of it: a line and a payload, each with its end.
const MOST_UNFINISHED: usize = LIMITS.max_control_line + 2 + LIMITS.max_payload + 2;

/// The target.
pub fn run(data: &[u8]) {
    let mut decoder = ClientOpDecoder::new(LIMITS);
    each(data, |rest| decoder.decode(rest), |op| check_client_op(&op));
    let mut decoder = ServerOpDecoder::new(LIMITS);
    each(data, |rest| decoder.decode(rest), |op| check_server_op(&op));
}

fn each<'a, Op>(
    data: &'a [u8],
    mut decode: impl FnMut(&'a [u8]) -> Result<Option<(Op, usize)>, DecodeError>,
    mut check: impl FnMut(Op),
) {
    let mut rest = data;
    loop {
        let taken = match decode(rest) {
            Ok(Some((op, taken))) => {
                check(op);
                taken
            }
            Ok(None) => {
                assert!(rest.len() <= MOST_UNFINISHED, "waits for {}", rest.len());
                return;
            }
            Err(DecodeError::Refused { consumed, .. }) => consumed,
            Err(DecodeError::Protocol(_)) => return,
        };
        assert!(
            taken > 0 && taken <= rest.len(),
            "{taken} of {}",
            rest.len()
        );
        rest = rest.get(taken..).unwrap_or_default();
    }
}

fn check_client_op(op: &ClientOp<'_>) {
    let mut bytes = Vec::new();
    match *op {
        ClientOp::Connect(json) => {
            round_trip::<ConnectInfo>(json);
            encode::connect(&mut bytes, json);
        }
        ClientOp::Ping => encode::ping(&mut bytes),
        ClientOp::Pong => encode::pong(&mut bytes),
        ClientOp::Publish {
            subject,
            reply,
            headers,
            payload,
        } => {
            assert!(is_valid_subject(subject) && reply.is_none_or(is_valid_subject));
            assert!(headers.map_or(0, <[u8]>::len) + payload.len() <= LIMITS.max_payload);
            headers.into_iter().for_each(read_headers);
            encode::publish(&mut bytes, subject, reply, headers, payload);
        }
        ClientOp::Subscribe {
            subject,
            queue_group,
            sid,
        } => {
            assert!(is_valid_pattern(subject));
            encode::subscribe(&mut bytes, subject, queue_group, sid);
        }
        ClientOp::Unsubscribe { sid, max } => encode::unsubscribe(&mut bytes, sid, max),
    }
    let again = ClientOpDecoder::new(WRITTEN).decode(&bytes);
    assert_eq!(again, Ok(Some((*op, bytes.len()))));
}

fn check_server_op(op: &ServerOp<'_>) {
    let mut bytes = Vec::new();
    match *op {
        ServerOp::Info(json) => {
            round_trip::<ServerInfo>(json);
            encode::info(&mut bytes, json);
        }
        ServerOp::Ping => encode::ping(&mut bytes),
        ServerOp::Pong => encode::pong(&mut bytes),
        ServerOp::Ok => encode::ok(&mut bytes),
        ServerOp::Err(text) => encode::err(&mut bytes, text),
        ServerOp::Message {
            subject,
            sid,
            reply,
            headers,
            payload,
        } => {
            headers.into_iter().for_each(read_headers);
            encode::message(&mut bytes, subject, sid, reply, headers, payload);
        }
    }
    let again = ServerOpDecoder::new(WRITTEN).decode(&bytes);
    assert_eq!(again, Ok(Some((*op, bytes.len()))));
}

/// A field that is listed is found by its name, unless an earlier one has the same.
fn read_headers(block: &[u8]) {
    let _ = status_code(block);
    for (name, _) in headers::fields(block) {
        assert!(headers::field(block, name).is_some(), "{name:?}");
    }
}

fn round_trip<T>(json: &[u8])
where
    T: serde::de::DeserializeOwned + serde::Serialize + PartialEq + std::fmt::Debug,
{
    let Ok(info) = serde_json::from_slice::<T>(json) else {
        return;
    };
    let again = serde_json::to_vec(&info).map(|json| serde_json::from_slice::<T>(&json).ok());
    assert_eq!(again.ok().flatten(), Some(info));
}

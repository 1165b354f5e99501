use super::framing::{Arguments, Framing, Line, length, number, split_headers, text};
use super::headers::is_valid_block;
use super::{DecodeError, Limits, ProtocolError, Refusal};
use crate::subject::{is_valid_pattern, is_valid_subject};

/// What a client says to a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClientOp<'a> {
    /// `CONNECT` with its JSON, to be read as [`ConnectInfo`](super::ConnectInfo).
    Connect(&'a [u8]),
    /// `PING`.
    Ping,
    /// `PONG`.
    Pong,
    /// `PUB` or `HPUB`.
    Publish {
        /// A subject without wildcards.
        subject: &'a str,
        /// Where an answer is wanted: a subject without wildcards.
        reply: Option<&'a str>,
        /// A well-formed header block, as it travels.
        headers: Option<&'a [u8]>,
        /// The body.
        payload: &'a [u8],
    },
    /// `SUB`.
    Subscribe {
        /// A subject, maybe with wildcards.
        subject: &'a str,
        /// The queue group that shares the messages.
        queue_group: Option<&'a str>,
        /// The client's own id for it.
        sid: &'a str,
    },
    /// `UNSUB`.
    Unsubscribe {
        /// The client's own id for the subscription.
        sid: &'a str,
        /// After how many deliveries, counted from the subscription; now, if absent.
        max: Option<u64>,
    },
}

const VERBS: [&[u8]; 7] = [
    b"PUB", b"HPUB", b"SUB", b"UNSUB", b"PING", b"PONG", b"CONNECT",
];

/// Reads what a client says.
#[derive(Debug)]
pub struct ClientOpDecoder {
    framing: Framing,
}

/// What a line turned out to be, with the bytes it and its payload take.
type Decoded<'a> = Option<(Result<ClientOp<'a>, Refusal>, usize)>;

impl ClientOpDecoder {
    /// A decoder at the start of a connection.
    pub fn new(limits: Limits) -> ClientOpDecoder {
        ClientOpDecoder {
            framing: Framing::new(limits),
        }
    }

    /// The first operation in `buffer` and its length in bytes; `None` until it is whole.
    ///
    /// `buffer` starts at the first byte not yet consumed. Across calls that returned `None` it may
    /// only grow: the search goes on where it stopped.
    pub fn decode<'a>(
        &mut self,
        buffer: &'a [u8],
    ) -> Result<Option<(ClientOp<'a>, usize)>, DecodeError> {
        let Some(line) = self.framing.line(buffer, &VERBS)? else {
            return Ok(None);
        };
        let Some((op, consumed)) = self.operation(buffer, line)? else {
            return Ok(None);
        };
        self.framing.finish();
        match op {
            Ok(op) => Ok(Some((op, consumed))),
            Err(refusal) => Err(DecodeError::Refused { refusal, consumed }),
        }
    }

    fn operation<'a>(
        &mut self,
        buffer: &'a [u8],
        line: Line<'a>,
    ) -> Result<Decoded<'a>, ProtocolError> {
        // The framing let only our verbs pass, and no two of them share length and first letter
        // except PING and PONG.
        let op = match (
            line.verb.len(),
            line.verb.first().map(u8::to_ascii_uppercase),
        ) {
            (3, Some(b'P')) => return self.publish(buffer, line),
            (4, Some(b'H')) => return self.publish_with_headers(buffer, line),
            (3, Some(b'S')) => subscribe(line)?,
            (5, Some(b'U')) => Ok(unsubscribe(line)?),
            (4, Some(b'P')) if line.verb.eq_ignore_ascii_case(b"PING") => Ok(ClientOp::Ping),
            (4, Some(b'P')) => Ok(ClientOp::Pong),
            _ => Ok(ClientOp::Connect(line.rest.trim_ascii())),
        };
        Ok(Some((op, line.len)))
    }

    fn publish<'a>(
        &mut self,
        buffer: &'a [u8],
        line: Line<'a>,
    ) -> Result<Decoded<'a>, ProtocolError> {
        let arguments = Arguments::split(line.rest)?;
        let (subject, reply, size) = match *arguments.as_slice() {
            [subject, size] => (subject, None, length(size)?),
            [subject, reply, size] => (subject, Some(reply), length(size)?),
            _ => return Err(ProtocolError::MalformedArguments),
        };
        let Some((payload, consumed)) = self.framing.payload(buffer, line, size)? else {
            return Ok(None);
        };
        let op = checked_publish(subject, reply, None, payload);
        Ok(Some((op, consumed)))
    }

    fn publish_with_headers<'a>(
        &mut self,
        buffer: &'a [u8],
        line: Line<'a>,
    ) -> Result<Decoded<'a>, ProtocolError> {
        let arguments = Arguments::split(line.rest)?;
        let (subject, reply, headers, size) = match *arguments.as_slice() {
            [subject, headers, size] => (subject, None, length(headers)?, length(size)?),
            [subject, reply, headers, size] => {
                (subject, Some(reply), length(headers)?, length(size)?)
            }
            _ => return Err(ProtocolError::MalformedArguments),
        };
        if headers > size {
            return Err(ProtocolError::MalformedLength);
        }
        let Some((payload, consumed)) = self.framing.payload(buffer, line, size)? else {
            return Ok(None);
        };
        let (headers, payload) = split_headers(payload, headers)?;
        let op = checked_publish(subject, reply, headers, payload);
        Ok(Some((op, consumed)))
    }
}

fn checked_publish<'a>(
    subject: &'a [u8],
    reply: Option<&'a [u8]>,
    headers: Option<&'a [u8]>,
    payload: &'a [u8],
) -> Result<ClientOp<'a>, Refusal> {
    let subject = literal(subject).ok_or(Refusal::InvalidPublishSubject)?;
    let reply = match reply {
        Some(reply) => Some(literal(reply).ok_or(Refusal::InvalidReplySubject)?),
        None => None,
    };
    if !headers.is_none_or(is_valid_block) {
        return Err(Refusal::InvalidHeaders);
    }
    Ok(ClientOp::Publish {
        subject,
        reply,
        headers,
        payload,
    })
}

fn literal(subject: &[u8]) -> Option<&str> {
    std::str::from_utf8(subject)
        .ok()
        .filter(|subject| is_valid_subject(subject))
}

fn subscribe(line: Line<'_>) -> Result<Result<ClientOp<'_>, Refusal>, ProtocolError> {
    let (subject, queue_group, sid) = match *Arguments::split(line.rest)?.as_slice() {
        [subject, sid] => (subject, None, sid),
        [subject, queue_group, sid] => (subject, Some(text(queue_group)?), sid),
        _ => return Err(ProtocolError::MalformedArguments),
    };
    let sid = text(sid)?;
    let Some(subject) = std::str::from_utf8(subject)
        .ok()
        .filter(|subject| is_valid_pattern(subject))
    else {
        return Ok(Err(Refusal::InvalidSubject));
    };
    Ok(Ok(ClientOp::Subscribe {
        subject,
        queue_group,
        sid,
    }))
}

fn unsubscribe(line: Line<'_>) -> Result<ClientOp<'_>, ProtocolError> {
    match *Arguments::split(line.rest)?.as_slice() {
        [sid] => Ok(ClientOp::Unsubscribe {
            sid: text(sid)?,
            max: None,
        }),
        [sid, max] => Ok(ClientOp::Unsubscribe {
            sid: text(sid)?,
            max: Some(number(max).ok_or(ProtocolError::MalformedArguments)?),
        }),
        _ => Err(ProtocolError::MalformedArguments),
    }
}

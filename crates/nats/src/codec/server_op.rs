use super::framing::{Arguments, Framing, Line, length, split_headers, text};
use super::{DecodeError, Limits, ProtocolError, Refusal};

/// What a server says to a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ServerOp<'a> {
    /// `INFO` with its JSON, to be read as [`ServerInfo`](super::ServerInfo).
    Info(&'a [u8]),
    /// `PING`.
    Ping,
    /// `PONG`.
    Pong,
    /// `+OK`, to verbose clients only.
    Ok,
    /// `-ERR` with its text, without quotes.
    Err(&'a str),
    /// `MSG` or `HMSG`.
    Message {
        /// Where it was published to.
        subject: &'a str,
        /// The client's own id of the subscription that matched.
        sid: &'a str,
        /// Where an answer is wanted.
        reply: Option<&'a str>,
        /// The header block as it travels; a real server does not check that it is well formed.
        headers: Option<&'a [u8]>,
        /// The body.
        payload: &'a [u8],
    },
}

const VERBS: [&[u8]; 7] = [b"MSG", b"HMSG", b"PING", b"PONG", b"+OK", b"-ERR", b"INFO"];

/// Reads what a server says.
#[derive(Debug)]
pub struct ServerOpDecoder {
    framing: Framing,
}

/// What a line turned out to be, with the bytes it and its payload take.
type Decoded<'a> = Option<(Result<ServerOp<'a>, Refusal>, usize)>;

impl ServerOpDecoder {
    /// A decoder at the start of a connection. Servers of a large cluster send an `INFO` longer than
    /// the control lines they accept: leave room for it in `limits`.
    pub fn new(limits: Limits) -> ServerOpDecoder {
        ServerOpDecoder {
            framing: Framing::new(limits),
        }
    }

    /// The first operation in `buffer` and its length in bytes; `None` until it is whole.
    ///
    /// `buffer` starts at the first byte not yet consumed. Across calls that returned `None` it may
    /// only grow: the search goes on where it stopped. A message whose subjects are not UTF-8 is
    /// [`DecodeError::Refused`]: real servers let them pass, and one of them must not cost a client
    /// its connection.
    pub fn decode<'a>(
        &mut self,
        buffer: &'a [u8],
    ) -> Result<Option<(ServerOp<'a>, usize)>, DecodeError> {
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
        let second = line.verb.get(1).map(u8::to_ascii_uppercase);
        let op = match (line.verb.first().map(u8::to_ascii_uppercase), second) {
            (Some(b'M'), _) => return self.message(buffer, line),
            (Some(b'H'), _) => return self.message_with_headers(buffer, line),
            (Some(b'P'), Some(b'I')) => ServerOp::Ping,
            (Some(b'P'), _) => ServerOp::Pong,
            (Some(b'+'), _) => ServerOp::Ok,
            (Some(b'-'), _) => ServerOp::Err(unquoted(line.rest)),
            _ => ServerOp::Info(line.rest.trim_ascii()),
        };
        Ok(Some((Ok(op), line.len)))
    }

    fn message<'a>(
        &mut self,
        buffer: &'a [u8],
        line: Line<'a>,
    ) -> Result<Decoded<'a>, ProtocolError> {
        let arguments = Arguments::split(line.rest)?;
        let (subject, sid, reply, size) = match *arguments.as_slice() {
            [subject, sid, size] => (subject, sid, None, length(size)?),
            [subject, sid, reply, size] => (subject, sid, Some(reply), length(size)?),
            _ => return Err(ProtocolError::MalformedArguments),
        };
        let Some((payload, consumed)) = self.framing.payload(buffer, line, size)? else {
            return Ok(None);
        };
        let op = checked_message(subject, text(sid)?, reply, None, payload);
        Ok(Some((op, consumed)))
    }

    fn message_with_headers<'a>(
        &mut self,
        buffer: &'a [u8],
        line: Line<'a>,
    ) -> Result<Decoded<'a>, ProtocolError> {
        let arguments = Arguments::split(line.rest)?;
        let (subject, sid, reply, headers, size) = match *arguments.as_slice() {
            [subject, sid, headers, size] => (subject, sid, None, headers, size),
            [subject, sid, reply, headers, size] => (subject, sid, Some(reply), headers, size),
            _ => return Err(ProtocolError::MalformedArguments),
        };
        let (headers, size) = (length(headers)?, length(size)?);
        if headers > size {
            return Err(ProtocolError::MalformedLength);
        }
        let Some((payload, consumed)) = self.framing.payload(buffer, line, size)? else {
            return Ok(None);
        };
        let (headers, payload) = split_headers(payload, headers)?;
        let op = checked_message(subject, text(sid)?, reply, headers, payload);
        Ok(Some((op, consumed)))
    }
}

fn checked_message<'a>(
    subject: &'a [u8],
    sid: &'a str,
    reply: Option<&'a [u8]>,
    headers: Option<&'a [u8]>,
    payload: &'a [u8],
) -> Result<ServerOp<'a>, Refusal> {
    let subject = std::str::from_utf8(subject).map_err(|_| Refusal::InvalidSubject)?;
    let reply = reply.map(std::str::from_utf8).transpose();
    Ok(ServerOp::Message {
        subject,
        sid,
        reply: reply.map_err(|_| Refusal::InvalidReplySubject)?,
        headers,
        payload,
    })
}

fn unquoted(rest: &[u8]) -> &str {
    let text = std::str::from_utf8(rest).unwrap_or_default().trim();
    text.strip_prefix('\'')
        .and_then(|text| text.strip_suffix('\''))
        .unwrap_or(text)
}

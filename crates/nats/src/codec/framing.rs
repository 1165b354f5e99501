use super::{Limits, ProtocolError};

/// Most arguments of any operation: HMSG has five.
const MAX_ARGUMENTS: usize = 5;

/// Bytes of `CONNECT`: a line whose first word is longer is none.
const LONGEST_VERB: usize = 7;

/// Where an operation ends: shared by both decoders, knows lines and lengths but no verbs' meaning.
#[derive(Debug)]
pub(super) struct Framing {
    limits: Limits,
    /// Bytes of the current line that hold no line feed.
    scanned: usize,
    /// Bytes of the current operation, once its line told the length of its payload.
    needed: usize,
}

/// A whole control line.
#[derive(Clone, Copy, Debug)]
pub(super) struct Line<'a> {
    /// The first word.
    pub(super) verb: &'a [u8],
    /// What follows it, without the line end.
    pub(super) rest: &'a [u8],
    /// Bytes with the line end.
    pub(super) len: usize,
}

impl Framing {
    pub(super) fn new(limits: Limits) -> Framing {
        Framing {
            limits,
            scanned: 0,
            needed: 0,
        }
    }

    /// The next line, once it is whole and, if a call of [`Framing::payload`] asked for more bytes,
    /// once these are there too.
    ///
    /// A line end is LF with or without a CR before it, as nats-server takes it.
    pub(super) fn line<'a>(
        &mut self,
        buffer: &'a [u8],
        verbs: &[&[u8]],
    ) -> Result<Option<Line<'a>>, ProtocolError> {
        if buffer.len() < self.needed {
            return self.check_payload_end(buffer).map(|()| None);
        }
        let found = memchr::memchr(b'\n', buffer.get(self.scanned..).unwrap_or_default());
        let Some(end) = found.map(|at| self.scanned + at) else {
            self.scanned = buffer.len();
            if !may_become_a_verb(buffer, verbs) {
                return Err(ProtocolError::UnknownOperation);
            }
            // One more byte than the limit may still turn out to be the CR of the line end.
            if buffer.len() > self.limits.max_control_line + 1 {
                return Err(ProtocolError::ControlLineTooLong);
            }
            return Ok(None);
        };
        self.scanned = end;
        let whole = buffer.get(..end).unwrap_or_default();
        let line = whole.strip_suffix(b"\r").unwrap_or(whole);
        let mut start = line.iter().take(LONGEST_VERB + 1);
        let verb_len = start.position(|byte| matches!(byte, b' ' | b'\t'));
        let verb_len = verb_len.unwrap_or(line.len());
        let (verb, rest) = line.split_at_checked(verb_len).unwrap_or((line, b""));
        if !verbs.iter().any(|known| known.eq_ignore_ascii_case(verb)) {
            return Err(ProtocolError::UnknownOperation);
        }
        if line.len() > self.limits.max_control_line {
            return Err(ProtocolError::ControlLineTooLong);
        }
        let len = end + 1;
        Ok(Some(Line { verb, rest, len }))
    }

    /// The payload of `size` bytes behind `line` and the length of the whole operation, once it is
    /// there with its CRLF. Until then the bytes needed are remembered.
    pub(super) fn payload<'a>(
        &mut self,
        buffer: &'a [u8],
        line: Line<'_>,
        size: usize,
    ) -> Result<Option<(&'a [u8], usize)>, ProtocolError> {
        if size > self.limits.max_payload {
            return Err(ProtocolError::PayloadTooLarge);
        }
        let end = line.len + size;
        self.needed = end + 2;
        let Some(payload) = buffer.get(line.len..end) else {
            return Ok(None);
        };
        match buffer.get(end..end + 2) {
            Some(b"\r\n") => Ok(Some((payload, end + 2))),
            Some(_) => Err(ProtocolError::UnknownOperation),
            None => self.check_payload_end(buffer).map(|()| None),
        }
    }

    /// Starts over at the next operation.
    pub(super) fn finish(&mut self) {
        self.scanned = 0;
        self.needed = 0;
    }

    /// Notices a payload that runs on without waiting for the byte after the one that proves it.
    fn check_payload_end(&self, buffer: &[u8]) -> Result<(), ProtocolError> {
        if buffer.len() + 1 == self.needed && buffer.last() != Some(&b'\r') {
            return Err(ProtocolError::UnknownOperation);
        }
        Ok(())
    }
}

/// Whether an unfinished line can still turn into an operation: junk is told at its first word,
/// not after a whole control line of it. A CR ends the word only if nothing follows it yet, as it
/// does in a whole line: what is wrong must not depend on where the bytes were cut.
fn may_become_a_verb(unfinished: &[u8], verbs: &[&[u8]]) -> bool {
    let blank = memchr::memchr2(b' ', b'\t', unfinished);
    let whole = match blank {
        Some(len) => unfinished.get(..len),
        None => unfinished.strip_suffix(b"\r"),
    };
    let (word, is_whole) = match whole {
        Some(word) => (word, true),
        None => (unfinished, false),
    };
    verbs.iter().any(|verb| {
        let start = verb.get(..word.len());
        start.is_some_and(|start| start.eq_ignore_ascii_case(word))
            && (!is_whole || word.len() == verb.len())
    })
}

/// The words of a control line.
pub(super) struct Arguments<'a> {
    words: [&'a [u8]; MAX_ARGUMENTS],
    count: usize,
}

impl<'a> Arguments<'a> {
    /// Splits at runs of spaces and tabs.
    pub(super) fn split(rest: &'a [u8]) -> Result<Arguments<'a>, ProtocolError> {
        let mut arguments = Arguments {
            words: [b""; MAX_ARGUMENTS],
            count: 0,
        };
        let mut rest = rest;
        while !rest.is_empty() {
            let len = memchr::memchr2(b' ', b'\t', rest).unwrap_or(rest.len());
            let (word, next) = rest.split_at_checked(len).unwrap_or((rest, b""));
            rest = next.get(1..).unwrap_or_default();
            if word.is_empty() {
                continue;
            }
            let slot = arguments.words.get_mut(arguments.count);
            *slot.ok_or(ProtocolError::MalformedArguments)? = word;
            arguments.count += 1;
        }
        Ok(arguments)
    }

    pub(super) fn as_slice(&self) -> &[&'a [u8]] {
        self.words.get(..self.count).unwrap_or_default()
    }
}

/// A decimal length.
pub(super) fn length(digits: &[u8]) -> Result<usize, ProtocolError> {
    number(digits)
        .and_then(|number| usize::try_from(number).ok())
        .ok_or(ProtocolError::MalformedLength)
}

/// A decimal number of at most 18 digits, which cannot overflow.
pub(super) fn number(digits: &[u8]) -> Option<u64> {
    if digits.is_empty() || digits.len() > 18 {
        return None;
    }
    digits.iter().try_fold(0, |number: u64, digit| {
        let value = digit.wrapping_sub(b'0');
        (value <= 9).then(|| number * 10 + u64::from(value))
    })
}

/// Text of an argument that has to be UTF-8 to mean anything.
pub(super) fn text(word: &[u8]) -> Result<&str, ProtocolError> {
    std::str::from_utf8(word).map_err(|_| ProtocolError::MalformedArguments)
}

/// Headers and body of a payload whose first `headers` bytes are its header block.
pub(super) fn split_headers(
    payload: &[u8],
    headers: usize,
) -> Result<(Option<&[u8]>, &[u8]), ProtocolError> {
    let (headers, body) = payload
        .split_at_checked(headers)
        .ok_or(ProtocolError::MalformedLength)?;
    Ok((Some(headers), body))
}

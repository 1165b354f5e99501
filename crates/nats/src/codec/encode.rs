//! Operations to bytes, appended to a buffer.
//!
//! Whoever calls these vouches for the texts: subjects, sids and queue groups without white space,
//! JSON and error texts without a line feed. Nothing is checked twice on this path.

/// `PUB`, or `HPUB` if there are headers.
pub fn publish(
    out: &mut Vec<u8>,
    subject: &str,
    reply: Option<&str>,
    headers: Option<&[u8]>,
    payload: &[u8],
) {
    let verb: &[u8] = if headers.is_some() { b"HPUB " } else { b"PUB " };
    out.extend_from_slice(verb);
    out.extend_from_slice(subject.as_bytes());
    out.push(b' ');
    reply_and_payload(out, reply, headers, payload);
}

/// `MSG`, or `HMSG` if there are headers.
pub fn message(
    out: &mut Vec<u8>,
    subject: &str,
    sid: &str,
    reply: Option<&str>,
    headers: Option<&[u8]>,
    payload: &[u8],
) {
    let verb: &[u8] = if headers.is_some() { b"HMSG " } else { b"MSG " };
    let body = headers.map_or(0, <[u8]>::len) + payload.len();
    let line = subject.len() + sid.len() + reply.map_or(0, str::len);
    out.reserve(line + body + LINE_OVERHEAD);
    out.extend_from_slice(verb);
    out.extend_from_slice(subject.as_bytes());
    out.push(b' ');
    out.extend_from_slice(sid.as_bytes());
    out.push(b' ');
    reply_and_payload(out, reply, headers, payload);
}

/// `SUB`.
pub fn subscribe(out: &mut Vec<u8>, subject: &str, queue_group: Option<&str>, sid: &str) {
    out.extend_from_slice(b"SUB ");
    out.extend_from_slice(subject.as_bytes());
    if let Some(queue_group) = queue_group {
        out.push(b' ');
        out.extend_from_slice(queue_group.as_bytes());
    }
    out.push(b' ');
    out.extend_from_slice(sid.as_bytes());
    out.extend_from_slice(b"\r\n");
}

/// `UNSUB`, now or after `max` deliveries.
pub fn unsubscribe(out: &mut Vec<u8>, sid: &str, max: Option<u64>) {
    out.extend_from_slice(b"UNSUB ");
    out.extend_from_slice(sid.as_bytes());
    if let Some(max) = max {
        out.push(b' ');
        number(out, max);
    }
    out.extend_from_slice(b"\r\n");
}

/// `CONNECT` with its JSON.
pub fn connect(out: &mut Vec<u8>, json: &[u8]) {
    out.extend_from_slice(b"CONNECT ");
    out.extend_from_slice(json);
    out.extend_from_slice(b"\r\n");
}

/// `INFO` with its JSON.
pub fn info(out: &mut Vec<u8>, json: &[u8]) {
    out.extend_from_slice(b"INFO ");
    out.extend_from_slice(json);
    out.extend_from_slice(b"\r\n");
}

/// `PING`.
pub fn ping(out: &mut Vec<u8>) {
    out.extend_from_slice(b"PING\r\n");
}

/// `PONG`.
pub fn pong(out: &mut Vec<u8>) {
    out.extend_from_slice(b"PONG\r\n");
}

/// `+OK`.
pub fn ok(out: &mut Vec<u8>) {
    out.extend_from_slice(b"+OK\r\n");
}

/// `-ERR` with its text in quotes.
pub fn err(out: &mut Vec<u8>, text: &str) {
    out.extend_from_slice(b"-ERR '");
    out.extend_from_slice(text.as_bytes());
    out.extend_from_slice(b"'\r\n");
}

/// Verb, spaces, two lengths and two line ends.
const LINE_OVERHEAD: usize = 56;

fn reply_and_payload(
    out: &mut Vec<u8>,
    reply: Option<&str>,
    headers: Option<&[u8]>,
    payload: &[u8],
) {
    if let Some(reply) = reply {
        out.extend_from_slice(reply.as_bytes());
        out.push(b' ');
    }
    let headers_len = headers.map_or(0, <[u8]>::len);
    if headers.is_some() {
        number(out, headers_len as u64);
        out.push(b' ');
    }
    number(out, (headers_len + payload.len()) as u64);
    out.extend_from_slice(b"\r\n");
    out.extend_from_slice(headers.unwrap_or_default());
    out.extend_from_slice(payload);
    out.extend_from_slice(b"\r\n");
}

/// Appends a decimal number without the formatting machinery, which costs more than the rest of a
/// small message.
pub fn number(out: &mut Vec<u8>, mut number: u64) {
    let mut digits = [0; 20];
    let mut start = digits.len();
    for slot in digits.iter_mut().rev() {
        *slot = b'0' + (number % 10) as u8;
        number /= 10;
        start -= 1;
        if number == 0 {
            break;
        }
    }
    out.extend_from_slice(digits.get(start..).unwrap_or_default());
}

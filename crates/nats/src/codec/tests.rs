use proptest::prelude::*;

use super::*;

const LIMITS: Limits = Limits {
    max_control_line: 64,
    max_payload: 100,
};

/// Everything a decoder makes of some bytes: each operation or refusal, and the error that ended it.
fn client_ops(chunks: &[&[u8]]) -> Vec<String> {
    let mut decoder = ClientOpDecoder::new(LIMITS);
    let mut unread = Vec::new();
    let mut seen = Vec::new();
    for chunk in chunks {
        unread.extend_from_slice(chunk);
        loop {
            let consumed = match decoder.decode(&unread) {
                Ok(None) => break,
                Ok(Some((op, consumed))) => {
                    seen.push(format!("{op:?}"));
                    consumed
                }
                Err(DecodeError::Refused { refusal, consumed }) => {
                    seen.push(format!("{refusal:?}"));
                    consumed
                }
                Err(DecodeError::Protocol(error)) => {
                    seen.push(format!("{error:?}"));
                    return seen;
                }
            };
            unread.drain(..consumed);
        }
    }
    seen
}

fn one(bytes: &[u8]) -> String {
    client_ops(&[bytes]).join(" | ")
}

#[test]
fn each_client_operation_is_read() {
    let bytes = b"CONNECT {\"verbose\":false}\r\nping\r\nPONG\r\nSUB a.* 1\r\nSUB a.> q 2\r\n\
        UNSUB 1\r\nUNSUB 2 5\r\nPUB a 2\r\nhi\r\nPUB\ta  r\t0\r\n\r\n\
        HPUB a r 12 14\r\nNATS/1.0\r\n\r\nhi\r\n";
    let ops = client_ops(&[bytes]);
    assert_eq!(ops.len(), 10, "{ops:#?}");
    assert!(ops[8].contains("reply: Some(\"r\")") && ops[8].contains("payload: []"));
    assert!(ops[9].contains("payload: [104, 105]"), "{}", ops[9]);
}

#[test]
fn a_fatal_error_has_its_kind() {
    let long = format!("SUB {} 1\r\n", "a".repeat(LIMITS.max_control_line));
    for (bytes, error) in [
        (&b"NOPE x\r\n"[..], "UnknownOperation"),
        (b"GET / HTTP/1.1", "UnknownOperation"),
        (b"\r\n", "UnknownOperation"),
        (b"PUBLISH a 1\r\n", "UnknownOperation"),
        (b"PUB a 2\r\nhiho\r\n", "UnknownOperation"),
        (b"PUB a 2\r\nhi\n", "UnknownOperation"),
        (b"PUB a -1\r\n", "MalformedLength"),
        (b"PUB a 12345678901234567890\r\n", "MalformedLength"),
        (b"HPUB a 9 8\r\n", "MalformedLength"),
        (b"PUB a 101\r\n", "PayloadTooLarge"),
        (b"HPUB a 12 101\r\n", "PayloadTooLarge"),
        (b"PUB a\r\n", "MalformedArguments"),
        (b"PUB a b c d e f 1\r\n", "MalformedArguments"),
        (b"SUB a\r\n", "MalformedArguments"),
        (b"UNSUB\r\n", "MalformedArguments"),
        (b"UNSUB 1 x\r\n", "MalformedArguments"),
        (b"PING\rPONG", "UnknownOperation"),
        (long.as_bytes(), "ControlLineTooLong"),
        (&long.as_bytes()[..long.len() - 2], "ControlLineTooLong"),
    ] {
        assert_eq!(one(bytes), error, "{:?}", String::from_utf8_lossy(bytes));
    }
}

#[test]
fn a_refusal_takes_its_bytes_and_no_more() {
    for (bytes, refusal) in [
        (&b"PUB a.* 2\r\nhi\r\n"[..], "InvalidPublishSubject"),
        (b"PUB > 2\r\nhi\r\n", "InvalidPublishSubject"),
        (b"PUB a..b 2\r\nhi\r\n", "InvalidPublishSubject"),
        (b"PUB a\0b 2\r\nhi\r\n", "InvalidPublishSubject"),
        (b"PUB a\xff 2\r\nhi\r\n", "InvalidPublishSubject"),
        (b"PUB a r.* 2\r\nhi\r\n", "InvalidReplySubject"),
        (b"SUB a.>.b 1\r\n", "InvalidSubject"),
        (b"SUB a\xff 1\r\n", "InvalidSubject"),
        (b"HPUB a 4 6\r\nJUNKhi\r\n", "InvalidHeaders"),
        (b"HPUB a 0 2\r\nhi\r\n", "InvalidHeaders"),
    ] {
        let mut bytes = bytes.to_vec();
        bytes.extend_from_slice(b"PING\r\n");
        assert_eq!(one(&bytes), format!("{refusal} | Ping"));
    }
}

#[test]
fn limits_hold_at_their_edge() {
    let line = |len: usize| format!("SUB {} 1", "a".repeat(len - 6));
    let at = line(LIMITS.max_control_line);
    assert!(one(format!("{at}\r\n").as_bytes()).starts_with("Subscribe"));
    assert!(one(format!("{at}\n").as_bytes()).starts_with("Subscribe"));
    let over = line(LIMITS.max_control_line + 1);
    assert_eq!(one(format!("{over}\r\n").as_bytes()), "ControlLineTooLong");
    let payload = |len: usize| format!("PUB a {len}\r\n{}\r\n", "x".repeat(len));
    assert!(one(payload(LIMITS.max_payload).as_bytes()).starts_with("Publish"));
    assert_eq!(
        one(payload(LIMITS.max_payload + 1).as_bytes()),
        "PayloadTooLarge"
    );
}

#[test]
fn what_a_server_says_is_read() {
    let mut bytes = Vec::new();
    encode::info(&mut bytes, b"{}");
    encode::ping(&mut bytes);
    encode::pong(&mut bytes);
    encode::ok(&mut bytes);
    encode::err(&mut bytes, "Stale Connection");
    encode::message(&mut bytes, "a", "1", None, None, b"hi");
    let block = &b"NATS/1.0\r\n\r\n"[..];
    encode::message(&mut bytes, "a", "1", Some("r"), Some(block), b"hi");
    let message = |reply, headers| ServerOp::Message {
        subject: "a",
        sid: "1",
        reply,
        headers,
        payload: b"hi",
    };
    let mut decoder = ServerOpDecoder::new(Limits::default());
    for expected in [
        ServerOp::Info(b"{}"),
        ServerOp::Ping,
        ServerOp::Pong,
        ServerOp::Ok,
        ServerOp::Err("Stale Connection"),
        message(None, None),
        message(Some("r"), Some(block)),
    ] {
        let (op, consumed) = decoder.decode(&bytes).unwrap().unwrap();
        assert_eq!(op, expected);
        bytes.drain(..consumed);
    }
    assert_eq!(decoder.decode(&bytes), Ok(None));
}

#[test]
fn a_message_from_a_lenient_server_does_not_end_the_connection() {
    let mut decoder = ServerOpDecoder::new(Limits::default());
    let bytes = b"MSG a\xff 1 2\r\nhi\r\nPING\r\n";
    let Err(DecodeError::Refused { consumed, .. }) = decoder.decode(bytes) else {
        panic!("not refused");
    };
    assert_eq!(
        decoder.decode(&bytes[consumed..]),
        Ok(Some((ServerOp::Ping, 6)))
    );
}

fn token() -> impl Strategy<Value = String> {
    "[a-z*>.\u{e9}]{1,8}"
}

fn client_bytes() -> impl Strategy<Value = Vec<u8>> {
    let payload = || proptest::collection::vec(any::<u8>(), 0..40);
    prop_oneof![
        4 => (token(), proptest::option::of(token()), payload()).prop_map(|(subject, reply, payload)| {
            let mut out = Vec::new();
            encode::publish(&mut out, &subject, reply.as_deref(), None, &payload);
            out
        }),
        4 => (token(), any::<bool>(), payload()).prop_map(|(subject, good, payload)| {
            let mut out = Vec::new();
            let block: &[u8] = if good { b"NATS/1.0\r\na: b\r\n\r\n" } else { b"NATS/1.0\r\n" };
            encode::publish(&mut out, &subject, None, Some(block), &payload);
            out
        }),
        2 => (token(), proptest::option::of(token())).prop_map(|(subject, group)| {
            let mut out = Vec::new();
            encode::subscribe(&mut out, &subject, group.as_deref(), "7");
            out
        }),
        2 => Just(b"PING\r\n".to_vec()),
        1 => Just(b"CONNECT {}\n".to_vec()),
        1 => proptest::collection::vec(any::<u8>(), 1..80),
    ]
}

proptest! {
    #[test]
    fn the_same_bytes_in_any_chunks_are_the_same_operations(
        ops in proptest::collection::vec(client_bytes(), 1..8),
        cuts in proptest::collection::vec(0usize..200, 0..12),
    ) {
        let bytes = ops.concat();
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut % bytes.len()).collect();
        cuts.sort_unstable();
        let mut chunks = Vec::new();
        let mut start = 0;
        for cut in cuts {
            chunks.push(&bytes[start..cut]);
            start = cut;
        }
        chunks.push(&bytes[start..]);
        let whole = client_ops(&[&bytes]);
        prop_assert_eq!(&client_ops(&chunks), &whole);
        let single: Vec<&[u8]> = bytes.chunks(1).collect();
        prop_assert_eq!(&client_ops(&single), &whole);
    }

    #[test]
    fn any_bytes_are_survived(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        client_ops(&[&bytes]);
        let mut decoder = ServerOpDecoder::new(LIMITS);
        let _ = decoder.decode(&bytes);
    }

    #[test]
    fn numbers_are_written_as_they_are_formatted(number: u64) {
        let mut out = Vec::new();
        encode::number(&mut out, number);
        prop_assert_eq!(out, number.to_string().into_bytes());
    }
}

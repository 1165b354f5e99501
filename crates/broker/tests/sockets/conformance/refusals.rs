//! What is refused, in which words, and whether the connection survives it.

use super::rows::Answer::{Closes, Keeps};
use super::rows::{Row, differs, same};
use super::{Brokers, MAX_PAYLOAD, MAX_SUBSCRIPTIONS};

/// As our SDK, and most clients, introduce themselves.
const QUIET: &str =
    "CONNECT {\"verbose\":false,\"pedantic\":false,\"headers\":true,\"no_responders\":true}\r\n";

const UNKNOWN: &str = "-ERR 'Unknown Protocol Operation'";

/// What nats-server says nothing to before it closes, our broker explains.
const EXPLAINED: &str = "nats-server closes without a word";
const NO_SUBJECT: &str = "a name that is no text, or a pattern, is no address";
const NO_HEADERS: &str = "a header block that nobody can read is not passed on";

#[test]
fn what_cannot_be_read_closes_the_connection() {
    let rows: &[Row] = &[
        same(b"NOPE\r\n", Closes(UNKNOWN)),
        same(b"GET / HTTP/1.1\r\n", Closes(UNKNOWN)),
        same(b"\r\n", Closes(UNKNOWN)),
        same(b"\xff\xfe\xfd\r\n", Closes(UNKNOWN)),
        same(b"PUB a 2\r\nhello\r\n", Closes(UNKNOWN)),
        same(b"PUB a 2\r\nhi\nPING\r\n", Closes(UNKNOWN)),
        differs(
            b"PUB\r\n",
            Closes("-ERR 'Parser Error'"),
            Closes(UNKNOWN),
            "the verb is known: what it lacks is its arguments",
        ),
        differs(
            b"SUB\r\n",
            Closes("-ERR 'Parser Error'"),
            Closes(UNKNOWN),
            "the verb is known: what it lacks is its arguments",
        ),
        differs(
            b"UNSUB\r\n",
            Closes("-ERR 'Parser Error'"),
            Closes(UNKNOWN),
            "the verb is known: what it lacks is its arguments",
        ),
        differs(
            b"PUB a -2\r\n",
            Closes("-ERR 'Parser Error'"),
            Closes(""),
            EXPLAINED,
        ),
        differs(
            b"PUB a 12345678901234567890\r\n",
            Closes("-ERR 'Parser Error'"),
            Closes(""),
            EXPLAINED,
        ),
        differs(
            b"HPUB a 14 12\r\n",
            Closes("-ERR 'Parser Error'"),
            Closes(""),
            EXPLAINED,
        ),
        differs(
            b"PUB a b c 2\r\nhi\r\n",
            Closes("-ERR 'Parser Error'"),
            Closes(""),
            EXPLAINED,
        ),
        differs(
            b"SUB a\r\n",
            Closes("-ERR 'Parser Error'"),
            Closes(""),
            EXPLAINED,
        ),
        differs(
            b"SUB a b c d\r\n",
            Closes("-ERR 'Parser Error'"),
            Closes(""),
            EXPLAINED,
        ),
        differs(
            b"CONNECT {\r\n",
            Closes("-ERR 'Parser Error'"),
            Closes(""),
            EXPLAINED,
        ),
        differs(b"-ERR x\r\n", Closes(UNKNOWN), Closes(""), EXPLAINED),
    ];
    Brokers::start().check(QUIET, rows);
}

#[test]
fn what_is_read_leniently_is_read_so_by_both() {
    let rows: &[Row] = &[
        same(
            b"sub a 1\r\npub a 2\r\nhi\r\nping\r\n",
            Keeps("MSG a 1 2|hi|PONG"),
        ),
        same(b"SUB  a\t1\r\nPUB a 1\r\nx\r\n", Keeps("MSG a 1 1|x")),
        same(b"PING\n", Keeps("PONG")),
        same(b"PONG\r\nPONG\r\n", Keeps("")),
        same(b"UNSUB 7\r\n", Keeps("")),
    ];
    Brokers::start().check(QUIET, rows);
}

#[test]
fn wrong_subjects_and_headers_cost_only_their_command() {
    let invalid = |sent| same(sent, Keeps("-ERR 'Invalid Subject'"));
    let publish = |sent| {
        let ours = Keeps("-ERR 'Invalid Publish Subject'");
        differs(sent, ours, Keeps(""), NO_SUBJECT)
    };
    let headers = |sent| {
        let ours = Keeps("-ERR 'Invalid Message Headers'");
        differs(sent, ours, Keeps(""), NO_HEADERS)
    };
    let rows: &[Row] = &[
        invalid(b"SUB a.>.b 1\r\n"),
        invalid(b"SUB a..b 1\r\n"),
        invalid(b"SUB .a 1\r\n"),
        invalid(b"SUB a. 1\r\n"),
        differs(
            b"SUB a\0b 1\r\n",
            Keeps("-ERR 'Invalid Subject'"),
            Keeps(""),
            NO_SUBJECT,
        ),
        differs(
            b"SUB a\xff 1\r\n",
            Keeps("-ERR 'Invalid Subject'"),
            Keeps(""),
            NO_SUBJECT,
        ),
        publish(b"PUB a.* 2\r\nhi\r\n"),
        publish(b"PUB a.> 2\r\nhi\r\n"),
        publish(b"PUB a..b 2\r\nhi\r\n"),
        publish(b"PUB a\0b 2\r\nhi\r\n"),
        publish(b"PUB a\xff 2\r\nhi\r\n"),
        differs(
            b"PUB a r.* 2\r\nhi\r\n",
            Keeps("-ERR 'Invalid Reply Subject'"),
            Keeps(""),
            NO_SUBJECT,
        ),
        headers(b"HPUB a 4 6\r\nJUNKhi\r\n"),
        headers(b"HPUB a 12 14\r\nNATS/1.0\r\nxxhi\r\n"),
        headers(b"HPUB a 22 24\r\nNATS/1.0\r\nno colon\r\n\r\nhi\r\n"),
        headers(b"HPUB a 19 21\r\nNATS/1.0\r\n\xff\xfe: \x80\r\n\r\nhi\r\n"),
    ];
    Brokers::start().check(QUIET, rows);
}

/// Asked to be pedantic, nats-server refuses the publishes that ours always refuses.
#[test]
fn a_pedantic_client_hears_of_wrong_subjects() {
    let publish = |sent| same(sent, Keeps("-ERR 'Invalid Publish Subject'"));
    let rows: &[Row] = &[
        publish(b"PUB a.* 2\r\nhi\r\n"),
        publish(b"PUB a.> 2\r\nhi\r\n"),
        publish(b"PUB a..b 2\r\nhi\r\n"),
        same(b"SUB a..b 1\r\n", Keeps("-ERR 'Invalid Subject'")),
        differs(
            b"SUB a.* 1\r\nPUB a.* 2\r\nhi\r\n",
            Keeps("-ERR 'Invalid Publish Subject'"),
            Keeps("-ERR 'Invalid Publish Subject'|MSG a.* 1 2|hi"),
            "what is refused is not delivered all the same",
        ),
    ];
    Brokers::start().check("CONNECT {\"verbose\":false,\"pedantic\":true}\r\n", rows);
}

#[test]
fn limits_have_their_words() {
    let long = [b"SUB ".as_slice(), &[b'a'; 5000], b" 1\r\n"]
        .concat()
        .leak();
    let short = [b"SUB ".as_slice(), &[b'a'; 4000], b" 1\r\n"]
        .concat()
        .leak();
    let message = |size: usize| -> &'static [u8] {
        format!("PUB a {size}\r\n{}\r\n", "x".repeat(size))
            .into_bytes()
            .leak()
    };
    let mut subscriptions = Vec::new();
    for sid in 0..MAX_SUBSCRIPTIONS + 2 {
        subscriptions.extend_from_slice(format!("SUB s.{sid} {sid}\r\n").as_bytes());
    }
    let too_many = "-ERR 'maximum subscriptions exceeded'|-ERR 'maximum subscriptions exceeded'";
    let rows: &[Row] = &[
        same(short, Keeps("")),
        same(long, Closes("-ERR 'maximum control line exceeded'")),
        // One that has no end is too long before its end.
        same(
            &long[..5000],
            Closes("-ERR 'maximum control line exceeded'"),
        ),
        same(message(MAX_PAYLOAD), Keeps("")),
        same(
            message(MAX_PAYLOAD + 1),
            Closes("-ERR 'Maximum Payload Violation'"),
        ),
        same(
            b"PUB a 200000000\r\n",
            Closes("-ERR 'Maximum Payload Violation'"),
        ),
        same(subscriptions.leak(), Keeps(too_many)),
    ];
    Brokers::start().check(QUIET, rows);
}

#[test]
fn a_client_introduces_itself_in_many_ways() {
    let rows: &[Row] = &[
        // Work may begin before CONNECT, and what it leaves out is verbose and pedantic.
        same(b"SUB a 1\r\nPUB a 1\r\nx\r\n", Keeps("+OK|+OK|MSG a 1 1|x")),
        same(b"CONNECT {}\r\n", Keeps("+OK")),
        same(
            b"CONNECT {\"verbose\":true}\r\nSUB a 1\r\nPUB b 0\r\n\r\nUNSUB 1\r\n",
            Keeps("+OK|+OK|+OK|+OK"),
        ),
        differs(
            b"CONNECT {\"verbose\":true,\"pedantic\":true}\r\nPUB a.* 0\r\n\r\nSUB a..b 2\r\n",
            Keeps("+OK|-ERR 'Invalid Publish Subject'|-ERR 'Invalid Subject'"),
            Keeps("+OK|-ERR 'Invalid Publish Subject'|+OK|-ERR 'Invalid Subject'"),
            "what is refused is not told to be fine as well",
        ),
        // A second one changes the options.
        same(
            b"CONNECT {\"verbose\":true}\r\nCONNECT {\"verbose\":false}\r\nSUB a 1\r\n",
            Keeps("+OK"),
        ),
        same(
            b"CONNECT {\"verbose\":false,\"echo\":false}\r\nSUB a 1\r\nPUB a 1\r\nx\r\n",
            Keeps(""),
        ),
        same(
            b"CONNECT {\"verbose\":false,\"user\":\"x\",\"pass\":\"y\"}\r\n",
            Keeps(""),
        ),
        same(
            b"CONNECT {\"verbose\":false,\"of_the_future\":[1,{}]}\r\n",
            Keeps(""),
        ),
        same(
            b"CONNECT {\"verbose\":false,\"headers\":true}\r\nSUB i 1\r\nPUB gone i 0\r\n\r\n",
            Keeps(""),
        ),
        differs(
            b"CONNECT {\"verbose\":false,\"headers\":false,\"no_responders\":true}\r\n",
            Keeps(""),
            Closes("-ERR 'no responders requires headers support'"),
            "a wish that cannot be granted: such a client gets no 503",
        ),
        differs(
            b"CONNECT {\"verbose\":\"yes\"}\r\n",
            Closes("-ERR 'Parser Error'"),
            Closes(""),
            EXPLAINED,
        ),
        differs(
            b"CONNECT []\r\n",
            Closes("-ERR 'Parser Error'"),
            Closes(""),
            EXPLAINED,
        ),
        differs(
            b"CONNECT {\"verbose\":false}\r\nHPUB a 12 12\r\nNATS/1.0\r\n\r\n\r\n",
            Keeps("-ERR 'message headers not supported'"),
            Closes(""),
            "nats-server closes without a word; here the message alone is refused",
        ),
    ];
    Brokers::start().check("", rows);
}

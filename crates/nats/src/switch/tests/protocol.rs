use super::*;

fn bench() -> Bench<NoLocalPeer> {
    Bench::new(SwitchConfig::default(), NoLocalPeer::default())
}

#[test]
fn info_comes_first() {
    let mut bench = bench();
    let id = bench.switch.open(T0).unwrap();
    let output = bench.switch.output(id).to_vec();
    let mut decoder = ServerOpDecoder::new(Limits::default());
    let Some((ServerOp::Info(json), _)) = decoder.decode(&output).unwrap() else {
        panic!("no INFO");
    };
    let info: ServerInfo = serde_json::from_slice(json).unwrap();
    assert!(info.headers && info.client_id == 1 && info.max_payload == 1024 * 1024);
}

#[test]
fn verbose_clients_get_an_ok_for_each_act() {
    let mut bench = bench();
    let id = bench.connect("{}");
    bench.send(id, "SUB a 1\r\nPUB b 0\r\n\r\nUNSUB 1\r\nPING\r\n");
    assert_eq!(bench.read(id), "Ok\nOk\nOk\nPong");
}

#[test]
fn messages_reach_each_kind_of_pattern() {
    let mut bench = bench();
    let (from, to) = (bench.quiet(), bench.quiet());
    bench.send(
        to,
        "SUB a.b 1\r\nSUB a.* 2\r\nSUB a.> 3\r\nSUB *.b 4\r\nSUB > 5\r\nSUB * 6\r\n",
    );
    bench.send(from, "PUB a.b r.x 2\r\nhi\r\n");
    let mut lines: Vec<String> = bench.read(to).lines().map(str::to_owned).collect();
    lines.sort();
    let expected: Vec<String> = (1..=5)
        .map(|sid| format!("a.b #{sid} reply=r.x [hi]"))
        .collect();
    assert_eq!(lines, expected);
    bench.send(from, "PUB a 0\r\n\r\n");
    assert_eq!(bench.read(to), "a #6 []\na #5 []");
}

#[test]
fn echo_is_the_default_and_can_be_off() {
    let mut bench = bench();
    let loud = bench.quiet();
    bench.send(loud, "SUB a 1\r\nPUB a 0\r\n\r\n");
    assert_eq!(bench.read(loud), "a #1 []");
    let mute = bench.connect(r#"{"verbose":false,"echo":false}"#);
    bench.send(mute, "SUB b 1\r\nSUB b q 2\r\nPUB b 0\r\n\r\n");
    assert_eq!(bench.read(mute), "");
}

#[test]
fn headers_are_stripped_for_clients_without_them() {
    let mut bench = bench();
    let (new, old) = (bench.quiet(), bench.connect(r#"{"verbose":false}"#));
    bench.send(old, "SUB a 1\r\n");
    bench.send(
        new,
        "SUB a 1\r\nHPUB a 18 20\r\nNATS/1.0\r\nk: v\r\n\r\nhi\r\n",
    );
    assert_eq!(bench.read(new), r"a #1 NATS/1.0\r\nk: v\r\n\r\n [hi]");
    assert_eq!(bench.read(old), "a #1 [hi]");
    bench.send(old, "HPUB a 12 12\r\nNATS/1.0\r\n\r\n\r\nPING\r\n");
    assert_eq!(bench.read(old), "-ERR message headers not supported\nPong");
}

#[test]
fn a_queue_group_takes_each_message_once_and_spreads_them() {
    let mut bench = bench();
    let from = bench.quiet();
    let members = [bench.quiet(), bench.quiet(), bench.quiet()];
    // One group by name, through whichever pattern.
    bench.send(members[0], "SUB a.b q 1\r\n");
    bench.send(members[1], "SUB a.* q 1\r\n");
    bench.send(members[2], "SUB a.> q 1\r\nSUB a.b other 2\r\n");
    for _ in 0..300 {
        bench.send(from, "PUB a.b 0\r\n\r\n");
    }
    let got = members.map(|id| bench.read(id));
    let count = |text: &str, sid: &str| text.matches(sid).count();
    let counts: Vec<usize> = got.iter().map(|text| count(text, "#1")).collect();
    assert_eq!(counts.iter().sum::<usize>(), 300);
    assert!(counts.iter().all(|count| *count > 60), "{counts:?}");
    assert_eq!(count(&got[2], "#2"), 300);
}

#[test]
fn a_queue_group_that_ends_with_a_message_is_not_served_again() {
    // Found by the twin: the first member's last delivery took the name of its group along, and the
    // second pattern then passed for another group.
    let mut bench = bench();
    let (from, to) = (bench.quiet(), bench.quiet());
    bench.send(to, "SUB a q 1\r\nUNSUB 1 1\r\nSUB > q 2\r\nUNSUB 2 1\r\n");
    bench.send(from, "PUB a 0\r\n\r\n");
    assert_eq!(bench.read(to).lines().count(), 1);
    bench.send(from, "PUB a 0\r\n\r\nPUB a 0\r\n\r\n");
    assert_eq!(bench.read(to).lines().count(), 1);
}

#[test]
fn a_queue_group_passes_over_the_publisher_without_echo() {
    let mut bench = bench();
    let mute = bench.connect(r#"{"verbose":false,"echo":false}"#);
    let other = bench.quiet();
    bench.send(mute, "SUB a q 1\r\n");
    bench.send(other, "SUB a q 1\r\n");
    for _ in 0..20 {
        bench.send(mute, "PUB a 0\r\n\r\n");
    }
    assert_eq!(bench.read(other).lines().count(), 20);
}

#[test]
fn unsubscribe_ends_now_or_after_so_many() {
    let mut bench = bench();
    let id = bench.quiet();
    bench.send(
        id,
        "SUB a 1\r\nUNSUB 1 2\r\nSUB a 2\r\nUNSUB 2\r\nUNSUB 77\r\n",
    );
    bench.send(id, &"PUB a 0\r\n\r\n".repeat(3));
    assert_eq!(bench.read(id), "a #1 []\na #1 []");
    // Counted from the subscription, so that one may be over already.
    bench.send(id, "SUB a 3\r\nPUB a 0\r\n\r\nUNSUB 3 1\r\nPUB a 0\r\n\r\n");
    assert_eq!(bench.read(id), "a #3 []");
    // Its sid is free again.
    bench.send(id, "SUB b 3\r\nPUB b 0\r\n\r\n");
    assert_eq!(bench.read(id), "b #3 []");
}

#[test]
fn a_request_that_reaches_nobody_is_answered_at_once() {
    let mut bench = bench();
    let id = bench.quiet();
    bench.send(id, "SUB _INBOX.1.* 1\r\nPUB gone.x _INBOX.1.7 2\r\nhi\r\n");
    let expected = r"_INBOX.1.7 #1 NATS/1.0 503\r\nNats-Subject: gone.x\r\n\r\n []";
    assert_eq!(bench.read(id), expected);
    // Somebody listens: no 503, even if that is the asker.
    bench.send(id, "SUB here 2\r\nPUB here _INBOX.1.8 0\r\n\r\n");
    assert_eq!(bench.read(id), "here #2 reply=_INBOX.1.8 []");
    // Not asked for.
    let old = bench.connect(r#"{"verbose":false,"no_responders":true}"#);
    bench.send(old, "SUB i 1\r\nPUB gone i 0\r\n\r\nPUB gone 0\r\n\r\n");
    assert_eq!(bench.read(old), "");
    assert_eq!(bench.switch.counters().no_responders, 1);
}

#[test]
fn a_no_responders_answer_uses_up_a_single_use_inbox() {
    let mut bench = bench();
    let id = bench.quiet();
    bench.send(
        id,
        "SUB i 1\r\nUNSUB 1 1\r\nPUB gone i 0\r\n\r\nPUB i 0\r\n\r\n",
    );
    assert_eq!(bench.read(id).lines().count(), 1);
}

#[test]
fn a_fatal_error_cuts_and_nothing_after_it_counts() {
    let mut bench = bench();
    let (bad, other) = (bench.quiet(), bench.quiet());
    bench.send(other, "SUB a 1\r\n");
    bench.send(bad, "PUB a 1\r\nx\r\nNOPE\r\nPUB a 1\r\ny\r\n");
    bench.send(bad, "PUB a 1\r\nz\r\n");
    assert_eq!(bench.read(other), "a #1 [x]");
    assert_eq!(bench.read(bad), "-ERR Unknown Protocol Operation");
    let reason = CutReason::Protocol(crate::codec::ProtocolError::UnknownOperation);
    assert_eq!(bench.cuts(), [(bad, reason)]);
    bench.close(bad);
    assert_eq!(bench.switch.connections(), 1);
    let unreadable = bench.switch.open(T0).unwrap();
    bench.send(unreadable, "CONNECT [\r\n");
    assert_eq!(bench.cuts(), [(unreadable, CutReason::MalformedConnect)]);
}

#[test]
fn a_refused_operation_keeps_the_connection() {
    let mut bench = bench();
    let id = bench.quiet();
    for (bytes, text) in [
        ("PUB a.* 2\r\nhi\r\n", "Invalid Publish Subject"),
        ("PUB a r.> 2\r\nhi\r\n", "Invalid Reply Subject"),
        ("SUB a.>.b 1\r\n", "Invalid Subject"),
        ("HPUB a 4 6\r\nJUNKhi\r\n", "Invalid Message Headers"),
    ] {
        bench.send(id, &format!("{bytes}PING\r\n"));
        assert_eq!(bench.read(id), format!("-ERR {text}\nPong"));
    }
    assert_eq!(bench.cuts(), []);
}

#[test]
fn a_close_takes_its_subscriptions_along() {
    let mut bench = bench();
    let (one, two) = (bench.quiet(), bench.quiet());
    bench.send(one, "SUB a 1\r\nSUB a.> 2\r\nSUB a.* 3\r\nSUB a q 4\r\n");
    bench.send(two, "SUB a 1\r\n");
    bench.close(one);
    bench.send(two, "PUB a 0\r\n\r\n");
    assert_eq!(bench.read(two), "a #1 []");
    bench.close(two);
    assert_eq!(bench.switch.connections(), 0);
}

#[test]
fn shutdown_refuses_newcomers_and_tells_the_rest() {
    let mut bench = bench();
    let told = bench.connect(r#"{"verbose":false,"protocol":1}"#);
    let old = bench.quiet();
    bench.switch.shutdown(T0);
    assert_eq!(bench.read(told), "INFO");
    assert_eq!(bench.read(old), "");
    assert_eq!(bench.switch.open(T0), Err(Refused::ShuttingDown));
    assert!(bench.switch.is_idle());
}

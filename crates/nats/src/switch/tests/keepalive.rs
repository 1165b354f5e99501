use super::*;

const SECOND: Duration = Duration::from_secs(1);

fn bench() -> Bench<NoLocalPeer> {
    Bench::new(SwitchConfig::default(), NoLocalPeer::default())
}

#[test]
fn a_silent_connection_is_pinged_twice_and_cut() {
    let mut bench = bench();
    let id = bench.quiet();
    bench.advance(SECOND * 10 - SECOND / 10);
    assert_eq!(bench.read(id), "");
    bench.advance(SECOND / 10);
    assert_eq!(bench.read(id), "Ping");
    bench.advance(SECOND * 10);
    assert_eq!(bench.read(id), "Ping");
    bench.advance(SECOND * 10 - SECOND / 10);
    assert_eq!(bench.cuts(), []);
    bench.advance(SECOND / 10);
    assert_eq!(bench.cuts(), [(id, CutReason::Stale)]);
    assert_eq!(bench.read(id), "-ERR Stale Connection");
    assert_eq!(bench.switch.counters().stale_connections, 1);
}

#[test]
fn whatever_is_heard_counts_as_life() {
    let mut bench = bench();
    let id = bench.quiet();
    for sent in ["PONG\r\n", "PUB a 0\r\n\r\n", "P", "ING\r\n"] {
        bench.advance(SECOND * 29);
        bench.send(id, sent);
    }
    assert_eq!(bench.cuts(), []);
    bench.read(id);
    // Pings are counted from the last word, not over the whole life.
    bench.advance(SECOND * 10);
    assert_eq!(bench.read(id), "Ping");
    bench.send(id, "PONG\r\n");
    // One that talks is not even pinged.
    for _ in 0..30 {
        bench.advance(SECOND);
        bench.send(id, "PONG\r\n");
    }
    assert_eq!(bench.read(id), "");
}

#[test]
fn connect_has_to_come_in_time() {
    let mut bench = bench();
    let (late, on_time) = (
        bench.switch.open(T0).unwrap(),
        bench.switch.open(T0).unwrap(),
    );
    bench.send(late, "PING\r\n");
    bench.advance(SECOND * 2 - SECOND / 10);
    bench.send(on_time, "CONNECT {}\r\n");
    bench.send(late, "PING\r\n");
    bench.advance(SECOND / 10);
    assert_eq!(bench.cuts(), [(late, CutReason::ConnectTimeout)]);
    assert!(bench.read(late).ends_with("-ERR Authentication Timeout"));
    bench.advance(SECOND * 5);
    assert_eq!(bench.cuts(), []);
}

#[test]
fn a_check_costs_one_look_per_connection_and_interval() {
    let mut bench = bench();
    let ids: Vec<PeerId> = (0..2000).map(|_| bench.switch.open(T0).unwrap()).collect();
    for id in &ids {
        bench.switch.receive(T0, *id, b"CONNECT {}\r\n");
    }
    let mut calls = 0;
    let end = T0 + SECOND * 9;
    while let Some(due) = bench.switch.next_deadline().filter(|due| *due <= end) {
        bench.switch.on_timer(due);
        calls += 1;
    }
    // At 2 s, when CONNECT had to be there, in two turns; then not before 10 s.
    assert_eq!(calls, 2);
    for id in ids {
        bench.switch.closed(end, id, ClosedBy::Peer);
    }
    bench.advance(SECOND * 20);
    assert!(bench.switch.checks.is_empty());
}

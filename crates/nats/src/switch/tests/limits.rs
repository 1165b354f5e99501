use super::*;

fn bench(limits: SwitchLimits) -> Bench<NoLocalPeer> {
    let config = SwitchConfig {
        limits,
        ..SwitchConfig::default()
    };
    Bench::new(config, NoLocalPeer::default())
}

#[test]
fn connections() {
    let limits = SwitchLimits {
        max_connections: 2,
        ..SwitchLimits::default()
    };
    let mut bench = bench(limits);
    let first = bench.quiet();
    bench.quiet();
    assert_eq!(bench.switch.open(T0), Err(Refused::TooManyConnections));
    bench.close(first);
    bench.quiet();
    assert_eq!(bench.switch.counters().connections_refused, 1);
}

#[test]
fn subscriptions() {
    let limits = SwitchLimits {
        max_subscriptions: 2,
        ..SwitchLimits::default()
    };
    let mut bench = bench(limits);
    let id = bench.quiet();
    // The same sid again is no further subscription.
    bench.send(id, "SUB a 1\r\nSUB a 2\r\nSUB a 2\r\nPING\r\n");
    assert_eq!(bench.read(id), "Pong");
    bench.send(id, "SUB a 3\r\nPING\r\n");
    assert_eq!(bench.read(id), "-ERR maximum subscriptions exceeded\nPong");
    bench.send(id, "UNSUB 1\r\nSUB a 3\r\nPING\r\n");
    assert_eq!(bench.read(id), "Pong");
}

#[test]
fn pending_bytes() {
    let message = "MSG a 1 5\r\nhello\r\n".len();
    for (max_pending, expected) in [(3 * message - 1, 2), (3 * message, 3), (3 * message + 1, 3)] {
        let limits = SwitchLimits {
            max_pending: max_pending + 1000,
            ..SwitchLimits::default()
        };
        let mut bench = bench(limits);
        let (from, slow, healthy) = (bench.quiet(), bench.quiet(), bench.quiet());
        bench.send(slow, "SUB a 1\r\n");
        bench.send(healthy, "SUB a 1\r\n");
        bench.switch.config.limits.max_pending = max_pending;
        for _ in 0..4 {
            bench.send(from, "PUB a 5\r\nhello\r\n");
            assert_eq!(bench.read(healthy), "a #1 [hello]");
        }
        let text = bench.read(slow);
        assert_eq!(text.matches("[hello]").count(), expected);
        assert!(text.ends_with("-ERR Slow Consumer"), "{text}");
        assert_eq!(bench.cuts(), [(slow, CutReason::SlowConsumer)]);
        assert_eq!(bench.switch.counters().slow_consumers, 1);
    }
}

#[test]
fn what_cuts_off_the_only_reader_reached_nobody() {
    let mut bench = bench(SwitchLimits::default());
    let (from, slow) = (bench.quiet(), bench.quiet());
    bench.send(slow, "SUB a 1\r\n");
    bench.send(from, "SUB i 1\r\n");
    bench.switch.config.limits.max_pending = 100;
    let body = "x".repeat(150);
    bench.send(from, &format!("PUB a i 150\r\n{body}\r\n"));
    assert!(bench.read(from).contains("NATS/1.0 503"));
    assert_eq!(bench.cuts(), [(slow, CutReason::SlowConsumer)]);
}

#[test]
fn a_queue_group_passes_over_who_is_cut() {
    let mut bench = bench(SwitchLimits::default());
    let (from, healthy) = (bench.quiet(), bench.quiet());
    let slow: Vec<PeerId> = (0..3).map(|_| bench.quiet()).collect();
    for id in &slow {
        bench.send(*id, "SUB a q 1\r\nSUB fill 2\r\n");
    }
    bench.send(from, &format!("PUB fill 80\r\n{}\r\n", "x".repeat(80)));
    bench.send(healthy, "SUB a q 1\r\n");
    bench.switch.config.limits.max_pending = 100;
    for round in 1..=40 {
        bench.send(from, "PUB a 5\r\nhello\r\n");
        assert_eq!(bench.read(healthy).lines().count(), 1, "round {round}");
    }
    assert_eq!(bench.cuts().len(), 3);
}

#[test]
fn a_flood_of_pings_is_a_slow_consumer_too() {
    let limits = SwitchLimits {
        max_pending: 1000,
        ..SwitchLimits::default()
    };
    let mut bench = bench(limits);
    let id = bench.quiet();
    bench.send(id, &"PING\r\n".repeat(1000));
    assert_eq!(bench.cuts(), [(id, CutReason::SlowConsumer)]);
}

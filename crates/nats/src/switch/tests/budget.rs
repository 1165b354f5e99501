//! What one connection may cost the others: work per turn, memory for what waits, and the memory
//! that a burst leaves behind.

use super::*;

fn bench(limits: SwitchLimits) -> Bench<NoLocalPeer> {
    let config = SwitchConfig {
        limits,
        ..SwitchConfig::default()
    };
    Bench::new(config, NoLocalPeer::default())
}

fn budget(turn_budget: usize) -> Bench<NoLocalPeer> {
    bench(SwitchLimits {
        turn_budget,
        ..SwitchLimits::default()
    })
}

impl Bench<NoLocalPeer> {
    /// One turn of a connection: says whether something is left for the next.
    fn turn(&mut self, id: PeerId, text: &str) -> bool {
        let now = self.now;
        let is_more = self.switch.receive_within_budget(now, id, text.as_bytes());
        self.check();
        is_more
    }
}

#[test]
fn a_flood_waits_for_its_next_turn_and_others_have_theirs() {
    let mut bench = budget(10);
    let (flood, other) = (bench.quiet(), bench.quiet());
    assert!(bench.turn(flood, &"PING\r\n".repeat(25)));
    assert_eq!(bench.read(flood).lines().count(), 10);
    // Whatever the flood has left, who is next is served at once.
    assert!(!bench.turn(other, "PING\r\n"));
    assert_eq!(bench.read(other), "Pong");
    assert!(bench.turn(flood, ""));
    assert!(!bench.turn(flood, ""));
    assert_eq!(bench.read(flood).lines().count(), 15);
    assert_eq!(bench.switch.counters().budgets_spent, 2);
}

#[test]
fn exactly_a_budget_leaves_nothing() {
    for (operations, is_more) in [(9, false), (10, false), (11, true)] {
        let mut bench = budget(10);
        let id = bench.quiet();
        let text = "PING\r\n".repeat(operations);
        assert_eq!(bench.turn(id, &text), is_more, "{operations}");
    }
}

#[test]
fn what_is_left_keeps_its_order_and_its_unfinished_end() {
    let mut bench = budget(2);
    let (from, to) = (bench.quiet(), bench.quiet());
    bench.send(to, "SUB a 1\r\n");
    let mut is_more = bench.turn(
        from,
        "PUB a 1\r\n1\r\nPUB a 1\r\n2\r\nPUB a 1\r\n3\r\nPUB a 1\r\n4",
    );
    let mut heard = Vec::new();
    while is_more {
        heard.push(bench.read(to));
        is_more = bench.turn(from, "");
    }
    bench.turn(from, "\r\n");
    heard.push(bench.read(to));
    assert_eq!(heard.concat(), "a #1 [1]a #1 [2]a #1 [3]a #1 [4]");
}

#[test]
fn deliveries_count_too() {
    let mut bench = budget(10);
    let from = bench.quiet();
    for _ in 0..20 {
        let to = bench.quiet();
        bench.send(to, "SUB a 1\r\n");
    }
    assert!(bench.turn(from, &"PUB a 1\r\nx\r\n".repeat(3)));
    assert_eq!(bench.switch.counters().messages_out, 20);
}

#[test]
fn too_much_for_all_together_costs_the_largest() {
    let message = "MSG a 1 5\r\nhello\r\n".len();
    for (max_pending_total, is_cut) in [
        (5 * message - 1, true),
        (5 * message, false),
        (5 * message + 1, false),
    ] {
        let mut bench = bench(SwitchLimits::default());
        let (from, large, small) = (bench.quiet(), bench.quiet(), bench.quiet());
        bench.send(large, "SUB a 1\r\n");
        let publish = "PUB a 5\r\nhello\r\n";
        bench.send(from, &publish.repeat(3));
        bench.send(small, "SUB a 1\r\n");
        bench.switch.config.limits.max_pending_total = max_pending_total;
        bench.send(from, publish);
        let expected = if is_cut {
            vec![(large, CutReason::SlowConsumer)]
        } else {
            Vec::new()
        };
        assert_eq!(bench.cuts(), expected, "{max_pending_total}");
        let counters = *bench.switch.counters();
        let evicted = u64::from(is_cut);
        assert_eq!(
            (counters.evictions, counters.slow_consumers),
            (evicted, evicted)
        );
        assert_eq!(bench.read(small), "a #1 [hello]", "the others have theirs");
        if is_cut {
            assert_eq!(bench.read(large), "-ERR Slow Consumer", "memory is freed");
        }
    }
}

#[test]
fn nothing_is_said_into_the_middle_of_a_message() {
    let mut bench = bench(SwitchLimits::default());
    let (from, large) = (bench.quiet(), bench.quiet());
    bench.send(large, "SUB a 1\r\n");
    bench.send(from, "PUB a 5\r\nhello\r\n");
    bench.switch.wrote(large, 7);
    bench.switch.config.limits.max_pending_total = 20;
    bench.send(from, "PUB a 5\r\nhello\r\n");
    assert_eq!(bench.cuts(), [(large, CutReason::SlowConsumer)]);
    assert_eq!(bench.switch.output(large), b"");
}

#[test]
fn what_a_burst_left_behind_is_given_back() {
    const LITTLE: usize = 4 * 1024;
    let mut bench = bench(SwitchLimits::default());
    let (from, to) = (bench.quiet(), bench.quiet());
    bench.send(to, "SUB a 1\r\n");
    let body = "x".repeat(500_000);
    bench.send(from, &format!("PUB a 500000\r\n{}", &body[..250_000]));
    bench.send(from, &format!("{}\r\n", &body[250_000..]));
    bench.read(to);
    let held = |bench: &Bench<NoLocalPeer>| {
        let peers = bench.switch.peers.iter();
        peers
            .map(|(_, peer)| peer.tail.capacity() + peer.output.capacity())
            .sum::<usize>()
    };
    assert!(held(&bench) > 500_000);
    // Both go on talking, so that nobody is pinged or cut.
    for _ in 0..3 {
        bench.advance(Duration::from_secs(8));
        bench.send(from, "PING\r\n");
        bench.send(to, "PING\r\n");
        bench.read(from);
        bench.read(to);
    }
    assert!(held(&bench) < LITTLE, "{} bytes held", held(&bench));
}

#[test]
fn a_message_to_very_many_leaves_no_scratch_behind() {
    let mut bench = bench(SwitchLimits::default());
    let from = bench.quiet();
    for _ in 0..10 {
        let to = bench.quiet();
        let subscriptions: Vec<String> = (0..1000).map(|sid| format!("SUB a {sid}\r\n")).collect();
        bench.send(to, &subscriptions.concat());
    }
    bench.send(from, "PUB a 1\r\nx\r\n");
    assert_eq!(bench.switch.counters().messages_out, 10_000);
    assert!(bench.switch.matches.plain.capacity() <= 4_096);
}

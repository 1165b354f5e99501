use proptest::prelude::*;

use super::*;

fn at(millis: u64) -> Instant {
    Instant::from_origin(Duration::from_millis(millis))
}

const fn millis(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

#[test]
fn without_the_routers_clock_the_timeout_decides() {
    let mut timing = Timing::new(at(0));
    let deadline = timing.deadline(at(10), millis(300), Some(at(999_999)));
    assert_eq!(deadline, Ok(at(310)));
}

#[test]
fn what_lay_in_the_socket_is_judged_by_the_routers_clock() {
    let mut timing = Timing::new(at(0));
    timing.heard(at(100), at(102), at(50_101));
    // Sent at 200 for 300 ms, read at 900: its timeout would let it run until 1200.
    let deadline = timing.deadline(at(900), millis(300), Some(at(50_500)));
    assert_eq!(deadline, Ok(at(501)));
    // One that was read at once keeps the shorter of both.
    let deadline = timing.deadline(at(900), millis(300), Some(at(51_300)));
    assert_eq!(deadline, Ok(at(1200)));
}

#[test]
fn the_quickest_reply_is_believed_and_old_ones_are_not() {
    let mut timing = Timing::new(at(0));
    timing.heard(at(100), at(102), at(1101));
    timing.heard(at(200), at(700), at(1202));
    let told = |timing: &mut Timing| timing.deadline(at(800), millis(10_000), Some(at(2000)));
    assert_eq!(told(&mut timing), Ok(at(1001)), "of the quick one");
    for _ in 0..8 {
        timing.heard(at(700), at(710), at(1701));
    }
    assert_eq!(told(&mut timing), Ok(at(1009)), "of the latest ones");
}

#[test]
fn another_router_has_another_clock() {
    let mut timing = Timing::new(at(0));
    timing.heard(at(100), at(102), at(9000));
    timing.forget_router(at(500));
    timing.heard(at(400), at(600), at(9300));
    let deadline = timing.deadline(at(700), millis(300), Some(at(20)));
    assert_eq!(
        deadline,
        Ok(at(1000)),
        "neither what was known nor what was out counts"
    );
}

#[test]
fn after_a_stall_everything_is_refused_until_a_later_heartbeat_is_answered() {
    let mut timing = Timing::new(at(0));
    assert_eq!(timing.ticked(at(1000)), None);
    let ask = |timing: &mut Timing, now| timing.deadline(at(now), millis(300), None);
    assert_eq!(
        ask(&mut timing, 2000),
        Ok(at(2300)),
        "late, and no stall yet"
    );
    assert_eq!(
        ask(&mut timing, 2001),
        Err(Refusal::Stalled),
        "read before the tick"
    );
    assert_eq!(timing.ticked(at(2002)), Some(millis(1002)));
    assert_eq!(ask(&mut timing, 2003), Err(Refusal::Stalled));
    timing.heard(at(1500), at(2004), at(1700));
    assert_eq!(
        ask(&mut timing, 2005),
        Err(Refusal::Stalled),
        "sent before the stall ended"
    );
    timing.heard(at(2002), at(2006), at(2203));
    assert_eq!(ask(&mut timing, 2007), Ok(at(2307)));
}

proptest! {
    /// The router's clock is ours and `offset` more; replies take their time each way.
    #[test]
    fn never_later_than_the_truth_by_more_than_the_way_back(
        offset in 0u64..1_000_000,
        replies in proptest::collection::vec((0u64..2000, 0u64..2000, 0u64..700), 1..30),
        left in 0u64..5000,
        ends_in in 0u64..5000,
    ) {
        let mut timing = Timing::new(at(0));
        let mut now = 0;
        let mut ways_back = Vec::new();
        for (there, back, pause) in replies {
            let sent = now + pause;
            let read = sent + there;
            let answered = read + back;
            while now < answered {
                now = (now + 200).min(answered);
                prop_assert_eq!(timing.ticked(at(now)), None);
            }
            timing.heard(at(sent), at(now), at(read + offset));
            ways_back.push((there + back, back));
        }
        let latest = ways_back.iter().rev().take(8);
        let longest_way_back = latest.map(|(_, back)| *back).max().unwrap_or_default();
        let truth = now + ends_in;
        let given = timing.deadline(at(now), millis(left), Some(at(truth + offset)));
        let given = given.unwrap();
        prop_assert!(given <= at(now + left));
        prop_assert!(given <= at(truth + longest_way_back));
        prop_assert!(given >= at(truth.min(now + left)), "refused before its time");
    }
}

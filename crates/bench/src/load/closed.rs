use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

use super::{Run, Span, Tally, Target};

/// Closed loop: on each target `in_flight` callers, each of which makes its next call when the last
/// one has returned. `watch` is asked when the measured span begins and when it ends.
pub async fn closed<T: Target, W>(
    targets: &[T],
    in_flight: usize,
    span: Span,
    mut watch: impl FnMut() -> W,
) -> Run<W> {
    let from = Instant::now() + span.warm_up;
    let until = from + span.measured;
    let mut callers = JoinSet::new();
    for target in targets {
        for _ in 0..in_flight {
            callers.spawn(caller(target.clone(), from, until));
        }
    }
    sleep_until(from).await;
    let before = watch();
    sleep_until(until).await;
    let after = watch();
    let mut tally = Tally::default();
    while let Some(one) = callers.join_next().await {
        match one {
            Ok(one) => tally.add(one),
            Err(panic) => tally.enter(Err(panic.to_string()), None),
        }
    }
    Run {
        tally,
        watched: (before, after),
    }
}

async fn caller<T: Target>(target: T, from: Instant, until: Instant) -> Tally {
    let mut tally = Tally::default();
    loop {
        let sent = Instant::now();
        if sent >= until {
            return tally;
        }
        let outcome = target.call().await;
        let ended = Instant::now();
        let measured = (from..until).contains(&ended);
        tally.enter(outcome, measured.then(|| ended - sent));
    }
}

use std::io;
use std::thread;
use std::time::{Duration, Instant};

use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::sleep_until;

use super::{Run, Span, Tally, Target};

/// Open loop: a call is due every `gap`, on each target in turn, whatever became of those before.
/// Its latency counts from when it was due, so that a stall is felt by all that it delayed and not
/// only by the call that happened to be on its way (no coordinated omission).
///
/// # Errors
/// When the operating system refuses a thread.
pub async fn open<T: Target, W>(
    targets: &[T],
    gap: Duration,
    span: Span,
    mut watch: impl FnMut() -> W,
) -> io::Result<Run<W>> {
    let begin = Instant::now();
    let from = begin + span.warm_up;
    let until = from + span.measured;
    let mut due = pace(begin, gap, until)?;
    let make_calls = async {
        let mut calls = JoinSet::new();
        let mut tally = Tally::default();
        let mut targets = targets.iter().cycle();
        while let Some(due) = due.recv().await {
            let Some(target) = targets.next().cloned() else {
                break;
            };
            calls.spawn(async move {
                let outcome = target.call().await;
                (outcome, (due >= from).then(|| due.elapsed()))
            });
            // Those that have ended are let go of while others are made.
            while let Some(ended) = calls.try_join_next() {
                enter(&mut tally, ended);
            }
        }
        while let Some(ended) = calls.join_next().await {
            enter(&mut tally, ended);
        }
        tally
    };
    let look = async {
        sleep_until(from.into()).await;
        let before = watch();
        sleep_until(until.into()).await;
        (before, watch())
    };
    let (tally, watched) = tokio::join!(make_calls, look);
    Ok(Run { tally, watched })
}

type Ended = Result<(Result<(), String>, Option<Duration>), tokio::task::JoinError>;

fn enter(tally: &mut Tally, ended: Ended) {
    match ended {
        Ok((outcome, latency)) => tally.enter(outcome, latency),
        Err(panic) => tally.enter(Err(panic.to_string()), None),
    }
}

/// Says of each call when it is due, on a thread of its own: the runtime's timer knows milliseconds
/// only. One that is late says at once what is due by then.
fn pace(
    begin: Instant,
    gap: Duration,
    until: Instant,
) -> io::Result<mpsc::UnboundedReceiver<Instant>> {
    let (say, hear) = mpsc::unbounded_channel();
    thread::Builder::new()
        .name("pace".to_owned())
        .spawn(move || {
            let mut due = begin;
            while due < until {
                thread::sleep(due.saturating_duration_since(Instant::now()));
                if say.send(due).is_err() {
                    return;
                }
                due += gap;
            }
        })?;
    Ok(hear)
}

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use tokio::sync::Semaphore;
use tokio::task::yield_now;

use super::{Run, Span, Target, closed, open};

fn span(warm_up: u64, measured: u64) -> Span {
    Span {
        warm_up: Duration::from_millis(warm_up),
        measured: Duration::from_millis(measured),
    }
}

/// Answers nobody before so many calls are waiting.
#[derive(Clone)]
struct Stalled {
    waiting: Arc<AtomicUsize>,
    until: usize,
    gate: Arc<Semaphore>,
}

impl Target for Stalled {
    async fn call(&self) -> Result<(), String> {
        if self.waiting.fetch_add(1, Ordering::Relaxed) + 1 == self.until {
            self.gate.close();
        }
        // It never gives a permit: it is closed.
        let _ = self.gate.acquire().await;
        Ok(())
    }
}

/// A closed loop would wait for its first call for ever.
#[tokio::test]
async fn an_open_loop_goes_on_while_nobody_answers_and_counts_what_that_delays() {
    let stalled = Stalled {
        waiting: Arc::default(),
        until: 30,
        gate: Arc::new(Semaphore::new(0)),
    };
    let gap = Duration::from_millis(1);
    let ran = open(&[stalled], gap, span(0, 60), || ()).await.unwrap();
    let latency = ran.tally.latencies.summary();
    assert_eq!((latency.count, ran.tally.failed), (60, 0));
    // The first was due at once and answered with the thirtieth, 29 gaps later; half of those 30
    // waited at least half of that.
    assert!(latency.max_us >= 29_000.0, "{latency:?}");
    assert!(latency.p90_us >= 14_000.0, "{latency:?}");
}

/// Holds the whole runtime up with its first call.
#[derive(Clone, Default)]
struct Blocking {
    calls: Arc<AtomicUsize>,
}

impl Target for Blocking {
    async fn call(&self) -> Result<(), String> {
        let began = Instant::now();
        if self.calls.fetch_add(1, Ordering::Relaxed) == 0 {
            while began.elapsed() < Duration::from_millis(30) {
                std::thread::yield_now();
            }
        }
        Ok(())
    }
}

/// Counted from when they were sent, all but one would look fast.
#[tokio::test]
async fn an_open_loop_counts_from_when_a_call_was_due() {
    let gap = Duration::from_millis(1);
    let ran = open(&[Blocking::default()], gap, span(0, 60), || ())
        .await
        .unwrap();
    let latency = ran.tally.latencies.summary();
    assert_eq!(latency.count, 60);
    assert!(latency.p90_us >= 14_000.0, "{latency:?}");
}

/// Notes how many calls are in flight at once; every third fails.
#[derive(Clone, Default)]
struct Busy {
    calls: Arc<AtomicUsize>,
    in_flight: Arc<AtomicUsize>,
    most: Arc<AtomicUsize>,
}

impl Target for Busy {
    async fn call(&self) -> Result<(), String> {
        let number = self.calls.fetch_add(1, Ordering::Relaxed);
        let in_flight = self.in_flight.fetch_add(1, Ordering::Relaxed) + 1;
        self.most.fetch_max(in_flight, Ordering::Relaxed);
        yield_now().await;
        self.in_flight.fetch_sub(1, Ordering::Relaxed);
        if number.is_multiple_of(3) {
            return Err("the third".to_owned());
        }
        Ok(())
    }
}

#[tokio::test]
async fn a_closed_loop_keeps_so_many_in_flight_and_counts_failures_at_any_time() {
    let busy = Busy::default();
    let looks = AtomicUsize::new(0);
    let look = || looks.fetch_add(1, Ordering::Relaxed);
    let Run { tally, watched } = closed(&[busy.clone(), busy.clone()], 4, span(5, 300), look).await;
    assert_eq!(watched, (0, 1));
    assert_eq!(busy.most.load(Ordering::Relaxed), 8);
    assert_eq!(busy.in_flight.load(Ordering::Relaxed), 0);
    let calls = busy.calls.load(Ordering::Relaxed) as u64;
    assert_eq!(tally.failed, calls.div_ceil(3));
    assert_eq!(tally.failure.as_deref(), Some("the third"));
    let measured = tally.latencies.summary().count;
    assert!(
        measured > 0 && measured < calls - tally.failed,
        "{measured} {calls}"
    );
}

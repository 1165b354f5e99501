//! Every call of the demo and how it ended.

use std::time::{Duration, Instant};

use aegis_types::Safety;

/// One finished call.
#[derive(Debug, Clone)]
pub(super) struct CallRecord {
    /// What its method allows.
    pub(super) safety: Safety,
    /// When it had to start: the load does not wait for slow calls, so nothing hides behind them.
    pub(super) due: Instant,
    /// From `due` to its end.
    pub(super) took: Duration,
    /// How it ended.
    pub(super) end: CallEnd,
}

impl CallRecord {
    fn ended(&self) -> Instant {
        self.due + self.took
    }

    /// Whether it was open at some time from `from` to `until`.
    fn is_open(&self, from: Instant, until: Instant) -> bool {
        self.ended() >= from && self.due < until
    }

    /// Whether another attempt than the first answered it.
    fn moved(&self) -> bool {
        matches!(self.end, CallEnd::Answered { attempt, .. } if attempt > 1)
    }
}

/// How a call ended, as its caller sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum CallEnd {
    /// An instance answered.
    Answered {
        /// Which one.
        instance: String,
        /// On which attempt, from 1.
        attempt: u32,
    },
    /// It may have run, and its method is at most once: the honest answer for a call in flight on an
    /// instance that died.
    OutcomeUnknown,
    /// Anything else: the call was safe to move, or known not to have run.
    Failed(String),
}

/// All finished calls, in the order of their ends.
#[derive(Debug, Default)]
pub(super) struct Tally {
    calls: Vec<CallRecord>,
}

/// Counts of one kind of call.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub(super) struct Counts {
    pub(super) made: u64,
    pub(super) answered: u64,
    pub(super) outcome_unknown: u64,
    pub(super) failed: u64,
}

impl Counts {
    fn of<'a>(calls: impl Iterator<Item = &'a CallRecord>) -> Self {
        let mut counts = Self::default();
        for call in calls {
            counts.made += 1;
            match call.end {
                CallEnd::Answered { .. } => counts.answered += 1,
                CallEnd::OutcomeUnknown => counts.outcome_unknown += 1,
                CallEnd::Failed(_) => counts.failed += 1,
            }
        }
        counts
    }

    fn plus(self, other: Self) -> Self {
        Self {
            made: self.made + other.made,
            answered: self.answered + other.answered,
            outcome_unknown: self.outcome_unknown + other.outcome_unknown,
            failed: self.failed + other.failed,
        }
    }
}

impl Tally {
    pub(super) fn add(&mut self, call: CallRecord) {
        self.calls.push(call);
    }

    pub(super) fn all(&self) -> Counts {
        self.counts(Safety::Idempotent)
            .plus(self.counts(Safety::AtMostOnce))
    }

    pub(super) fn counts(&self, safety: Safety) -> Counts {
        Counts::of(self.calls.iter().filter(|call| call.safety == safety))
    }

    /// Counts of all calls that were open at some time from `from` to `until`.
    pub(super) fn during(&self, from: Instant, until: Instant) -> Counts {
        Counts::of(self.calls.iter().filter(|call| call.is_open(from, until)))
    }

    /// Idempotent calls that were open at `from` or made later, and that another attempt than the
    /// first had answered by `until`.
    pub(super) fn moved(&self, from: Instant, until: Instant) -> u64 {
        let moved = |call: &&CallRecord| {
            let ended = call.ended();
            call.safety == Safety::Idempotent && call.moved() && from <= ended && ended <= until
        };
        self.calls.iter().filter(moved).count() as u64
    }

    /// Calls of one kind that were made before `from`, still open at `until`, and then answered.
    pub(super) fn waited(&self, safety: Safety, from: Instant, until: Instant) -> u64 {
        let waited = |call: &&CallRecord| {
            let answered = matches!(call.end, CallEnd::Answered { .. });
            call.safety == safety && answered && call.due < from && call.ended() > until
        };
        self.calls.iter().filter(waited).count() as u64
    }

    /// Calls due from `from` until `until` that an instance answered.
    pub(super) fn answered_by(&self, by: &str, from: Instant, until: Instant) -> u64 {
        let by_it = |call: &&CallRecord| {
            let it = matches!(&call.end, CallEnd::Answered { instance, .. } if instance == by);
            it && from <= call.due && call.due < until
        };
        self.calls.iter().filter(by_it).count() as u64
    }

    /// Calls that were answered on another attempt than the first.
    pub(super) fn rerouted(&self) -> u64 {
        self.calls.iter().filter(|call| call.moved()).count() as u64
    }

    /// Why calls failed that were safe to move.
    pub(super) fn failures(&self) -> impl Iterator<Item = &str> {
        self.calls.iter().filter_map(|call| match &call.end {
            CallEnd::Failed(reason) => Some(reason.as_str()),
            CallEnd::Answered { .. } | CallEnd::OutcomeUnknown => None,
        })
    }

    /// The median of the calls that ended before `until`: what a call takes when nothing happens.
    pub(super) fn calm_median(&self, until: Instant) -> Option<Duration> {
        let mut spans: Vec<Duration> = self
            .calls
            .iter()
            .filter(|call| call.ended() < until)
            .map(|call| call.took)
            .collect();
        spans.sort_unstable();
        spans.get(spans.len() / 2).copied()
    }

    /// The longest answered call among those open at or after `from` and due before `until`.
    pub(super) fn worst(&self, from: Instant, until: Instant) -> Option<Duration> {
        let answered = |call: &&CallRecord| matches!(call.end, CallEnd::Answered { .. });
        self.calls
            .iter()
            .filter(|call| call.is_open(from, until))
            .filter(answered)
            .map(|call| call.took)
            .max()
    }

    /// When an instance gave its first answer to a call that was due at `from` or later.
    pub(super) fn first_answer(&self, by: &str, from: Instant) -> Option<Instant> {
        let answers = self.calls.iter().filter(|call| {
            call.due >= from
                && matches!(&call.end, CallEnd::Answered { instance, .. } if instance == by)
        });
        answers.map(CallRecord::ended).min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    fn call(origin: Instant, due: u32, took: u32, safety: Safety, end: CallEnd) -> CallRecord {
        CallRecord {
            safety,
            due: origin + MS * due,
            took: MS * took,
            end,
        }
    }

    fn answered(by: &str) -> CallEnd {
        CallEnd::Answered {
            instance: by.to_owned(),
            attempt: 1,
        }
    }

    #[test]
    fn calls_are_counted_by_what_their_method_allows() {
        let origin = Instant::now();
        let mut tally = Tally::default();
        let moved = CallEnd::Answered {
            instance: "toy-1".to_owned(),
            attempt: 2,
        };
        tally.add(call(
            origin,
            0,
            10,
            Safety::AtMostOnce,
            CallEnd::OutcomeUnknown,
        ));
        tally.add(call(origin, 0, 10, Safety::Idempotent, moved));
        tally.add(call(
            origin,
            0,
            10,
            Safety::AtMostOnce,
            CallEnd::Failed("no".to_owned()),
        ));
        let at_most_once = Counts {
            made: 2,
            answered: 0,
            outcome_unknown: 1,
            failed: 1,
        };
        let idempotent = Counts {
            made: 1,
            answered: 1,
            outcome_unknown: 0,
            failed: 0,
        };
        assert_eq!(tally.counts(Safety::AtMostOnce), at_most_once);
        assert_eq!(tally.counts(Safety::Idempotent), idempotent);
        assert_eq!(tally.rerouted(), 1);
        assert_eq!(tally.failures().collect::<Vec<_>>(), ["no"]);
    }

    #[test]
    fn a_call_in_flight_at_the_kill_counts_for_the_disturbance_and_not_for_the_calm() {
        let origin = Instant::now();
        let mut tally = Tally::default();
        for (due, took) in [(0, 10), (10, 12), (20, 11), (95, 40), (120, 30), (500, 90)] {
            tally.add(call(
                origin,
                due,
                took,
                Safety::Idempotent,
                answered("toy-1"),
            ));
        }
        let (kill, later) = (origin + MS * 100, origin + MS * 400);
        assert_eq!(tally.calm_median(kill), Some(MS * 11));
        assert_eq!(tally.worst(kill, later), Some(MS * 40));
    }

    #[test]
    fn a_pause_counts_what_moved_meanwhile_and_what_waited_for_its_end() {
        let origin = Instant::now();
        let at = |ms| origin + MS * ms;
        let moved = || CallEnd::Answered {
            instance: "toy-1".to_owned(),
            attempt: 2,
        };
        let mut tally = Tally::default();
        tally.add(call(origin, 0, 90, Safety::Idempotent, moved()));
        tally.add(call(origin, 110, 50, Safety::Idempotent, moved()));
        tally.add(call(origin, 110, 150, Safety::Idempotent, moved()));
        tally.add(call(origin, 110, 150, Safety::AtMostOnce, moved()));
        tally.add(call(origin, 110, 20, Safety::AtMostOnce, answered("toy-3")));
        tally.add(call(
            origin,
            110,
            150,
            Safety::AtMostOnce,
            CallEnd::OutcomeUnknown,
        ));
        assert_eq!(tally.moved(at(100), at(200)), 1);
        assert_eq!(tally.waited(Safety::AtMostOnce, at(150), at(200)), 1);
        let during = tally.during(at(100), at(200));
        assert_eq!((during.made, during.outcome_unknown), (5, 1));
        assert_eq!(tally.answered_by("toy-3", at(100), at(200)), 1);
        assert_eq!(tally.answered_by("toy-3", at(120), at(200)), 0);
    }

    #[test]
    fn the_first_answer_is_the_earliest_end_after_the_restart() {
        let origin = Instant::now();
        let mut tally = Tally::default();
        tally.add(call(origin, 10, 10, Safety::Idempotent, answered("toy-2")));
        tally.add(call(origin, 60, 30, Safety::Idempotent, answered("toy-2")));
        tally.add(call(origin, 65, 10, Safety::Idempotent, answered("toy-2")));
        assert_eq!(
            tally.first_answer("toy-2", origin + MS * 50),
            Some(origin + MS * 75)
        );
        assert_eq!(tally.first_answer("toy-3", origin), None);
    }
}

use std::collections::BTreeMap;
use std::time::Duration;

use crate::Instant;

/// The span in which a repeated log line is counted and not repeated.
pub const LOG_SPAN: Duration = Duration::from_secs(10);

/// Most keys of one event whose lines are counted each by itself.
pub const MAX_LOG_KEYS: usize = 1_024;

/// Counts log lines that repeat, so that they are not repeated: of each event and key (a service, or a
/// service and its instance) the first few pass at once, then as many in each span of [`LOG_SPAN`]; the
/// rest is counted, and the next line that passes says how many were left out.
///
/// It keeps at most [`MAX_LOG_KEYS`] keys of an event. When there are more, and none has been quiet for a
/// span, the others share one count: a flood from many sources is still one line per span.
#[derive(Clone, Debug)]
pub struct LogLimit {
    allowance: u32,
    /// The key in hand, put together of its names: used again for each.
    key: String,
    seen: BTreeMap<&'static str, BTreeMap<Box<str>, Seen>>,
}

/// What a line that passes says of those that did not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Passed {
    /// How often it happened, this time included, as far back as the key was kept.
    pub count: u64,
    /// How many lines were left out since the last one.
    pub suppressed: u64,
}

#[derive(Clone, Copy, Debug, Default)]
struct Seen {
    since: Instant,
    in_span: u32,
    count: u64,
    suppressed: u64,
}

/// Whom the keys share a count under that find no room; no name is empty.
const OTHER: &str = "";

/// Between the names of a key: no name holds a control character, so no two keys read the same.
const BETWEEN: char = '\u{1f}';

impl LogLimit {
    /// For lines of which each repeats the one before.
    #[must_use]
    pub const fn of_repeated() -> LogLimit {
        LogLimit::with_allowance(1)
    }

    /// For lines of which each names something else, as a call: several pass per span.
    #[must_use]
    pub const fn of_each() -> LogLimit {
        LogLimit::with_allowance(32)
    }

    const fn with_allowance(allowance: u32) -> LogLimit {
        LogLimit {
            allowance,
            key: String::new(),
            seen: BTreeMap::new(),
        }
    }

    /// Whether to log this line now, and with which counts. The names say together whom it is about: an id
    /// of an instance says nothing without its service. Without names all lines of the event are one.
    pub fn pass<const N: usize>(
        &mut self,
        event: &'static str,
        names: [&str; N],
        now: Instant,
    ) -> Option<Passed> {
        self.key.clear();
        for name in names {
            self.key.push_str(name);
            self.key.push(BETWEEN);
        }
        let key = self.key.as_str();
        let keys = self.seen.entry(event).or_default();
        if !keys.contains_key(key) && keys.len() >= MAX_LOG_KEYS {
            keys.retain(|_, seen| now.saturating_since(seen.since) < LOG_SPAN);
        }
        let key = match keys.contains_key(key) || keys.len() < MAX_LOG_KEYS {
            true => key,
            false => OTHER,
        };
        match keys.get_mut(key) {
            Some(seen) => seen.again(now, self.allowance),
            None => {
                keys.insert(Box::from(key), Seen::first(now));
                Some(Passed {
                    count: 1,
                    suppressed: 0,
                })
            }
        }
    }
}

impl Seen {
    const fn first(now: Instant) -> Seen {
        Seen {
            since: now,
            in_span: 1,
            count: 1,
            suppressed: 0,
        }
    }

    fn again(&mut self, now: Instant, allowance: u32) -> Option<Passed> {
        self.count += 1;
        if now.saturating_since(self.since) >= LOG_SPAN {
            self.since = now;
            self.in_span = 0;
        }
        if self.in_span >= allowance {
            self.suppressed += 1;
            return None;
        }
        self.in_span += 1;
        Some(Passed {
            count: self.count,
            suppressed: std::mem::take(&mut self.suppressed),
        })
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn at(seconds: u64) -> Instant {
        Instant::from_origin(Duration::from_secs(seconds))
    }

    fn passed(count: u64, suppressed: u64) -> Option<Passed> {
        Some(Passed { count, suppressed })
    }

    #[test]
    fn the_first_at_once_then_one_a_span_with_the_count_of_the_rest() {
        let mut limit = LogLimit::of_repeated();
        let mut pass = |seconds| limit.pass("unanswered", ["a"], at(seconds));
        assert_eq!(pass(100), passed(1, 0));
        assert_eq!(pass(100), None);
        assert_eq!(pass(109), None);
        assert_eq!(pass(110), passed(4, 2));
        assert_eq!(pass(111), None);
    }

    #[test]
    fn each_event_and_each_key_is_counted_by_itself() {
        let mut limit = LogLimit::of_repeated();
        for (event, key) in [("one", "a"), ("one", "b"), ("two", "a")] {
            assert_eq!(limit.pass(event, [key], at(1)), passed(1, 0));
        }
    }

    #[test]
    fn one_id_under_two_services_is_two_instances() {
        let mut limit = LogLimit::of_repeated();
        for names in [
            ["orders", "1"],
            ["stock", "1"],
            ["orders1", ""],
            ["", "orders1"],
        ] {
            assert_eq!(limit.pass("late", names, at(1)), passed(1, 0), "{names:?}");
            assert_eq!(limit.pass("late", names, at(1)), None, "{names:?}");
        }
    }

    #[test]
    fn a_thousand_lines_of_calls_are_thirty_two() {
        let mut limit = LogLimit::of_each();
        let lines = (0..1_000).filter(|_| limit.pass("call", ["orders"], at(1)).is_some());
        assert_eq!(lines.count(), 32);
    }

    #[test]
    fn memory_is_bounded_and_a_flood_of_keys_is_one_line() {
        let mut limit = LogLimit::of_repeated();
        let flood = (0..10 * MAX_LOG_KEYS).filter(|key| {
            let key = key.to_string();
            limit.pass("refused", [key.as_str()], at(1)).is_some()
        });
        assert_eq!(flood.count(), MAX_LOG_KEYS + 1);
        assert!(limit.seen["refused"].len() <= MAX_LOG_KEYS + 1);
        // Keys that were quiet for a span make room.
        assert_eq!(limit.pass("refused", ["new"], at(20)), passed(1, 0));
        assert_eq!(limit.seen["refused"].len(), 1);
    }
}

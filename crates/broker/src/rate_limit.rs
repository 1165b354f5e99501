use std::time::Duration;

/// Lets one of a kind of log lines pass per span and counts the rest.
#[derive(Debug, Default)]
pub(crate) struct RateLimit {
    next: Duration,
    suppressed: u64,
}

const SPAN: Duration = Duration::from_secs(10);

impl RateLimit {
    /// Whether to log now: if so, how many lines were left out since the last one.
    pub(crate) fn pass(&mut self, now: Duration) -> Option<u64> {
        if now < self.next {
            self.suppressed += 1;
            return None;
        }
        self.next = now + SPAN;
        Some(std::mem::take(&mut self.suppressed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_a_span_and_a_count_of_the_rest() {
        let mut limit = RateLimit::default();
        let start = Duration::from_secs(100);
        assert_eq!(limit.pass(start), Some(0));
        assert_eq!(limit.pass(start + SPAN / 2), None);
        assert_eq!(limit.pass(start + SPAN), Some(1));
    }
}

//! The retry budget of a service: how much of its traffic may be retries.
//!
//! Retries are what turns a slow service into a dead one. 10 % of the calls of the last ten seconds
//! may be repeated, and at least 10 a minute. Only retries that may run twice are charged; moving a
//! call that provably did not run is free. Source of the idea: Finagle's and Linkerd's retry
//! budgets.

use std::time::Duration;

use aegis_plants::Plant;
use aegis_types::Instant;

/// A call deposits this much; a retry costs [`COST`].
const DEPOSIT: u64 = 1;
const COST: u64 = 10;

/// Deposits are forgotten after this long, half a window at a time.
const HALF_WINDOW: Duration = Duration::from_secs(5);

/// Retries a minute that need no deposit.
const RESERVE_PER_MINUTE: u64 = 10;

/// Span in which one retry of the reserve comes back.
const RESERVE_EVERY: Duration = Duration::from_secs(60 / RESERVE_PER_MINUTE);

/// What may still be retried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RetryBudget {
    /// Deposits of the present and of the last half window.
    halves: [u64; 2],
    half_began: Instant,
    reserve: u64,
    reserve_at: Instant,
}

impl Default for RetryBudget {
    fn default() -> RetryBudget {
        RetryBudget {
            halves: [0; 2],
            half_began: Instant::ZERO,
            reserve: RESERVE_PER_MINUTE,
            reserve_at: Instant::ZERO,
        }
    }
}

impl RetryBudget {
    /// A call came.
    pub(crate) fn deposit(&mut self, now: Instant) {
        self.turn(now);
        self.halves[0] += DEPOSIT;
    }

    /// Takes one retry, if one is left.
    pub(crate) fn withdraw(&mut self, now: Instant) -> bool {
        self.turn(now);
        if Plant::BudgetNotCounted.is_sown() {
            return true;
        }
        for half in self.halves.iter_mut().rev() {
            let taken = (*half).min(COST);
            if taken == COST {
                *half -= COST;
                return true;
            }
        }
        if self.halves[0] + self.halves[1] >= COST {
            self.halves[0] -= COST - self.halves[1];
            self.halves[1] = 0;
            return true;
        }
        let left = self.reserve > 0;
        self.reserve -= u64::from(left);
        left
    }

    /// Retries that are left now. What is kept is as of the last call: one that nobody calls has its
    /// reserve back all the same.
    pub(crate) fn left(&self, now: Instant) -> u64 {
        let mut then = *self;
        then.turn(now);
        (then.halves[0] + then.halves[1]) / COST + then.reserve
    }

    fn turn(&mut self, now: Instant) {
        let passed = now.saturating_since(self.half_began);
        if passed >= HALF_WINDOW * 2 {
            self.halves = [0; 2];
            self.half_began = now;
        } else if passed >= HALF_WINDOW {
            self.halves = [0, self.halves[0]];
            self.half_began = self.half_began + HALF_WINDOW;
        }
        while self.reserve < RESERVE_PER_MINUTE
            && now.saturating_since(self.reserve_at) >= RESERVE_EVERY
        {
            self.reserve += 1;
            self.reserve_at = self.reserve_at + RESERVE_EVERY;
        }
        if self.reserve == RESERVE_PER_MINUTE {
            self.reserve_at = now;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: u64) -> Instant {
        Instant::from_origin(Duration::from_millis(millis))
    }

    fn withdrawn(budget: &mut RetryBudget, now: Instant) -> u64 {
        (0..1_000).filter(|_| budget.withdraw(now)).count() as u64
    }

    #[test]
    fn a_tenth_of_the_calls_and_the_reserve() {
        let mut budget = RetryBudget::default();
        for call in 0..1_000 {
            budget.deposit(at(call));
        }
        assert_eq!(budget.left(at(1_000)), 110);
        assert_eq!(withdrawn(&mut budget, at(1_000)), 110);
        assert_eq!(budget.left(at(1_000)), 0);
    }

    #[test]
    fn who_is_not_called_any_more_has_the_reserve_again() {
        let mut budget = RetryBudget::default();
        for _ in 0..100 {
            budget.deposit(at(0));
        }
        assert_eq!(withdrawn(&mut budget, at(1_000)), 20);
        assert_eq!(budget.left(at(1_000)), 0);
        assert_eq!(budget.left(at(13_000)), 2);
        assert_eq!(budget.left(at(1_000_000)), 10);
    }

    #[test]
    fn deposits_are_forgotten_and_the_reserve_comes_back() {
        let mut budget = RetryBudget::default();
        for _ in 0..100 {
            budget.deposit(at(0));
        }
        assert_eq!(withdrawn(&mut budget, at(10_000)), 10, "only the reserve");
        assert_eq!(withdrawn(&mut budget, at(16_000)), 1, "one in six seconds");
        assert_eq!(
            withdrawn(&mut budget, at(100_000)),
            10,
            "never more than a minute's"
        );
    }

    #[test]
    fn odd_rests_of_two_halves_add_up() {
        let mut budget = RetryBudget::default();
        for _ in 0..6 {
            budget.deposit(at(0));
        }
        for _ in 0..6 {
            budget.deposit(at(6_000));
        }
        assert_eq!(withdrawn(&mut budget, at(6_000)), 11);
    }
}

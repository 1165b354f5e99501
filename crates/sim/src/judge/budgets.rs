//! Retries, counted from outside: a tenth of the calls, and a reserve.

use std::collections::BTreeMap;
use std::time::Duration;

use super::Judge;
use crate::story::CallNo;

/// One retry to so many calls.
const CALLS_PER_RETRY: u64 = 10;

/// Retries without any call, and how long each takes to come back.
const RESERVE: u64 = 10;
const RESERVE_EVERY_SECS: u64 = 6;

/// What came and what was repeated, of one service since the start. Calls count for ten seconds
/// only: the whole run is never allowed more than all of them together.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Spent {
    calls: u64,
    retries: u64,
}

#[derive(Debug, Default)]
pub(super) struct Budgets(BTreeMap<String, Spent>);

impl Budgets {
    /// A call came.
    pub(super) fn called(&mut self, service: &str) {
        self.0.entry(service.to_owned()).or_default().calls += 1;
    }
}

impl Judge {
    /// A call went on to another instance, and the attempt before it had neither been proven not to
    /// run nor been lost: that must have been paid for.
    pub(super) fn retried(&mut self, now: Duration, no: CallNo) {
        let Some(service) = self.call(no).map(|call| call.made.service.clone()) else {
            return;
        };
        let spent = self.budgets.0.entry(service.clone()).or_default();
        spent.retries += 1;
        let Spent { calls, retries } = *spent;
        let earned = calls / CALLS_PER_RETRY + RESERVE + now.as_secs() / RESERVE_EVERY_SECS + 1;
        if retries > earned {
            let text = format!(
                "{no}: retried beyond the budget of {service}: {retries} retries, {calls} calls"
            );
            self.accuse(text, Some(no), None);
        }
    }
}

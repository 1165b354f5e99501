//! Is all well, and if not, why: one judgement, for `aegis health` and for `/api/v1/health`.

mod ask;
mod judge;
mod report;

#[cfg(test)]
mod tests;

pub(crate) use ask::{Scope, ask};
pub(crate) use report::{Report, Status};

/// Below so many healthy instances of a hundred the whole is unhealthy: where the first AegisIPC drew the
/// line.
pub(crate) const HEALTHY_PERCENT: u64 = 80;

/// How many of a hundred. Nobody there is nobody ill.
pub(crate) fn percent(healthy: u64, of: u64) -> u64 {
    match of {
        0 => 100,
        of => healthy.saturating_mul(100) / of,
    }
}

use std::time::{Duration, Instant};

/// How long a test waits for a condition that should come at once. Generous: it is spent only by a
/// test that fails, and the machines that run tests are slow and busy.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// How often a condition is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(1);

/// Looks until `condition` gives a value, and gives that back.
///
/// # Panics
///
/// After [`PATIENCE`], naming what was waited for.
pub fn wait_for<T>(what: &str, condition: impl FnMut() -> Option<T>) -> T {
    wait_within(PATIENCE, what, condition)
}

/// The same with a patience of its own, for what takes its time even where all is well.
///
/// # Panics
///
/// After `patience`, naming what was waited for.
pub fn wait_within<T>(
    patience: Duration,
    what: &str,
    mut condition: impl FnMut() -> Option<T>,
) -> T {
    let end = Instant::now() + patience;
    loop {
        if let Some(value) = condition() {
            return value;
        }
        assert!(Instant::now() < end, "waited {patience:?} for {what}");
        std::thread::sleep(LOOK_EVERY);
    }
}

//! Many seeds on all cores. Each seed is a world of its own, so threads share nothing but the list.

use std::num::NonZero;
use std::sync::{Mutex, PoisonError};
use std::thread;

use crate::run::{Failure, Report, run};

/// Runs every seed and tells each report, in the order in which they end. The first failure stops
/// the rest.
///
/// # Errors
///
/// The failure of the lowest failing seed among those that had begun.
pub fn sweep(
    seeds: impl Iterator<Item = u64> + Send,
    on_report: impl FnMut(&Report) + Send,
) -> Result<(), Box<Failure>> {
    let threads = thread::available_parallelism().map_or(1, NonZero::get);
    let seeds = Mutex::new(seeds.fuse());
    let told = Mutex::new(on_report);
    let failed: Mutex<Option<Box<Failure>>> = Mutex::new(None);
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while lock(&failed).is_none() {
                    let Some(seed) = lock(&seeds).next() else {
                        return;
                    };
                    match run(seed) {
                        Ok(report) => (*lock(&told))(&report),
                        Err(failure) => {
                            let mut failed = lock(&failed);
                            if failed.as_ref().is_none_or(|first| seed < first.seed) {
                                *failed = Some(failure);
                            }
                        }
                    }
                }
            });
        }
    });
    match failed.into_inner().unwrap_or_else(PoisonError::into_inner) {
        Some(failure) => Err(failure),
        None => Ok(()),
    }
}

/// A thread that panics has lost its seed, not what the others tell.
fn lock<T>(shared: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

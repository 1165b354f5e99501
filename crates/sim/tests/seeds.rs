//! The seeds that every change must pass.

use aegis_sim::{Coverage, REGRESSIONS, regressions, run, sweep};

const SEEDS: u64 = 2_000;

#[test]
fn seeds_kept_for_good() {
    let kept = regressions(REGRESSIONS).unwrap();
    if let Err(failure) = sweep(kept.into_iter(), |_| {}) {
        panic!("\n{failure}");
    }
}

/// Also shows that these seeds meet everything that can happen: a simulator that never draws a
/// fault proves nothing about it.
#[test]
fn two_thousand_seeds() {
    let mut met = Coverage::default();
    if let Err(failure) = sweep(0..SEEDS, |report| met.merge(&report.met)) {
        panic!("\n{failure}");
    }
    assert_eq!(met.holes(), Vec::<String>::new(), "\n{met}");
}

#[test]
fn the_same_seed_gives_the_same_run() {
    for seed in [3, 17, 91, 144] {
        assert_eq!(run(seed).unwrap(), run(seed).unwrap());
    }
}

//! The seeds that every change must pass.

use aegis_sim::{REGRESSIONS, regressions, run};

const SEEDS: u64 = 200;

fn run_all(seeds: impl IntoIterator<Item = u64>) {
    for seed in seeds {
        if let Err(failure) = run(seed) {
            panic!("\n{failure}");
        }
    }
}

#[test]
fn seeds_kept_for_good() {
    run_all(regressions(REGRESSIONS).unwrap());
}

#[test]
fn two_hundred_seeds() {
    run_all(0..SEEDS);
}

#[test]
fn the_same_seed_gives_the_same_run() {
    for seed in [3, 17, 91, 144] {
        assert_eq!(run(seed).unwrap(), run(seed).unwrap());
    }
}

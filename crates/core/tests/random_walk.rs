//! Random events against the real machine, with a small ledger of our own as the judge.
//!
//! The machine checks its invariants after every event. The ledger knows nothing of the machine's
//! records: it writes down what was asked, sent, proven and answered, and says no to a second
//! answer, to a send that must not be, to a lie about whether something ran, to a lease that ends
//! too early or too late, and to a call that outlives its deadline.
//!
//! The seed is printed; `AEGIS_WALK_SEED=N` repeats it, `AEGIS_WALK_CASES=N` walks further. What
//! failed once is kept in `random_walk.regressions` and walked first.

#![expect(clippy::expect_used, reason = "a broken promise must stop the walk")]

mod walk;

use std::cell::RefCell;
use std::hash::{BuildHasher, Hasher, RandomState};

use proptest::test_runner::{Config, FileFailurePersistence, RngAlgorithm, TestRng, TestRunner};

use walk::{Tally, Walk, steps};

const CASES: u32 = 250;
const STEPS_PER_CASE: usize = 200;

fn number_from_environment(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

#[test]
fn no_walk_breaks_a_promise() {
    let seed = number_from_environment("AEGIS_WALK_SEED")
        .unwrap_or_else(|| RandomState::new().build_hasher().finish());
    println!("AEGIS_WALK_SEED={seed}");
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let cases = number_from_environment("AEGIS_WALK_CASES").map_or(CASES, |cases| cases as u32);
    let config = Config {
        cases,
        failure_persistence: Some(Box::new(FileFailurePersistence::Direct(
            "tests/random_walk.regressions",
        ))),
        max_shrink_iters: 20_000,
        ..Config::default()
    };
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
    let mut runner = TestRunner::new_with_rng(config, rng);
    let tally = RefCell::new(Tally::default());
    // Making a failing walk smaller fails a thousand times; only the last word is of interest.
    let loud = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    let outcome = runner.run(&steps(STEPS_PER_CASE), |steps| {
        let mut walk = Walk::new();
        for step in &steps {
            walk.take(step);
        }
        walk.finish();
        tally.borrow_mut().add(walk.tally());
        Ok(())
    });
    std::panic::set_hook(loud);
    if let Err(failure) = outcome {
        panic!("AEGIS_WALK_SEED={seed}\n{failure}");
    }
    let tally = tally.into_inner();
    println!("{tally:?}");
    if cases >= CASES {
        tally.assert_progress();
    }
}

//! The hunt for planted bugs: the simulator's own test.
//!
//! A plant is caught by a seed if its run breaks a promise while the plant is sown, and keeps all of
//! them while nothing is. The second half is the control: without it any flaw of the simulator
//! would count as a success.

use std::fmt;
use std::time::{Duration, Instant};

use aegis_plants::{Plant, sow};

use crate::run::{Failure, run};

/// Seeds within which every plant must be caught.
pub const MAX_SEEDS: u64 = 2_000;

/// What a hunt came to.
#[derive(Clone, Debug)]
pub struct Hunted {
    /// The bug that was sown.
    pub plant: Plant,
    /// How it was caught, if it was.
    pub outcome: Outcome,
    /// How long that took.
    pub took: Duration,
}

/// Caught, or not.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// By the first seed that breaks a promise with it and none without.
    Caught(Box<Failure>),
    /// No seed did.
    Escaped {
        /// How many were tried.
        seeds: u64,
    },
    /// This seed breaks a promise although nothing is sown: that is no plant's doing.
    FailsWithout(Box<Failure>),
}

impl Hunted {
    /// Whether it was caught.
    pub fn is_caught(&self) -> bool {
        matches!(self.outcome, Outcome::Caught(_))
    }
}

/// Runs seeds from the first on with a bug sown, until one catches it.
pub fn hunt(plant: Plant, seeds: u64) -> Hunted {
    let began = Instant::now();
    let outcome = (0..seeds)
        .find_map(|seed| run_sown(plant, seed).err())
        .map_or(
            Outcome::Escaped { seeds },
            |caught| match run(caught.seed) {
                Ok(_) => Outcome::Caught(caught),
                Err(failure) => Outcome::FailsWithout(failure),
            },
        );
    Hunted {
        plant,
        outcome,
        took: began.elapsed(),
    }
}

fn run_sown(plant: Plant, seed: u64) -> Result<crate::Report, Box<Failure>> {
    let _sown = sow(Some(plant));
    run(seed)
}

/// A line of the table: name, first seed, what was broken, seconds.
impl fmt::Display for Hunted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (seed, what) = match &self.outcome {
            Outcome::Caught(failure) => {
                let what = failure.what.lines().next().unwrap_or_default();
                (failure.seed.to_string(), what.to_owned())
            }
            Outcome::Escaped { seeds } => ("-".to_owned(), format!("ESCAPED {seeds} seeds")),
            Outcome::FailsWithout(failure) => (
                failure.seed.to_string(),
                format!("FAILS WITHOUT IT: {}", failure.what),
            ),
        };
        let seconds = self.took.as_secs_f64();
        write!(f, "{:<34}{seed:>5} {seconds:>7.1}  {what}", self.plant)
    }
}

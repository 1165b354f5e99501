use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use crate::coverage::Coverage;
use crate::story::{CallNo, ProcId};
use crate::world::World;

/// Of all acts of the SDK in a run with faults, so many percent must be successes: a run in which nothing
/// works proves nothing.
const MIN_SUCCESS_PERCENT: u32 = 25;

/// After all faults, so many calls must have been made, and each has succeeded: whatever the mix, a
/// world that did not come back must not pass for one in which nobody asked.
const MIN_QUIET: u32 = 5;

/// What a seed's run came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// The seed.
    pub seed: u64,
    /// Over everything that happened: the same for the same seed.
    pub trace_hash: u64,
    /// Steps of the simulation.
    pub events: u64,
    /// Simulated time.
    pub span: Duration,
    /// Calls that were answered.
    pub answered: u32,
    /// Of these, with a result.
    pub succeeded: u32,
    /// Of these, with an unknown outcome.
    pub unknown: u32,
    /// Attempts beyond the first of a call.
    pub rerouted: u32,
    /// Calls whose caller was gone before the answer.
    pub abandoned: u32,
    /// What the run met.
    pub met: Coverage,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "seed {}: {} events in {:.1?}, {} calls answered, {} with success, {} unknown, {} \
             rerouted, {} abandoned, trace {:016x}",
            self.seed,
            self.events,
            self.span,
            self.answered,
            self.succeeded,
            self.unknown,
            self.rerouted,
            self.abandoned,
            self.trace_hash
        )
    }
}

/// A promise that was not kept, and how that came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The seed.
    pub seed: u64,
    /// What was not kept.
    pub what: String,
    /// The last things that happened to the call or process in question.
    pub story: Vec<String>,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for line in &self.story {
            writeln!(f, "{line}")?;
        }
        writeln!(f, "seed {}: {}", self.seed, self.what)?;
        write!(f, "again: cargo xtask sim --seed {}", self.seed)
    }
}

/// Runs one seed to its end or to the first broken promise, a panic of the product included.
pub fn run(seed: u64) -> Result<Report, Box<Failure>> {
    let mut world = World::new(seed);
    let ended = catch_unwind(AssertUnwindSafe(|| world.run()));
    world.net.note_end_of_router();
    let mut met = world.net.met.clone();
    met.merge(&world.net.judge.met);
    let failed = |what: String, call: Option<CallNo>, process: Option<ProcId>| {
        Box::new(Failure {
            seed,
            what,
            story: world.net.story.about(call, process),
        })
    };
    if let Err(panic) = ended {
        let text = panic
            .downcast_ref::<String>()
            .map(String::as_str)
            .or_else(|| panic.downcast_ref::<&str>().copied());
        return Err(failed(
            format!("panic: {}", text.unwrap_or("?")),
            None,
            None,
        ));
    }
    if let Some(violation) = world.net.judge.violation() {
        let (call, process) = (violation.call, violation.process);
        return Err(failed(violation.text.clone(), call, process));
    }
    let tally = world.net.judge.tally();
    if tally.quiet < MIN_QUIET {
        let what = format!("no progress: {} calls when all was well", tally.quiet);
        return Err(failed(what, None, None));
    }
    if tally.acts_succeeded * 100 < tally.acts * MIN_SUCCESS_PERCENT {
        let what = format!(
            "no progress: {} of {} calls succeeded",
            tally.acts_succeeded, tally.acts
        );
        return Err(failed(what, None, None));
    }
    Ok(Report {
        seed,
        trace_hash: world.net.story.hash(),
        events: world.net.events,
        span: world.net.now,
        answered: tally.answered,
        succeeded: tally.succeeded,
        unknown: tally.unknown,
        rerouted: tally.rerouted,
        abandoned: tally.abandoned,
        met,
    })
}

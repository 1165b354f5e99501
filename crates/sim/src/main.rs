//! Runs seeds of the simulator: `aegis-sim --seed N`, `aegis-sim --seeds N [--start S] [--summary]`.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a program for developers that reports to a terminal"
)]

use std::process::ExitCode;
use std::time::Instant;

use aegis_sim::{Coverage, REGRESSIONS, Report, regressions, sweep};

const USAGE: &str = "\
usage: aegis-sim --seed N              one seed
       aegis-sim --seeds N [--start S] many on all cores, after those of regressions.txt
       aegis-sim                       the same as --seeds 1000
       --summary                       at the end, what the seeds met and what they never met";

/// Seeds between two lines of progress.
const PROGRESS: u64 = 500;

struct Arguments {
    start: u64,
    count: u64,
    with_regressions: bool,
    with_summary: bool,
}

fn main() -> ExitCode {
    let arguments = match arguments(std::env::args().skip(1)) {
        Ok(arguments) => arguments,
        Err(why) => {
            eprintln!("{why}\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    let kept = match regressions(REGRESSIONS) {
        Ok(kept) if arguments.with_regressions => kept,
        Ok(_) => Vec::new(),
        Err(why) => {
            eprintln!("{why}");
            return ExitCode::from(2);
        }
    };
    let end = arguments.start.saturating_add(arguments.count);
    run_all(
        kept.into_iter().chain(arguments.start..end),
        arguments.with_summary,
    )
}

fn run_all(seeds: impl Iterator<Item = u64> + Send, with_summary: bool) -> ExitCode {
    let mut progress = Progress::new();
    let swept = sweep(seeds, |report| progress.on_report(report));
    if with_summary {
        print!("{}", progress.met);
    }
    match swept {
        Ok(()) => {
            let (done, span) = (progress.done, progress.started.elapsed());
            println!("{done} seeds passed in {span:.1?}");
            ExitCode::SUCCESS
        }
        Err(failure) => {
            println!("{failure}");
            ExitCode::FAILURE
        }
    }
}

/// What has been told so far.
struct Progress {
    started: Instant,
    done: u64,
    answered: u64,
    succeeded: u64,
    rerouted: u64,
    met: Coverage,
}

impl Progress {
    fn new() -> Progress {
        Progress {
            started: Instant::now(),
            done: 0,
            answered: 0,
            succeeded: 0,
            rerouted: 0,
            met: Coverage::default(),
        }
    }

    fn on_report(&mut self, report: &Report) {
        self.done += 1;
        self.answered += u64::from(report.answered);
        self.succeeded += u64::from(report.succeeded);
        self.rerouted += u64::from(report.rerouted);
        self.met.merge(&report.met);
        if self.done == 1 {
            println!("{report}");
        }
        if self.done.is_multiple_of(PROGRESS) {
            let rate = self.done as f64 / self.started.elapsed().as_secs_f64();
            println!(
                "{} seeds, {rate:.1} a second; {} calls, {} succeeded, {} rerouted",
                self.done, self.answered, self.succeeded, self.rerouted
            );
        }
    }
}

fn arguments(mut words: impl Iterator<Item = String>) -> Result<Arguments, String> {
    let mut parsed = Arguments {
        start: 0,
        count: 1_000,
        with_regressions: true,
        with_summary: false,
    };
    while let Some(word) = words.next() {
        let mut number = || {
            let value = words.next().ok_or(format!("`{word}` needs a number"))?;
            value
                .parse()
                .map_err(|_| format!("`{value}` after `{word}` is no number"))
        };
        match word.as_str() {
            "--seed" => {
                parsed.start = number()?;
                parsed.count = 1;
                parsed.with_regressions = false;
            }
            "--seeds" => parsed.count = number()?,
            "--start" => parsed.start = number()?,
            "--summary" => parsed.with_summary = true,
            _ => return Err(format!("`{word}` is not understood")),
        }
    }
    Ok(parsed)
}

//! Runs seeds of the simulator: `aegis-sim --seed N`, `aegis-sim --seeds N [--start S]`.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a program for developers that reports to a terminal"
)]

use std::process::ExitCode;
use std::time::Instant;

use aegis_sim::{REGRESSIONS, regressions, run};

const USAGE: &str = "\
usage: aegis-sim --seed N              one seed
       aegis-sim --seeds N [--start S] many, after those of regressions.txt
       aegis-sim                       the same as --seeds 1000";

/// Seeds between two lines of progress.
const PROGRESS: u64 = 200;

struct Arguments {
    start: u64,
    count: u64,
    with_regressions: bool,
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
    run_all(kept.into_iter().chain(arguments.start..end))
}

fn run_all(seeds: impl Iterator<Item = u64>) -> ExitCode {
    let started = Instant::now();
    let (mut done, mut answered, mut succeeded, mut rerouted) = (0_u64, 0_u64, 0_u64, 0_u64);
    for seed in seeds {
        match run(seed) {
            Ok(report) => {
                done += 1;
                answered += u64::from(report.answered);
                succeeded += u64::from(report.succeeded);
                rerouted += u64::from(report.rerouted);
                if done == 1 {
                    println!("{report:?}");
                }
            }
            Err(failure) => {
                println!("{failure}");
                return ExitCode::FAILURE;
            }
        }
        if done % PROGRESS == 0 {
            let rate = done as f64 / started.elapsed().as_secs_f64();
            println!(
                "{done} seeds, {rate:.1} a second; {answered} calls, {succeeded} succeeded, \
                 {rerouted} rerouted"
            );
        }
    }
    println!("{done} seeds passed in {:.1?}", started.elapsed());
    ExitCode::SUCCESS
}

fn arguments(mut words: impl Iterator<Item = String>) -> Result<Arguments, String> {
    let mut parsed = Arguments {
        start: 0,
        count: 1_000,
        with_regressions: true,
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
            _ => return Err(format!("`{word}` is not understood")),
        }
    }
    Ok(parsed)
}

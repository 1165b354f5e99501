//! Runs seeds of the simulator: `aegis-sim --seed N`, `aegis-sim --seeds N [--start S] [--summary]`.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a program for developers that reports to a terminal"
)]

use std::process::ExitCode;
use std::time::Instant;

use aegis_sim::{Coverage, REGRESSIONS, Report, regressions, run, sweep};

const USAGE: &str = "\
usage: aegis-sim --seed N              one seed
       aegis-sim --seeds N [--start S] many on all cores, after those of regressions.txt
       aegis-sim                       the same as --seeds 1000
       --summary                       at the end, what the seeds met and what they never met
       aegis-sim --traces N            what the runs of N seeds come to, a line each
in a build with the feature `planted-bugs`, as `cargo xtask plants` makes it:
       aegis-sim --plants [N]          which planted bugs are caught within N seeds, and by which
       aegis-sim --plant NAME [N]      one of them, with the story of its discovery";

/// Seeds between two lines of progress.
const PROGRESS: u64 = 500;

struct Arguments {
    start: u64,
    count: u64,
    with_regressions: bool,
    with_summary: bool,
}

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    match words.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["--traces", count] => return print_traces(count),
        ["--plants"] => return plants::print_all(None),
        ["--plants", seeds] => return plants::print_all(Some(seeds)),
        ["--plant", name] => return plants::print_one(name, None),
        ["--plant", name, seeds] => return plants::print_one(name, Some(seeds)),
        _ => {}
    }
    let arguments = match arguments(words.into_iter()) {
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

/// For comparing builds: the same seed must come to the same in all of them.
fn print_traces(count: &str) -> ExitCode {
    let Ok(count) = count.parse::<u64>() else {
        eprintln!("`{count}` is no number");
        return ExitCode::from(2);
    };
    for seed in 0..count {
        match run(seed) {
            Ok(report) => println!("{seed} {:016x}", report.trace_hash),
            Err(failure) => println!("{failure}"),
        }
    }
    ExitCode::SUCCESS
}

/// Bugs on purpose, where the build can have them.
#[cfg(feature = "planted-bugs")]
mod plants {
    use std::process::ExitCode;
    use std::sync::Mutex;
    use std::time::Instant;

    use aegis_plants::Plant;
    use aegis_sim::{Hunted, MAX_SEEDS, Outcome, hunt};

    pub(super) fn print_all(seeds: Option<&str>) -> ExitCode {
        let Some(seeds) = within(seeds) else {
            return ExitCode::from(2);
        };
        let began = Instant::now();
        println!(
            "{:<34}{:>5} {:>7}  broken promise",
            "plant", "seed", "seconds"
        );
        let left = Mutex::new(Plant::ALL.iter());
        let next = || left.lock().ok().and_then(|mut left| left.next().copied());
        let hunted = Mutex::new(Vec::new());
        let hunter = || {
            while let Some(plant) = next() {
                let one = hunt(plant, seeds);
                println!("{one}");
                if let Ok(mut hunted) = hunted.lock() {
                    hunted.push(one);
                }
            }
        };
        silently(|| {
            let threads = std::thread::available_parallelism().map_or(1, usize::from);
            std::thread::scope(|scope| {
                for _ in 0..threads {
                    scope.spawn(hunter);
                }
            });
        });
        let hunted = hunted.into_inner().unwrap_or_default();
        let caught = hunted.iter().filter(|one| one.is_caught()).count();
        let all = Plant::ALL.len();
        println!("{caught} of {all} caught in {:.1?}", began.elapsed());
        verdict(caught == all)
    }

    pub(super) fn print_one(name: &str, seeds: Option<&str>) -> ExitCode {
        let (Some(plant), Some(seeds)) = (Plant::from_name(name), within(seeds)) else {
            eprintln!("no plant `{name}`; there are:");
            for plant in Plant::ALL {
                eprintln!("  {plant:<34}{}", plant.mistake());
            }
            return ExitCode::from(2);
        };
        println!(
            "{plant}: {}\nshould be caught by: {}\n",
            plant.mistake(),
            plant.rule()
        );
        let mut hunted: Option<Hunted> = None;
        silently(|| hunted = Some(hunt(plant, seeds)));
        let Some(hunted) = hunted else {
            return ExitCode::FAILURE;
        };
        if let Outcome::Caught(failure) | Outcome::FailsWithout(failure) = &hunted.outcome {
            for line in &failure.story {
                println!("{line}");
            }
        }
        println!("{hunted}");
        verdict(hunted.is_caught())
    }

    fn within(seeds: Option<&str>) -> Option<u64> {
        seeds.map_or(Some(MAX_SEEDS), |seeds| seeds.parse().ok())
    }

    fn verdict(is_good: bool) -> ExitCode {
        if is_good {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        }
    }

    /// A broken invariant panics, and is wanted here: nobody needs to read of it twice.
    fn silently(act: impl FnOnce()) {
        let hook = std::panic::take_hook();
        std::panic::set_hook(Box::new(|_| {}));
        act();
        std::panic::set_hook(hook);
    }
}

#[cfg(not(feature = "planted-bugs"))]
mod plants {
    use std::process::ExitCode;

    pub(super) fn print_all(_seeds: Option<&str>) -> ExitCode {
        eprintln!("nothing is planted in this build: cargo xtask plants");
        ExitCode::from(2)
    }

    pub(super) fn print_one(_name: &str, seeds: Option<&str>) -> ExitCode {
        print_all(seeds)
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

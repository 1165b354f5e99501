//! What was typed behind `cargo xtask fuzz`.

use super::SECONDS;
use crate::step::Failed;

/// Targets at a time, unless somebody says otherwise: CI has two cores.
const JOBS: usize = 2;

/// What to do.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Job {
    /// Look for findings.
    Look {
        /// And make the committed corpus minimal afterwards.
        minimise: bool,
    },
    /// Run one input.
    Replay { target: String, input: String },
}

/// All options, checked.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Options {
    pub(super) job: Job,
    /// Those that were named, else all.
    pub(super) targets: Vec<String>,
    /// For each target.
    pub(super) seconds: u64,
    /// Targets at a time.
    pub(super) jobs: usize,
}

impl Options {
    /// Reads the arguments; `known` are all targets.
    pub(super) fn parse(arguments: &[String], known: &[String]) -> Result<Self, Failed> {
        let mut targets = Vec::new();
        let (mut seconds, mut jobs) = (SECONDS, JOBS);
        let mut minimise = false;
        let mut input = None;
        let mut rest = arguments.iter();
        while let Some(argument) = rest.next() {
            let mut value = || rest.next().map(String::as_str);
            match argument.as_str() {
                "--seconds" => seconds = number(argument, value())?,
                "--minutes" => seconds = number::<u64>(argument, value())?.saturating_mul(60),
                "--jobs" => jobs = number(argument, value())?,
                "--minimise" => minimise = true,
                "--replay" => input = value().map(str::to_owned),
                name if known.iter().any(|target| target == name) => targets.push(name.to_owned()),
                other => {
                    return Err(Failed(format!(
                        "`{other}` is neither an option nor a target; targets: {}",
                        known.join(", ")
                    )));
                }
            }
        }
        let job = match (input, targets.as_slice()) {
            (None, _) => Job::Look { minimise },
            (Some(input), [target]) => Job::Replay {
                target: target.clone(),
                input,
            },
            (Some(_), _) => return Err(Failed("--replay wants one target".to_owned())),
        };
        if targets.is_empty() {
            targets = known.to_vec();
        }
        Ok(Self {
            job,
            targets,
            seconds,
            jobs,
        })
    }
}

/// A whole number from 1.
fn number<T: std::str::FromStr + PartialOrd + From<u8>>(
    option: &str,
    value: Option<&str>,
) -> Result<T, Failed> {
    value
        .and_then(|value| value.parse().ok())
        .filter(|number| *number >= T::from(1))
        .ok_or_else(|| Failed(format!("{option} wants a whole number, 1 or more")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Options, String> {
        let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        let known = ["codec_raw".to_owned(), "config".to_owned()];
        Options::parse(&words, &known).map_err(|Failed(text)| text)
    }

    #[test]
    fn nothing_typed_is_what_ci_runs() {
        let options = parse("").unwrap();
        assert_eq!(options.targets, ["codec_raw", "config"]);
        assert_eq!((options.seconds, options.jobs), (30, 2));
        assert_eq!(options.job, Job::Look { minimise: false });
    }

    #[test]
    fn targets_and_times_are_read() {
        let options = parse("config --minutes 5 --jobs 1 --minimise").unwrap();
        assert_eq!(options.targets, ["config"]);
        assert_eq!((options.seconds, options.jobs), (300, 1));
        assert_eq!(options.job, Job::Look { minimise: true });
    }

    #[test]
    fn a_replay_wants_one_target() {
        let replay = parse("config --replay a/b").unwrap().job;
        let (target, input) = ("config".to_owned(), "a/b".to_owned());
        assert_eq!(replay, Job::Replay { target, input });
        assert!(parse("--replay a/b").is_err());
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        for line in ["--seconds", "--seconds 0", "--minutes x", "codec"] {
            assert!(parse(line).is_err(), "{line}");
        }
    }
}

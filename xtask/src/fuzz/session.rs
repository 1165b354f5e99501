//! Running targets for a time, several at a time.

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::thread;

use super::build::Binaries;
use super::corpus;
use super::folders::{Folders, made};
use super::options::Options;
use super::output::{self, Tally};
use crate::step::Failed;

/// Longest input. Our limits are scaled down in the targets, so that short inputs reach their edges.
pub(super) const MAX_INPUT_BYTES: usize = 4096;

/// One input may take so long. All of ours take microseconds, but the fuzzer looks at the clock on the
/// wall, and a busy machine stops a program for many seconds.
const INPUT_SECONDS: u64 = 120;

/// A target may take so much memory: leaks and unbounded buffers show here.
const MEMORY_MB: u64 = 1024;

/// How one target ended.
#[derive(Debug)]
pub(super) struct End {
    pub(super) target: String,
    /// The input that broke something.
    pub(super) finding: Option<PathBuf>,
}

/// Runs every target for its time and says how each ended.
///
/// # Errors
/// When one cannot be started, or ended by something else than a finding.
pub(super) fn look(
    folders: &Folders,
    binaries: &Binaries,
    options: &Options,
) -> Result<Vec<End>, Failed> {
    let waiting = Mutex::new(options.targets.iter());
    let work = || {
        let mut ends = Vec::new();
        loop {
            let next = waiting.lock().ok().and_then(|mut targets| targets.next());
            let Some(target) = next else {
                return ends;
            };
            ends.push(look_at(folders, binaries, target, options.seconds));
        }
    };
    thread::scope(|scope| {
        let workers: Vec<_> = (0..options.jobs).map(|_| scope.spawn(work)).collect();
        let ends = workers.into_iter().map(|worker| {
            let stopped = |_| vec![Err(Failed("a worker stopped".to_owned()))];
            worker.join().unwrap_or_else(stopped)
        });
        ends.flatten().collect()
    })
}

fn look_at(
    folders: &Folders,
    binaries: &Binaries,
    target: &str,
    seconds: u64,
) -> Result<End, Failed> {
    let learned = made(folders.learned(target))?;
    let findings = made(folders.findings(target))?;
    let mut fuzzer = Command::new(binaries.of(target));
    fuzzer
        .arg(format!("-max_total_time={seconds}"))
        .arg(format!("-max_len={MAX_INPUT_BYTES}"))
        .arg(format!("-timeout={INPUT_SECONDS}"))
        .arg(format!("-rss_limit_mb={MEMORY_MB}"))
        .arg(format!("-artifact_prefix={}/", findings.display()))
        .args(["-print_final_stats=1", "-use_value_profile=1", "-reload=0"])
        // What is new goes to the first folder; the others are only read.
        .args([&learned, &corpus::unpacked(folders, target)?]);
    if folders.regressions(target).is_dir() {
        fuzzer.arg(folders.regressions(target));
    }
    let output = fuzzer
        .stdin(Stdio::null())
        .output()
        .map_err(|error| Failed(format!("cannot start the target {target}: {error}")))?;
    let text = String::from_utf8_lossy(&output.stderr);
    let tally = Tally::read(&text);
    println!("    {target}: {tally}");
    if output.status.success() {
        return Ok(End {
            target: target.to_owned(),
            finding: None,
        });
    }
    let Some(finding) = output::finding(&text) else {
        return Err(Failed(format!(
            "{target} ended with {}:\n{}",
            output.status,
            output::end_of(&text)
        )));
    };
    println!("{}", output::story(target, &text, &finding));
    Ok(End {
        target: target.to_owned(),
        finding: Some(finding),
    })
}

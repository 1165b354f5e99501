//! What libFuzzer prints, read for the few things that matter.

use std::fmt;
use std::path::{Path, PathBuf};

/// How much of the output is shown where nothing in it is understood.
const LINES_AT_THE_END: usize = 25;

/// What a target did in its time.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Tally {
    executions: u64,
    per_second: u64,
    /// Edges of code that were reached.
    edges: u64,
    /// Inputs with something of their own.
    inputs: u64,
    learned: u64,
}

impl Tally {
    /// Reads the statistics at the end, and the last line of progress.
    pub(super) fn read(output: &str) -> Self {
        let stat = |name: &str| {
            let line = output.lines().find_map(|line| line.strip_prefix(name));
            line.and_then(|value| value.trim().parse().ok())
        };
        let progress = output.lines().rev().find(|line| line.contains(" cov: "));
        let word = |name: &str| {
            let mut words = progress.unwrap_or_default().split_whitespace();
            words.find(|word| *word == name)?;
            let count = words.next()?.split('/').next()?;
            count.parse().ok()
        };
        Self {
            executions: stat("stat::number_of_executed_units:").unwrap_or_default(),
            per_second: stat("stat::average_exec_per_sec:").unwrap_or_default(),
            edges: word("cov:").unwrap_or_default(),
            inputs: word("corp:").unwrap_or_default(),
            learned: stat("stat::new_units_added:").unwrap_or_default(),
        }
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            out,
            "{} executions, {}/s, {} edges reached by {} inputs, {} new",
            self.executions, self.per_second, self.edges, self.inputs, self.learned
        )
    }
}

/// The input that broke something, if one did.
pub(super) fn finding(output: &str) -> Option<PathBuf> {
    let written = output.lines().find_map(|line| {
        let (_, path) = line.split_once("Test unit written to ")?;
        Some(PathBuf::from(path.trim()))
    });
    // An input of the corpus that breaks something is a finding as well.
    written.or_else(|| {
        let line = output
            .lines()
            .rev()
            .find(|line| line.contains("Running: "))?;
        let (_, path) = line.split_once("Running: ")?;
        Some(PathBuf::from(path.trim()))
    })
}

/// A finding for people: what broke, and what to do now.
pub(super) fn story(target: &str, output: &str, finding: &Path) -> String {
    let panicked: Vec<&str> = output
        .lines()
        .skip_while(|line| !line.starts_with("thread '"))
        .take_while(|line| !line.starts_with("stack backtrace:") && !line.starts_with("=="))
        .collect();
    // Out of time or out of memory: nobody panicked.
    let summary = || {
        output
            .lines()
            .find_map(|line| line.strip_prefix("SUMMARY: "))
    };
    let what = match panicked.as_slice() {
        [] => summary().unwrap_or("nobody knows what").to_owned(),
        lines => lines.join("\n      "),
    };
    let path = finding.display();
    format!(
        "*** {target} found something:\n      {what}\n\
         ***   input:  {path}\n\
         ***   replay: cargo xtask fuzz {target} --replay {path}\n\
         ***   keep:   mkdir -p fuzz/regressions/{target} && cp {path} fuzz/regressions/{target}/what-broke"
    )
}

/// The last lines.
pub(super) fn end_of(output: &str) -> String {
    let lines: Vec<&str> = output.lines().collect();
    let from = lines.len().saturating_sub(LINES_AT_THE_END);
    lines.get(from..).unwrap_or_default().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUIET: &str = "\
INFO: seed corpus: files: 30 min: 2b max: 300b total: 4000b rss: 31Mb
#31\tINITED cov: 640 ft: 1500 corp: 30/3900b exec/s: 0 rss: 32Mb
#131072\tpulse  cov: 700 ft: 2000 corp: 41/5120b lim: 4096 exec/s: 65536 rss: 60Mb
Done 2000000 runs in 31 second(s)
stat::number_of_executed_units: 2000000
stat::average_exec_per_sec:     64516
stat::new_units_added:          11
";

    const BROKEN: &str = "\
#5\tNEW    cov: 12 ft: 13 corp: 2/9b lim: 4 exec/s: 0 rss: 27Mb L: 8/8
thread '<unnamed>' (1) panicked at fuzz/src/codec_raw.rs:57:13:
waits for 400
stack backtrace:
   0: core::panicking::panic_fmt
==77== ERROR: libFuzzer: deadly signal
artifact_prefix='f/'; Test unit written to f/crash-0123
";

    #[test]
    fn a_quiet_run_is_told_in_one_line() {
        assert_eq!(
            Tally::read(QUIET).to_string(),
            "2000000 executions, 64516/s, 700 edges reached by 41 inputs, 11 new"
        );
        assert_eq!(finding(QUIET), None);
    }

    #[test]
    fn a_finding_says_what_broke_and_what_to_do() {
        let path = finding(BROKEN).unwrap();
        assert_eq!(path, Path::new("f/crash-0123"));
        let story = story("codec_raw", BROKEN, &path);
        assert!(story.contains("waits for 400"), "{story}");
        assert!(
            story.contains("fuzz codec_raw --replay f/crash-0123"),
            "{story}"
        );
        assert!(!story.contains("core::panicking"), "{story}");
    }

    #[test]
    fn an_input_without_end_is_a_finding() {
        let output = "ALARM: working on the last Unit for 61 seconds\n\
            Test unit written to f/timeout-0\nSUMMARY: libFuzzer: timeout\n";
        let path = finding(output).unwrap();
        assert!(story("config", output, &path).contains("libFuzzer: timeout"));
    }
}

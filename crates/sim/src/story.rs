//! What happened, for people, and its hash, for determinism.

use std::time::Duration;

/// A process of the simulated world; one life of an instance is one process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct ProcId(pub(crate) u32);

/// What a caller asked of the SDK: sent once, or more often. Numbered as they were begun.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct ActNo(pub(crate) u32);

/// One sending of an act to the router, which is what the router calls a call. Numbered in the
/// order in which they were made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct CallNo(pub(crate) u32);

#[derive(Clone, Debug)]
struct Line {
    at: Duration,
    process: Option<ProcId>,
    call: Option<CallNo>,
    text: String,
}

/// Lines that a failing seed prints.
const SHOWN: usize = 60;

#[derive(Debug)]
pub(crate) struct Story {
    lines: Vec<Line>,
    hash: u64,
}

impl Story {
    pub(crate) fn new() -> Story {
        Story {
            lines: Vec::new(),
            hash: 0xcbf2_9ce4_8422_2325,
        }
    }

    pub(crate) fn tell(
        &mut self,
        at: Duration,
        process: Option<ProcId>,
        call: Option<CallNo>,
        text: String,
    ) {
        self.mix(text.as_bytes());
        self.lines.push(Line {
            at,
            process,
            call,
            text,
        });
    }

    /// FNV-1a over everything that happened.
    pub(crate) fn mix(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.hash = (self.hash ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3);
        }
    }

    pub(crate) fn hash(&self) -> u64 {
        self.hash
    }

    /// The last lines that concern a call and those who had it, or a process; without either, the
    /// last of all.
    pub(crate) fn about(&self, call: Option<CallNo>, process: Option<ProcId>) -> Vec<String> {
        let mut processes: Vec<ProcId> = process.into_iter().collect();
        if let (Some(call), None) = (call, process) {
            let of_call = self.lines.iter().filter(|line| line.call == Some(call));
            processes.extend(of_call.filter_map(|line| line.process));
        }
        let concerns = |line: &&Line| match (call, line.call) {
            (Some(call), Some(other)) if call == other => true,
            (Some(_), Some(_)) => process.is_some() && line.process == process,
            _ if call.is_none() && process.is_none() => true,
            (None, _) => line.process.is_some_and(|of| processes.contains(&of)),
            (Some(_), None) => match line.process {
                Some(of) => processes.contains(&of),
                None => true,
            },
        };
        let mut lines: Vec<String> = self
            .lines
            .iter()
            .rev()
            .filter(concerns)
            .take(SHOWN)
            .map(|line| {
                let process = line
                    .process
                    .map_or_else(String::new, |p| format!("p{}", p.0));
                format!(
                    "{:>11.6}s {process:>5}  {}",
                    line.at.as_secs_f64(),
                    line.text
                )
            })
            .collect();
        lines.reverse();
        lines
    }
}

impl CallNo {
    /// The call of a trace id, which is how calls are found again on the way.
    pub(crate) fn from_trace_id(text: &str) -> Option<CallNo> {
        text.strip_prefix('c')?.parse().ok().map(CallNo)
    }
}

impl std::fmt::Display for ActNo {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "a{}", self.0)
    }
}

impl std::fmt::Display for CallNo {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "c{}", self.0)
    }
}

impl std::fmt::Display for ProcId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "p{}", self.0)
    }
}

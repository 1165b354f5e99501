//! Exit codes: a promise to scripts.

/// How the program ended, as the shell sees it.
///
/// | code | name | what a script may conclude |
/// |---|---|---|
/// | 0 | `Success` | it was done; also when the reader of our output went away |
/// | 1 | `Failure` | the answer is no: the handler failed, the demo lost a call, not healthy, anything else |
/// | 2 | `Usage` | wrong flags, arguments or settings; nothing was tried |
/// | 3 | `NotRun` | nobody was there to ask, or nobody could take it: no handler ran, trying again is safe |
/// | 4 | `OutcomeUnknown` | a request was sent and its answer was lost: it may have run |
/// | 5 | `Occupied` | the address or the data directory belongs to another process |
/// | 6 | `OtherRouter` | another router serves on these NATS servers: this one was not needed |
/// | 130 | `Interrupted` | SIGINT or SIGTERM came before a short command had done its work |
///
/// A second SIGINT or SIGTERM ends the program at once with 128 + the signal's number, as shells do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ExitCode {
    /// Done.
    Success = 0,
    /// The answer is no.
    Failure = 1,
    /// Wrong flags, arguments or settings. The number is also what clap uses.
    Usage = 2,
    /// Nobody there to ask, or nobody to take it: no handler ran.
    NotRun = 3,
    /// It may have run.
    OutcomeUnknown = 4,
    /// The address or the data directory is taken.
    Occupied = 5,
    /// Another router serves already.
    OtherRouter = 6,
    /// Stopped before the end. The number is what shells use for SIGINT.
    Interrupted = 130,
}

impl From<ExitCode> for std::process::ExitCode {
    fn from(code: ExitCode) -> Self {
        Self::from(code as u8)
    }
}

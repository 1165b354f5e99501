//! Log lines on stderr: one JSON object each where programs read them, plain lines on a terminal.

mod json;

use std::io::{self, IsTerminal};

use tracing_subscriber::EnvFilter;

use crate::exit_code::ExitCode;
use crate::failure::{Failure, Outcome};

/// Starts logging. `filter` is what the person asked for, `default` what the command logs unasked.
///
/// # Errors
/// When the filter cannot be read.
pub(crate) fn start(filter: Option<&str>, default: &str, color: bool) -> Outcome {
    let wanted = filter.unwrap_or(default);
    let filter = EnvFilter::try_new(wanted).map_err(|error| {
        let cause =
            anyhow::Error::new(error).context(format!("cannot read the log filter `{wanted}`"));
        Failure::new(ExitCode::Usage, cause)
            .hint("write a level (`debug`), or pairs: `info,aegis_router=debug`")
    })?;
    let lines = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr);
    if io::stderr().is_terminal() {
        lines.with_ansi(color).init();
    } else {
        lines.event_format(json::JsonLines).init();
    }
    Ok(())
}

//! Log lines on stderr: one JSON object each where programs read them, plain lines on a terminal. What is
//! logged can change while the program runs.

mod json;

use std::io::{self, IsTerminal};
use std::sync::Mutex;

use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Registry, fmt, reload};

use crate::exit_code::ExitCode;
use crate::failure::{Failure, Outcome};

/// Changes what is logged.
#[derive(Debug)]
pub(crate) struct LogControl {
    /// What is logged now, as it was written.
    filter: Mutex<String>,
    reload: reload::Handle<EnvFilter, Registry>,
}

/// Starts logging. `filter` is what the person asked for, `default` what the command logs unasked.
///
/// # Errors
/// When the filter cannot be read.
pub(crate) fn start(filter: Option<&str>, default: &str, color: bool) -> Outcome<LogControl> {
    let wanted = filter.unwrap_or(default);
    let filter = EnvFilter::try_new(wanted).map_err(|error| {
        let cause =
            anyhow::Error::new(error).context(format!("cannot read the log filter `{wanted}`"));
        Failure::new(ExitCode::Usage, cause)
            .hint("write a level (`debug`), or pairs: `info,aegis_router=debug`")
    })?;
    let (filter, reload) = reload::Layer::new(filter);
    let lines = fmt::layer().with_writer(io::stderr);
    let filtered = tracing_subscriber::registry().with(filter);
    if io::stderr().is_terminal() {
        filtered.with(lines.with_ansi(color)).init();
    } else {
        filtered.with(lines.event_format(json::JsonLines)).init();
    }
    Ok(LogControl {
        filter: Mutex::new(wanted.to_owned()),
        reload,
    })
}

impl LogControl {
    /// From now on logs what `wanted` says, and says that it does, whatever that is.
    pub(crate) fn change(&self, wanted: &str) {
        let Ok(mut current) = self.filter.lock() else {
            return;
        };
        if *current == wanted {
            return;
        }
        let filter = EnvFilter::try_new(wanted).map_err(|error| error.to_string());
        // Said under both filters: one of them may leave it out.
        if let Err(error) = filter.and_then(|filter| self.said(&current, wanted, filter)) {
            refused(&error);
            return;
        }
        wanted.clone_into(&mut current);
    }

    fn said(&self, from: &str, to: &str, filter: EnvFilter) -> Result<(), String> {
        let say = || {
            tracing::info!(
                event = "log_filter_changed",
                from,
                to,
                "what is logged changes"
            );
        };
        let was_said = tracing::enabled!(tracing::Level::INFO);
        if was_said {
            say();
        }
        self.reload
            .reload(filter)
            .map_err(|error| error.to_string())?;
        if !was_said {
            say();
        }
        Ok(())
    }
}

/// The settings were read again and cannot be used.
pub(crate) fn refused(error: &str) {
    tracing::warn!(
        event = "log_filter_refused",
        error,
        "what is logged stays as it is"
    );
}

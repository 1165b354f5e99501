//! Settings that change while a program runs: SIGHUP has them read again, as at the start: flags over
//! environment over file. Only what is logged is taken over; the rest waits for the next start.

use std::thread;

use signal_hook::consts::SIGHUP;
use signal_hook::iterator::Signals;

use crate::args::file::FileArgs;
use crate::config::{Given, Problems, Settings};
use crate::failure::{Failure, Outcome};
use crate::logs::{self, LogControl};

/// Begins to listen for the signal.
///
/// # Errors
/// When the operating system refuses a signal handler or a thread.
pub(super) fn on_hangup(
    logs: LogControl,
    unasked: &'static str,
    given: Vec<Given>,
    file: FileArgs,
) -> Outcome {
    let mut signals = Signals::new([SIGHUP]).map_err(Failure::system("cannot wait for signals"))?;
    let reread = move || {
        for _ in signals.forever() {
            match Settings::load(given.clone(), &file) {
                Ok(settings) => logs.change(settings.log.value.as_deref().unwrap_or(unasked)),
                Err(Problems(problems)) => logs::refused(&format!(
                    "{} of the settings cannot be used: `aegis config validate` says which",
                    problems.len()
                )),
            }
        }
    };
    thread::Builder::new()
        .name("settings".to_owned())
        .spawn(reread)
        .map_err(Failure::system("cannot start a thread"))?;
    Ok(())
}

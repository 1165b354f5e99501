//! One visible step: say on stderr what runs, run it with its own output, say how long it took.

use std::env;
use std::ffi::OsStr;
use std::fmt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

/// Why a command of ours ended early; the output of the step itself has been shown already.
#[derive(Debug)]
pub(crate) struct Failed(pub(crate) String);

impl fmt::Display for Failed {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

/// The cargo that started us, in the workspace's folder.
pub(crate) fn cargo(root: &Path) -> Command {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root);
    command
}

/// Whether a program is here and ends well with these arguments; it is neither shown nor heard.
pub(crate) fn answers(program: impl AsRef<OsStr>, arguments: &[&str]) -> bool {
    Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// Runs one step. Its output goes where ours goes: a test command that hides the tests' own words
/// cannot be believed.
///
/// # Errors
/// When the program cannot be started or ends with anything but success.
pub(crate) fn run(name: &str, command: &mut Command) -> Result<(), Failed> {
    eprintln!("==> {name}: {}", shown(command));
    let started = Instant::now();
    let status = command
        .status()
        .map_err(|error| Failed(format!("{name}: cannot start {}: {error}", shown(command))))?;
    if !status.success() {
        return Err(Failed(format!(
            "{name} failed ({status}); repeat it with `{}`",
            shown(command)
        )));
    }
    eprintln!(
        "<== {name}: ok after {:.1} s",
        started.elapsed().as_secs_f64()
    );
    Ok(())
}

/// Says loudly that something cannot run on this machine.
///
/// # Errors
/// Under `CI=true`, where that counts as failed.
pub(crate) fn not_run(what: &str, why: &str) -> Result<(), Failed> {
    eprintln!("\n*** NOT RUN: {what}.");
    eprintln!("*** {why}");
    if env::var("CI").is_ok_and(|value| value == "true") {
        return Err(Failed(
            "under CI=true a test that cannot run counts as failed".to_owned(),
        ));
    }
    eprintln!("*** Every other test passed.\n");
    Ok(())
}

/// The command as a person would type it.
fn shown(command: &Command) -> String {
    let program = Path::new(command.get_program())
        .file_name()
        .unwrap_or(command.get_program());
    let mut words: Vec<String> = command
        .get_envs()
        .filter_map(|(name, value)| {
            Some(format!(
                "{}={:?}",
                name.to_string_lossy(),
                value?.to_string_lossy()
            ))
        })
        .collect();
    words.push(program.to_string_lossy().into_owned());
    words.extend(
        command
            .get_args()
            .map(|word| word.to_string_lossy().into_owned()),
    );
    words.join(" ")
}

//! What the arguments mean: flags over environment over defaults, checked.
//!
//! The flags know their environment variables; what has more than one source is settled here. A
//! configuration file will be one more source of the same values.

use std::env;
use std::path::{Path, PathBuf};

use crate::exit_code::ExitCode;
use crate::failure::{Failure, Outcome};

/// Where a broker is unless somebody says otherwise.
const DEFAULT_SERVER: &str = "nats://127.0.0.1:4222";

/// The broker to connect to: the flag, its variable, what other NATS tools use, the default.
pub(crate) fn server(flag: Option<&str>) -> String {
    flag.map(str::to_owned)
        .or_else(|| variable("NATS_URL"))
        .unwrap_or_else(|| DEFAULT_SERVER.to_owned())
}

/// The router's own directory: the flag, else under the user's directory for state.
///
/// # Errors
/// When there is neither a flag nor a home.
pub(crate) fn data_dir(flag: Option<&Path>) -> Outcome<PathBuf> {
    let default = || {
        let state = variable("XDG_STATE_HOME")
            .map(PathBuf::from)
            .filter(|path| path.is_absolute());
        let home = || variable("HOME").map(|home| Path::new(&home).join(".local").join("state"));
        Some(state.or_else(home)?.join("aegis"))
    };
    flag.map(Path::to_path_buf).or_else(default).ok_or_else(|| {
        let cause = anyhow::anyhow!(
            "no place for the data directory: neither XDG_STATE_HOME nor HOME is set"
        );
        Failure::new(ExitCode::Usage, cause).hint("name one with --data-dir")
    })
}

/// A variable that is set to something.
fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}

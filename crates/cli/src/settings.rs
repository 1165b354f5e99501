//! Where things are on this machine unless a setting says otherwise.

use std::env;
use std::path::{Path, PathBuf};

use crate::exit_code::ExitCode;
use crate::failure::{Failure, Outcome};

/// The router's own directory: the asked one, else under the user's directory for state.
///
/// # Errors
/// When nobody asked for one and there is no home.
pub(crate) fn data_dir(asked: Option<&Path>) -> Outcome<PathBuf> {
    let asked = asked.map(Path::to_path_buf);
    asked.or_else(default_data_dir).ok_or_else(|| {
        let cause = anyhow::anyhow!(
            "no place for the data directory: neither XDG_STATE_HOME nor HOME is set"
        );
        Failure::new(ExitCode::Usage, cause).hint("name one with --data-dir")
    })
}

/// The usual directory, if there is a home.
pub(crate) fn default_data_dir() -> Option<PathBuf> {
    let state = variable("XDG_STATE_HOME")
        .map(PathBuf::from)
        .filter(|path| path.is_absolute());
    let home = || variable("HOME").map(|home| Path::new(&home).join(".local").join("state"));
    Some(state.or_else(home)?.join("aegis"))
}

/// A variable that is set to something.
pub(crate) fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}

//! Settings judged without this machine: no file is opened, no variable is looked up.

use std::ffi::OsString;
use std::path::Path;

use super::problem::Problems;
use super::{Settings, environment, file};

/// One setting that holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accepted {
    /// Its name, as in the file.
    pub key: String,
    /// Its value, as shown to people.
    pub value: String,
    /// `flag`, `environment`, `file` or `default`.
    pub source: &'static str,
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// Stable code.
    pub code: &'static str,
    /// For people: what is wrong, and where it was said.
    pub message: String,
    /// What to do.
    pub hint: Option<String>,
}

/// Judges `text` as if it were in the file `path`, under these variables of the environment.
///
/// # Errors
/// All that is wrong, not the first thing alone.
pub fn judge(
    path: &Path,
    text: &str,
    variables: impl IntoIterator<Item = (OsString, OsString)>,
) -> Result<Vec<Accepted>, Vec<Refused>> {
    let mut problems = Vec::new();
    let mut given = environment::read(variables, &mut problems);
    given.extend(file::parse(path, text, &mut problems));
    match Settings::of(given, Some(path.to_owned()), problems) {
        Ok(settings) => Ok(settings.accepted()),
        Err(Problems(problems)) => Err(problems.iter().map(|it| it.refused()).collect()),
    }
}

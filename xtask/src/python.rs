//! The foreign client: our broker promises to serve any NATS client, so one that we did not write,
//! in a language we did not use, has to say so in every test run.
//!
//! The client is the public Python package, pinned and put under `target/tools/python` once; nothing
//! is installed on the machine. A machine without Python still passes `cargo xtask test`, loudly;
//! under `CI=true` what did not run counts as failed.

use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::step::{self, Failed, cargo};

/// Pinned: a new release of the client must not turn an old commit red.
const CLIENT: &str = "nats-py";
const CLIENT_VERSION: &str = "2.16.0";

const WHAT: &str = "the tests with a NATS client in another language (Python)";

/// Where the test finds the package; read by `crates/broker/tests/python_client.rs`.
const PYTHONPATH_VARIABLE: &str = "AEGIS_PYTHONPATH";

/// Fetches the client if needed and runs the tests that use it.
///
/// # Errors
/// When a test fails, and under `CI=true` also when they cannot run.
pub(crate) fn test_foreign_client(root: &Path) -> Result<(), Failed> {
    if !python_answers(&["--version"]) {
        return step::not_run(WHAT, "There is no `python3` on the path.");
    }
    let package = match fetched_client(root) {
        Ok(package) => package,
        Err(Failed(why)) => return step::not_run(WHAT, &why),
    };
    // Of the whole workspace, as before: another choice of packages would build everything again.
    step::run(
        "tests with a NATS client in another language",
        cargo(root).env(PYTHONPATH_VARIABLE, package).args([
            "test",
            "--locked",
            "--workspace",
            "--test",
            "python_client",
            "--",
            "--ignored",
        ]),
    )
}

/// The folder that holds the client, fetching it first where it is missing.
fn fetched_client(root: &Path) -> Result<PathBuf, Failed> {
    fetched_package(root, "python", CLIENT, CLIENT_VERSION)
}

/// `target/tools/<folder>` with a pinned package in it, fetched first where it is missing.
///
/// # Errors
/// Without Python and pip, and when the package cannot be had.
pub(crate) fn fetched_package(
    root: &Path,
    folder: &str,
    package: &str,
    version: &str,
) -> Result<PathBuf, Failed> {
    let folder = target_dir(root).join("tools").join(folder);
    let marker = folder.join(format!("{}-{version}.dist-info", package.replace('-', "_")));
    if marker.is_dir() {
        return Ok(folder);
    }
    if !python_answers(&["--version"]) {
        return Err(Failed("There is no `python3` on the path.".to_owned()));
    }
    if !python_answers(&["-m", "pip", "--version"]) {
        return Err(Failed(
            "`python3` has no pip (Debian: apt-get install python3-pip).".to_owned(),
        ));
    }
    step::run(
        &format!("fetch {package}"),
        Command::new("python3")
            .args([
                "-m",
                "pip",
                "install",
                "--quiet",
                "--disable-pip-version-check",
                "--no-input",
            ])
            .args(["--upgrade", "--target"])
            .arg(&folder)
            .arg(format!("{package}=={version}")),
    )?;
    Ok(folder)
}

fn python_answers(arguments: &[&str]) -> bool {
    Command::new("python3")
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// Where cargo builds.
pub(crate) fn target_dir(root: &Path) -> PathBuf {
    env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), |folder| root.join(folder))
}

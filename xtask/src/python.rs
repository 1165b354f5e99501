//! Other languages: our broker promises to serve any NATS client and our wire to be written down, so
//! programs that we did not write the libraries of have to say so in every test run.
//!
//! The packages are public ones, pinned beside the examples that use them and put under `target/tools`
//! once; nothing is installed on the machine. A machine without Python or Node still passes
//! `cargo xtask test`, loudly; under `CI=true` what did not run counts as failed.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::nats_server;
use crate::node;
use crate::step::{self, Failed, cargo};

/// Pinned: a new release of a package must not turn an old commit red.
const REQUIREMENTS: &str = "examples/python/requirements.txt";

const WHAT_PYTHON: &str = "the tests with a NATS client in another language (Python)";
const WHAT_BOTH: &str =
    "the tests with a service in Python, a caller in JavaScript and the test vectors";

/// Where tests find the packages.
const PYTHON_VARIABLE: &str = "AEGIS_PYTHONPATH";
const NODE_VARIABLE: &str = "AEGIS_NODE_PACKAGES";

/// Fetches packages if needed and runs the tests that use them: all of them, or with the variable that
/// names the broker and a NATS server those that run on either.
///
/// # Errors
/// When a test fails, and under `CI=true` also when they cannot run.
pub(crate) fn test_other_languages(
    root: &Path,
    on_nats: Option<(&str, &Path)>,
) -> Result<(), Failed> {
    let python = match fetched_list(root, REQUIREMENTS, "python") {
        Ok(folder) => folder,
        Err(Failed(why)) => {
            step::not_run(WHAT_PYTHON, &why)?;
            return step::not_run(WHAT_BOTH, &why);
        }
    };
    // Of the whole workspace, as before: another choice of packages would build everything again.
    let mut tests = cargo(root);
    tests.env(PYTHON_VARIABLE, python);
    tests.args(["test", "--locked", "--workspace", "--test", "first_sdk"]);
    let name = match on_nats {
        None => {
            tests.args(["--test", "python_client"]);
            "tests with other languages"
        }
        Some((variable, server)) => {
            tests
                .env(variable, "nats")
                .env(nats_server::VARIABLE, server);
            "the same on a NATS server"
        }
    };
    let without_node = match node::fetched_packages(root) {
        Ok(folder) => {
            tests
                .env(NODE_VARIABLE, folder)
                .args(["--test", "languages"]);
            Ok(())
        }
        Err(Failed(why)) => Err(why),
    };
    step::run(name, tests.args(["--", "--ignored"]))?;
    without_node.or_else(|why| step::not_run(WHAT_BOTH, &why))
}

/// `target/tools/<folder>` with the packages of this list of requirements, fetched first where one is
/// missing.
///
/// # Errors
/// Without Python and pip, and when a package cannot be had.
pub(crate) fn fetched_list(root: &Path, list: &str, folder: &str) -> Result<PathBuf, Failed> {
    let file = root.join(list);
    let text = fs::read_to_string(&file)
        .map_err(|error| Failed(format!("{list} cannot be read: {error}")))?;
    let folder = target_dir(root).join("tools").join(folder);
    let pinned = text.lines().filter_map(|line| line.split_once("=="));
    if pinned
        .map(|(package, version)| marker(&folder, package, version))
        .all(|marker| marker.is_dir())
    {
        return Ok(folder);
    }
    let mut fetch = pip_install(&folder)?;
    let name = format!("fetch the packages of {list}");
    step::run(&name, fetch.arg("--requirement").arg(file))?;
    Ok(folder)
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
    if marker(&folder, package, version).is_dir() {
        return Ok(folder);
    }
    let mut fetch = pip_install(&folder)?;
    step::run(
        &format!("fetch {package}"),
        fetch.arg(format!("{package}=={version}")),
    )?;
    Ok(folder)
}

/// The folder that pip writes last of a package.
fn marker(folder: &Path, package: &str, version: &str) -> PathBuf {
    folder.join(format!("{}-{version}.dist-info", package.replace('-', "_")))
}

/// pip, about to put packages into `folder`.
fn pip_install(folder: &Path) -> Result<Command, Failed> {
    if !python_answers(&["--version"]) {
        return Err(Failed("There is no `python3` on the path.".to_owned()));
    }
    if !python_answers(&["-m", "pip", "--version"]) {
        return Err(Failed(
            "`python3` has no pip (Debian: apt-get install python3-pip).".to_owned(),
        ));
    }
    let mut pip = Command::new("python3");
    pip.args(["-m", "pip", "install", "--quiet", "--no-input"])
        .args(["--disable-pip-version-check", "--upgrade", "--target"])
        .arg(folder);
    Ok(pip)
}

fn python_answers(arguments: &[&str]) -> bool {
    step::answers("python3", arguments)
}

/// Where cargo builds.
pub(crate) fn target_dir(root: &Path) -> PathBuf {
    env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), |folder| root.join(folder))
}

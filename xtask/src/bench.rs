//! The benchmark with everything that it compares with: the product and the control's clients,
//! optimised, and a NATS server.

use std::path::Path;
use std::process::Command;

use crate::nats_server::{self, VARIABLE};
use crate::python::target_dir;
use crate::step::{self, Failed, cargo};

const WHAT: &str = "the tests of the benchmark with a NATS server to compare with";

/// Runs the tests that compare. The tests of the workspace have built the control's program.
///
/// # Errors
/// When one fails, and under `CI=true` also when there is no server.
pub(crate) fn test_with_control(root: &Path) -> Result<(), Failed> {
    let server = match nats_server::find_or_fetch(root) {
        Ok(server) => server,
        Err(Failed(why)) => return step::not_run(WHAT, &why),
    };
    // Of the whole workspace, as before: another choice of packages would build everything again.
    step::run(
        WHAT,
        cargo(root).env(VARIABLE, server).args([
            "test",
            "--locked",
            "--workspace",
            "--test",
            "program",
            "--",
            "--ignored",
            "bench::",
        ]),
    )
}

/// Builds, fetches, and runs `aegis bench` with these arguments.
///
/// # Errors
/// When any of it fails.
pub(crate) fn run(root: &Path, rest: &[String]) -> Result<(), Failed> {
    let server = nats_server::find_or_fetch(root)?;
    step::run(
        "build",
        cargo(root).args([
            "build",
            "--locked",
            "--release",
            "--package",
            "aegis-cli",
            "--package",
            "aegis-bench-control",
        ]),
    )?;
    let program = target_dir(root).join("release").join("aegis");
    let mut bench = Command::new(program);
    bench
        .current_dir(root)
        .env(VARIABLE, server)
        .arg("bench")
        .args(rest);
    step::run("benchmark", &mut bench)
}

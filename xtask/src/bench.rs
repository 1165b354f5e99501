//! The benchmark with everything that it compares with: the product and the control's clients,
//! optimised, and a NATS server.

use std::path::Path;
use std::process::Command;

use crate::nats_server;
use crate::python::target_dir;
use crate::step::{self, Failed, cargo};

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
        .env("AEGIS_NATS_SERVER", server)
        .arg("bench")
        .args(rest);
    step::run("benchmark", &mut bench)
}

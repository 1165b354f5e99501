//! The test of the simulator: bugs planted on purpose, each of which it must catch.
//!
//! Two builds of the simulator alone, in a profile of their own: one as it is, one with the feature
//! `planted-bugs`. While nothing is sown both must come to the same, run for run.

use std::path::Path;
use std::process::Command;

use crate::step::{self, Failed, cargo};

/// Runs that both builds must agree on.
const COMPARED: &str = "12";

/// The comparison, then the hunt.
///
/// # Errors
/// When a step fails, the two builds differ, or a plant escapes.
pub(crate) fn run(root: &Path, rest: &[String]) -> Result<(), Failed> {
    let seeds = match rest {
        [] => None,
        [flag, seeds] if flag == "--seeds" => Some(seeds.as_str()),
        _ => return Err(Failed("plants takes `--seeds N` or nothing".to_owned())),
    };
    for with_bugs in [false, true] {
        let mut build = simulator(root, "build", with_bugs);
        step::run("build the simulator", build.arg("--quiet"))?;
    }
    println!("==> the first {COMPARED} seeds, with the feature and without");
    let plain = traces(root, false)?;
    if plain != traces(root, true)? {
        return Err(Failed(
            "with nothing sown the two builds of the simulator do not run alike".to_owned(),
        ));
    }
    let mut hunt = simulator(root, "run", true);
    hunt.args(["--quiet", "--", "--plants"]).args(seeds);
    step::run("hunt for planted bugs", &mut hunt)
}

fn simulator(root: &Path, verb: &str, with_bugs: bool) -> Command {
    let mut command = cargo(root);
    command.args([verb, "--locked", "--profile", "plants"]);
    command.args(["--package", "aegis-sim"]);
    if with_bugs {
        command.args(["--features", "planted-bugs"]);
    }
    command
}

fn traces(root: &Path, with_bugs: bool) -> Result<Vec<u8>, Failed> {
    let mut command = simulator(root, "run", with_bugs);
    let output = command
        .args(["--quiet", "--", "--traces", COMPARED])
        .output()
        .map_err(|error| Failed(format!("cannot start the simulator: {error}")))?;
    if output.status.success() && !output.stdout.is_empty() {
        return Ok(output.stdout);
    }
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    Err(Failed(format!("the simulator failed: {text}")))
}

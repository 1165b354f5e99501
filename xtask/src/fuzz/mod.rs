//! `cargo xtask fuzz`: libFuzzer on the stable toolchain.
//!
//! The compiler's own coverage pass is reached by stable flags, and libFuzzer itself is a C++ library
//! that a crate brings along; so all it needs besides Rust is a C++ compiler. The targets are plain
//! functions in the package `aegis-fuzz`, which `cargo test` replays without any of this.

mod build;
mod corpus;
mod folders;
mod options;
mod output;
#[path = "../../../fuzz/src/pack.rs"]
#[expect(
    unreachable_pub,
    reason = "the package of the targets reads packs as well"
)]
mod pack;
mod session;

use std::env;
use std::path::Path;

use crate::step::{self, Failed, cargo};
use build::Binaries;
use folders::Folders;
use options::{Job, Options};

/// What `cargo xtask help` says of it.
pub(crate) const HELP: &str = "\
  fuzz [TARGET..]    look for inputs that break something, 30 s for each target, two at a time
       --seconds N   so long for each target; or --minutes N
       --jobs N      so many targets at a time
       --minimise    then keep in fuzz/corpus only inputs that reach what no other one does
       --replay FILE run one input through TARGET, without the fuzzer";

/// Seconds for each target in CI, and where nobody names another number.
const SECONDS: u64 = 30;

/// Runs what the arguments ask for.
///
/// # Errors
/// When the arguments make no sense, when it cannot be built, and when a target found something.
pub(crate) fn run(root: &Path, rest: &[String]) -> Result<(), Failed> {
    let folders = Folders::new(root);
    let options = Options::parse(rest, &folders.targets()?)?;
    match &options.job {
        Job::Replay { target, input } => replay(root, target, input),
        Job::Look { minimise } => {
            let binaries = build::binaries(root, &folders, &options.targets)?;
            look(&folders, &binaries, &options)?;
            if *minimise {
                corpus::minimise(&folders, &binaries, &options.targets)?;
            }
            Ok(())
        }
    }
}

/// Every target for its time, from the committed corpus.
///
/// # Errors
/// When a target found something; under `CI=true` also when there is no C++ compiler.
pub(crate) fn ci(root: &Path) -> Result<(), Failed> {
    if !build::has_cpp_compiler() {
        eprintln!(
            "\n*** NOT RUN: the fuzz targets. There is no C++ compiler (Debian: apt-get install g++)."
        );
        eprintln!("*** Their committed inputs were replayed by the tests.\n");
        if env::var("CI").is_ok_and(|value| value == "true") {
            return Err(Failed(
                "under CI=true what cannot run counts as failed".to_owned(),
            ));
        }
        return Ok(());
    }
    run(root, &[])
}

fn look(folders: &Folders, binaries: &Binaries, options: &Options) -> Result<(), Failed> {
    println!(
        "==> fuzz: {} targets, {} s each, {} at a time",
        options.targets.len(),
        options.seconds,
        options.jobs
    );
    let ends = session::look(folders, binaries, options)?;
    let found: Vec<&str> = ends
        .iter()
        .filter(|end| end.finding.is_some())
        .map(|end| end.target.as_str())
        .collect();
    if found.is_empty() {
        println!("<== fuzz: ok, nothing found");
        return Ok(());
    }
    Err(Failed(format!("found something in: {}", found.join(", "))))
}

fn replay(root: &Path, target: &str, input: &str) -> Result<(), Failed> {
    step::run(
        "replay",
        cargo(root).args([
            "run",
            "--locked",
            "--quiet",
            "--package",
            "aegis-fuzz",
            "--bin",
            "replay",
            "--",
            target,
            input,
        ]),
    )
}

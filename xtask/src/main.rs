//! One entrance for every developer command: `cargo xtask <command>`.
//!
//! Each command is a short list of ordinary cargo calls that it prints before it runs them, so that
//! any of them can be repeated by hand.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a developer tool talks to its terminal; the printer belongs to the command line `aegis`"
)]

mod bench;
mod coverage;
mod fuzz;
mod nats_server;
mod node;
mod plants;
mod prometheus;
mod python;
mod schemathesis;
mod step;
mod suites;
mod tidy;

use std::env;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use step::{Failed, cargo};

const HELP: &str = "\
cargo xtask <command>

  ci                 everything a change must pass: format, tidy, clippy, documentation,
                     tests, planted bugs, fuzz
  test               every test: the workspace, the end-to-end suites again on a real NATS server,
                     those with a NATS client of others, and those with Prometheus
  tidy               our own style rules, each finding as file:line
  plants [--seeds N] the planted bugs, each of which the simulator must catch
  sim [--seeds N]    the seeded simulator, optimised; its other options are passed on
  outages [N]        NATS servers and brokers killed under load, 50 times (N), the test command does it 5 times
  coverage           lines that the tests reach, by crate; writes docs/coverage.md
  bench <...>        `aegis bench <...>`, optimised, with a NATS server to compare with
  nats-server        the path of that server; fetches it if there is none
  help               this text
";

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let (command, rest) = match arguments.split_first() {
        Some((command, rest)) => (command.as_str(), rest),
        None => ("help", &[][..]),
    };
    match run(command, rest) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failed) => {
            eprintln!("\nxtask {command}: {failed}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: &str, rest: &[String]) -> Result<(), Failed> {
    let root = workspace_root()?;
    if !matches!(
        command,
        "sim" | "bench" | "fuzz" | "plants" | "outages" | "coverage"
    ) && !rest.is_empty()
    {
        return Err(Failed(format!(
            "`{command}` takes no arguments, found `{}`",
            rest.join(" ")
        )));
    }
    match command {
        "ci" => ci(&root),
        "test" => suites::run(&root),
        "tidy" => tidy::run(&root),
        "sim" => sim(&root, rest),
        "outages" => outages(&root, rest),
        "coverage" => coverage::run(&root, rest),
        "bench" => bench::run(&root, rest),
        "nats-server" => {
            println!("{}", nats_server::find_or_fetch(&root)?.display());
            Ok(())
        }
        "fuzz" => fuzz::run(&root, rest),
        "plants" => plants::run(&root, rest),
        "help" | "-h" | "--help" => {
            println!("{HELP}{}", fuzz::HELP);
            Ok(())
        }
        unknown => Err(Failed(format!("no command `{unknown}`\n\n{HELP}"))),
    }
}

/// Cheap checks first, so that a missing comma is known in seconds and not after a full build.
fn ci(root: &Path) -> Result<(), Failed> {
    step::run("format", cargo(root).args(["fmt", "--all", "--check"]))?;
    tidy::run(root)?;
    step::run(
        "clippy",
        cargo(root).args([
            "clippy",
            "--locked",
            "--workspace",
            "--all-targets",
            // The binaries of the fuzz targets too; without their C++ part, which nothing needs here.
            "--features",
            "aegis-fuzz/targets",
            "--",
            "-D",
            "warnings",
        ]),
    )?;
    step::run(
        "documentation",
        cargo(root).env("RUSTDOCFLAGS", "-D warnings").args([
            "doc",
            "--locked",
            "--workspace",
            "--no-deps",
        ]),
    )?;
    suites::run(root)?;
    plants::run(root, &[])?;
    fuzz::ci(root)
}

/// The proof that takes minutes: a server that dies as often as an unlucky operator sees in a year.
fn outages(root: &Path, rest: &[String]) -> Result<(), Failed> {
    let restarts = rest.first().map_or("50", String::as_str);
    let server = nats_server::find_or_fetch(root)?;
    let mut tests = cargo(root);
    tests
        .env(nats_server::VARIABLE, server)
        .env("AEGIS_RESTARTS", restarts)
        .args(["test", "--locked", "--package", "aegis-testkit"])
        .args(["--test", "nats", "--", "--nocapture", "--test-threads", "1"]);
    step::run("outages", &mut tests)
}

fn sim(root: &Path, rest: &[String]) -> Result<(), Failed> {
    let mut simulator = cargo(root);
    simulator.args([
        "run",
        "--locked",
        "--release",
        "--package",
        "aegis-sim",
        "--",
    ]);
    step::run("simulator", simulator.args(rest))
}

/// Cargo tells a running package where its manifest is; asking at run time keeps a cached binary
/// right after the checkout has moved.
fn workspace_root() -> Result<PathBuf, Failed> {
    let manifest = env::var_os("CARGO_MANIFEST_DIR").ok_or_else(|| {
        Failed("start it as `cargo xtask`: CARGO_MANIFEST_DIR is not set".to_owned())
    })?;
    Path::new(&manifest)
        .parent()
        .map(Path::to_path_buf)
        .ok_or_else(|| Failed("the xtask package has no folder above it".to_owned()))
}

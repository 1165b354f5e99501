//! The examples as programs, each with the packages that `cargo xtask test` fetched.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

use aegis_testkit::Program;

/// `examples/python/service.py` as the instance of this name.
pub(crate) fn service(url: &str, instance: &str) -> Program {
    let mut service = python("service.py");
    Program::start(service.env("NATS_URL", url).env("INSTANCE", instance))
}

/// `examples/javascript/caller.mjs` with these arguments.
pub(crate) fn caller(url: &str, arguments: &[&str]) -> Program {
    let mut caller = javascript("caller.mjs");
    Program::start(caller.args(arguments).env("NATS_URL", url))
}

/// An example in Python.
pub(crate) fn python(name: &str) -> Command {
    let mut python = Command::new("python3");
    python
        .arg(example("python").join(name))
        .env("PYTHONPATH", told("AEGIS_PYTHONPATH"));
    python
}

/// An example in JavaScript. Node looks for packages beside the file that imports them, so it runs
/// as a copy beside those that were fetched; under a new name, since other tests do the same.
pub(crate) fn javascript(name: &str) -> Command {
    static COPIES: AtomicU32 = AtomicU32::new(0);
    let copy = format!("{}-{name}", COPIES.fetch_add(1, Ordering::Relaxed));
    let copy = PathBuf::from(told("AEGIS_NODE_PACKAGES")).join(copy);
    fs::copy(example("javascript").join(name), &copy).expect("a copy beside the packages");
    let mut node = Command::new("node");
    node.arg(copy);
    node
}

fn example(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../examples")
        .join(path)
}

fn told(variable: &str) -> OsString {
    env::var_os(variable).expect("cargo xtask test says where the packages are")
}

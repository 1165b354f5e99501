//! Every test: the workspace, then the end-to-end suites once more with a real NATS server in place of
//! the embedded broker, then those that need a client or a server of others.

use std::path::Path;

use crate::nats_server::{self, VARIABLE};
use crate::step::{self, Failed, cargo};
use crate::{bench, prometheus, python, schemathesis};

/// Which broker the end-to-end suites use; read by `crates/testkit/src/router.rs`.
const BROKER_VARIABLE: &str = "AEGIS_TEST_BROKER";

const ON_NATS: &str = "the end-to-end suites on a NATS server";

/// The suites that take whatever broker the test run names.
const SUITES: [&str; 7] = [
    "end_to_end",
    "pauses",
    "alive",
    "hostile",
    "kills",
    "lines",
    "program",
];

/// Plain `cargo test`: a machine that has only Rust has no other runner.
///
/// # Errors
/// When a test fails, and under `CI=true` also when some cannot run.
pub(crate) fn run(root: &Path) -> Result<(), Failed> {
    let server = nats_server::find_or_fetch(root);
    let mut tests = cargo(root);
    if let Ok(server) = &server {
        tests.env(VARIABLE, server);
    }
    // All of it, whatever fails first: a failure that comes alone in an hour is worth a list at once.
    tests.args(["test", "--locked", "--workspace", "--no-fail-fast"]);
    step::run("tests of the workspace", &mut tests)?;
    python::test_other_languages(root, None)?;
    schemathesis::test_http(root)?;
    match server {
        Ok(server) => {
            let mut suites = cargo(root);
            suites.env(VARIABLE, &server).env(BROKER_VARIABLE, "nats");
            // Of the whole workspace, as before: another choice of packages would build everything again.
            suites.args(["test", "--locked", "--workspace", "--no-fail-fast"]);
            suites.args(SUITES.iter().flat_map(|suite| ["--test", suite]));
            step::run(ON_NATS, &mut suites)?;
            python::test_other_languages(root, Some((BROKER_VARIABLE, &server)))?;
        }
        Err(Failed(why)) => step::not_run(ON_NATS, &why)?,
    }
    prometheus::test(root)?;
    bench::test_with_control(root)
}

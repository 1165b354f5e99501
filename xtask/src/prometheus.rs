//! What Prometheus is given is tried with a real one: rules, dashboard, and every alert.

use std::path::Path;

use crate::nats_server;
use crate::step::{self, Failed, cargo};

const WHAT: &str = "the tests with a real Prometheus";

/// Those of its two programs that are not on the path keep the tests from running.
const PROGRAMS: [&str; 2] = ["promtool", "prometheus"];

/// Runs the tests that need Prometheus.
///
/// # Errors
/// When a test fails, and under `CI=true` also when they cannot run.
pub(crate) fn test(root: &Path) -> Result<(), Failed> {
    if let Some(program) = PROGRAMS
        .iter()
        .find(|program| !step::answers(program, &["--version"]))
    {
        let why = format!(
            "There is no `{program}` on the path (Debian: apt-get install --no-install-recommends prometheus)."
        );
        return step::not_run(WHAT, &why);
    }
    let server = match nats_server::find_or_fetch(root) {
        Ok(server) => server,
        Err(Failed(why)) => return step::not_run(WHAT, &why),
    };
    let mut tests = cargo(root);
    tests.env(nats_server::VARIABLE, server);
    // Of the whole workspace, as before: another choice of packages would build everything again.
    tests.args(["test", "--locked", "--workspace", "--test", "monitoring"]);
    step::run("tests with Prometheus", tests.args(["--", "--ignored"]))
}

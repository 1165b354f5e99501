//! The HTTP API against its own description: requests that strangers would make, from a public package, pinned
//! with all that it needs and put under `target/tools` once.

use std::path::Path;

use crate::python;
use crate::step::{self, Failed, cargo};

/// Pinned: a new release of a package must not turn an old commit red.
const REQUIREMENTS: &str = "crates/cli/tests/program/schemathesis.txt";

const WHAT: &str = "the HTTP API against its own description (schemathesis)";

/// Where the test finds the packages.
const VARIABLE: &str = "AEGIS_SCHEMATHESIS";

/// Fetches the package if needed and runs the test that uses it.
///
/// # Errors
/// When it fails, and under `CI=true` also when it cannot run.
pub(crate) fn test_http(root: &Path) -> Result<(), Failed> {
    let folder = match python::fetched_list(root, REQUIREMENTS, "schemathesis") {
        Ok(folder) => folder,
        Err(Failed(why)) => return step::not_run(WHAT, &why),
    };
    let mut test = cargo(root);
    test.env(VARIABLE, folder);
    // Of the whole workspace, as before: another choice of packages would build everything again.
    test.args(["test", "--locked", "--workspace", "--test", "program", "--"]);
    step::run(
        WHAT,
        test.args(["--ignored", "http_answers_as_it_describes"]),
    )
}

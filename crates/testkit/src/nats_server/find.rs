//! Which `nats-server` the tests run: found here, never fetched.

use std::env;
use std::io::Write;
use std::path::PathBuf;

/// Whoever has a server of their own says so here.
const VARIABLE: &str = "AEGIS_NATS_SERVER";

const PROGRAM: &str = "nats-server";

/// The program: what [`VARIABLE`] names, else the one on the path, else the one that
/// `cargo xtask nats-server` fetched. `None`, said on stderr: there is none, and nobody insists.
///
/// # Panics
///
/// If there is none under `CI=true`: there, a test that does not run must not look like one that passed.
pub(super) fn find() -> Option<PathBuf> {
    let found = named().or_else(on_path).or_else(fetched);
    if found.is_none() {
        let missing =
            "no nats-server: run `cargo xtask nats-server`, or name one in AEGIS_NATS_SERVER";
        assert!(env::var("CI").as_deref() != Ok("true"), "{missing}");
        let test = std::thread::current();
        let test = test.name().unwrap_or("a test").to_owned();
        say(&format!("NOT RUN: {test}: {missing}"));
    }
    found
}

fn named() -> Option<PathBuf> {
    let named = env::var_os(VARIABLE).filter(|value| !value.is_empty())?;
    Some(named.into())
}

fn on_path() -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    env::split_paths(&path)
        .map(|folder| folder.join(PROGRAM))
        .find(|file| file.is_file())
}

/// Test programs lie in the target directory, at some depth; so does what was fetched.
fn fetched() -> Option<PathBuf> {
    let this = env::current_exe().ok()?;
    this.ancestors()
        .map(|folder| folder.join("tools").join(PROGRAM).join("bin").join(PROGRAM))
        .find(|file| file.is_file())
}

/// On stderr itself: what the macros print, a test that passes keeps to itself.
pub(crate) fn say(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}

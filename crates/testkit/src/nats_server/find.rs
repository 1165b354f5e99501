//! Which `nats-server` the tests run: found here, never fetched.

use std::env;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// Whoever has a server of their own says so here.
const VARIABLE: &str = "AEGIS_NATS_SERVER";

const PROGRAM: &str = "nats-server";

/// The series that the suites compare with: another may answer otherwise, byte for byte.
const SERIES: &str = "v2.15.";

/// The program: what [`VARIABLE`] names, else the one on the path if it is of the [`SERIES`], else the one
/// that `cargo xtask nats-server` fetched. `None`, said on stderr: there is none, and nobody insists.
///
/// # Panics
///
/// If there is none under `CI=true`: there, a test that does not run must not look like one that passed.
pub(super) fn find() -> Option<PathBuf> {
    // Asked for its version once, and not by each test.
    static FOUND: OnceLock<Option<PathBuf>> = OnceLock::new();
    let found = FOUND.get_or_init(look).clone();
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

fn look() -> Option<PathBuf> {
    if let Some(named) = named() {
        // Somebody wants exactly this one; what fails with it may be a difference of the servers.
        if !is_of_the_series(&named) {
            say(&format!("{VARIABLE} is not a nats-server {SERIES}x"));
        }
        return Some(named);
    }
    on_path().filter(|it| is_of_the_series(it)).or_else(fetched)
}

fn is_of_the_series(program: &Path) -> bool {
    let output = Command::new(program).arg("--version").output();
    output.is_ok_and(|output| String::from_utf8_lossy(&output.stdout).contains(SERIES))
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

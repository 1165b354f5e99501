//! Packages of JavaScript for the example that calls from it.
//!
//! Node looks for packages in the folders above the file that imports them, so they lie in a folder
//! of their own under `target/tools`, and the test copies the example beside them. The committed
//! lock file pins all of them by content; where they come from is the machine's business.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::python::target_dir;
use crate::step::{self, Failed};

const EXAMPLE: &str = "examples/javascript";

/// What npm reads. `.npmrc` keeps addresses of registries out of the lock file.
const MANIFESTS: [&str; 3] = ["package.json", "package-lock.json", ".npmrc"];

/// npm writes it last, so it says that the packages are complete.
const MARKER: &str = "node_modules/.package-lock.json";

/// The folder that holds the packages, fetching them first where they are missing or others.
///
/// # Errors
/// Without Node and npm, and when the packages cannot be had.
pub(crate) fn fetched_packages(root: &Path) -> Result<PathBuf, Failed> {
    for program in ["node", "npm"] {
        if !step::answers(program, &["--version"]) {
            return Err(Failed(format!(
                "There is no `{program}` on the path (Debian: apt-get install nodejs npm)."
            )));
        }
    }
    let folder = target_dir(root).join("tools").join("javascript");
    if is_as_committed(root, &folder) {
        return Ok(folder);
    }
    let failed = |error| Failed(format!("cannot copy the manifests of {EXAMPLE}: {error}"));
    fs::create_dir_all(&folder).map_err(failed)?;
    for name in MANIFESTS {
        fs::copy(root.join(EXAMPLE).join(name), folder.join(name)).map_err(failed)?;
    }
    step::run(
        "fetch packages of JavaScript",
        Command::new("npm")
            .args(["ci", "--no-audit", "--no-fund", "--ignore-scripts"])
            .stdin(Stdio::null())
            .current_dir(&folder),
    )?;
    Ok(folder)
}

fn is_as_committed(root: &Path, folder: &Path) -> bool {
    let same = |name: &&str| {
        let committed = fs::read(root.join(EXAMPLE).join(name));
        let fetched = fs::read(folder.join(name));
        matches!((committed, fetched), (Ok(committed), Ok(fetched)) if committed == fetched)
    };
    folder.join(MARKER).is_file() && MANIFESTS.iter().all(same)
}

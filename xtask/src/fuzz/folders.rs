//! Where inputs, findings and binaries are.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use crate::step::Failed;

/// The folders of the package and of what is not committed.
#[derive(Debug)]
pub(super) struct Folders {
    package: PathBuf,
    made: PathBuf,
}

impl Folders {
    pub(super) fn new(root: &Path) -> Self {
        let target = env::var_os("CARGO_TARGET_DIR");
        let target = target.map_or_else(|| root.join("target"), |folder| root.join(folder));
        Self {
            package: root.join("fuzz"),
            made: target.join("fuzz"),
        }
    }

    /// The names of all targets: one file each.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub(super) fn targets(&self) -> Result<Vec<String>, Failed> {
        let folder = self.package.join("targets");
        let unreadable = |error| Failed(format!("cannot read {}: {error}", folder.display()));
        let mut names = Vec::new();
        for entry in fs::read_dir(&folder).map_err(unreadable)? {
            let path = entry.map_err(unreadable)?.path();
            names.extend(
                path.file_stem()
                    .map(|name| name.to_string_lossy().into_owned()),
            );
        }
        names.sort();
        Ok(names)
    }

    /// The committed inputs of a target, in one file.
    pub(super) fn pack(&self, target: &str) -> PathBuf {
        self.package.join("corpus").join(format!("{target}.pack"))
    }

    /// The same, unpacked anew for each run.
    pub(super) fn corpus(&self, target: &str) -> PathBuf {
        self.made.join("corpus").join(target)
    }

    /// The inputs that broke something once.
    pub(super) fn regressions(&self, target: &str) -> PathBuf {
        self.package.join("regressions").join(target)
    }

    /// A target's build of its own, since its flags are nobody else's.
    pub(super) fn build(&self) -> PathBuf {
        self.made.join("build")
    }

    /// Where the fewest inputs are collected that reach as much as all.
    pub(super) fn fewest(&self, target: &str) -> PathBuf {
        self.made.join("fewest").join(target)
    }

    /// What the fuzzer learned on this machine; kept, so that it goes on where it stopped.
    pub(super) fn learned(&self, target: &str) -> PathBuf {
        self.made.join("learned").join(target)
    }

    /// What broke something.
    pub(super) fn findings(&self, target: &str) -> PathBuf {
        self.made.join("findings").join(target)
    }
}

/// Makes a folder that is empty, and gives it back.
///
/// # Errors
/// When that is not possible.
pub(super) fn emptied(folder: PathBuf) -> Result<PathBuf, Failed> {
    if folder.is_dir() {
        fs::remove_dir_all(&folder)
            .map_err(|error| Failed(format!("cannot empty {}: {error}", folder.display())))?;
    }
    made(folder)
}

/// Makes a folder, and gives it back.
///
/// # Errors
/// When that is not possible.
pub(super) fn made(folder: PathBuf) -> Result<PathBuf, Failed> {
    fs::create_dir_all(&folder)
        .map_err(|error| Failed(format!("cannot make {}: {error}", folder.display())))?;
    Ok(folder)
}

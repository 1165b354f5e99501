//! The targets as binaries that count which code they reach.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::folders::Folders;
use crate::step::{self, Failed, cargo};

/// The compiler pass that counts, as cargo-fuzz turns it on; all of it is stable. Counters say what
/// code was reached and how often; traced compares let the fuzzer read the constants it is compared
/// with.
const COVERAGE: &str = "-Cpasses=sancov-module \
    -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters \
    -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares";

/// The built targets.
#[derive(Debug)]
pub(super) struct Binaries {
    folder: PathBuf,
}

impl Binaries {
    /// The binary of a target.
    pub(super) fn of(&self, target: &str) -> PathBuf {
        self.folder.join(target)
    }
}

/// Whether libFuzzer can be built here.
pub(super) fn has_cpp_compiler() -> bool {
    let compiler = env::var_os("CXX").unwrap_or_else(|| "c++".into());
    step::answers(compiler, &["--version"])
}

/// Builds targets.
///
/// # Errors
/// When there is no C++ compiler, or the build fails.
pub(super) fn binaries(
    root: &Path,
    folders: &Folders,
    targets: &[String],
) -> Result<Binaries, Failed> {
    if !has_cpp_compiler() {
        return Err(Failed(
            "libFuzzer needs a C++ compiler, `c++` (Debian: apt-get install g++)".to_owned(),
        ));
    }
    // With a target triple named, the flags leave build scripts and macros alone.
    let host = host(root)?;
    let mut build = cargo(root);
    build.env("RUSTFLAGS", COVERAGE).args([
        "build",
        "--locked",
        "--profile",
        "fuzz",
        "--package",
        "aegis-fuzz",
        "--features",
        "libfuzzer",
        "--target",
        &host,
    ]);
    build.arg("--target-dir").arg(folders.build());
    for target in targets {
        build.args(["--bin", target]);
    }
    step::run("build the fuzz targets", &mut build)?;
    Ok(Binaries {
        folder: folders.build().join(host).join("fuzz"),
    })
}

/// The triple of this machine.
fn host(root: &Path) -> Result<String, Failed> {
    let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(rustc)
        .current_dir(root)
        .arg("-vV")
        .output()
        .map_err(|error| Failed(format!("cannot ask rustc for its host: {error}")))?;
    String::from_utf8_lossy(&output.stdout)
        .lines()
        .find_map(|line| line.strip_prefix("host: "))
        .map(str::to_owned)
        .ok_or_else(|| Failed("rustc does not say its host".to_owned()))
}

//! The committed inputs: unpacked for the fuzzer, and made few again.

use std::fs;
use std::io;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use super::build::Binaries;
use super::folders::{Folders, emptied, made};
use super::session::MAX_INPUT_BYTES;
use super::{output, pack};
use crate::step::Failed;

/// The folder with the committed inputs of a target, one file each; empty for a new target.
///
/// # Errors
/// When it cannot be written.
pub(super) fn unpacked(folders: &Folders, target: &str) -> Result<PathBuf, Failed> {
    let folder = emptied(folders.corpus(target))?;
    let pack = fs::read(folders.pack(target)).unwrap_or_default();
    for (number, input) in pack::read(&pack).into_iter().enumerate() {
        fs::write(folder.join(format!("{number:04}")), input)
            .map_err(|error| Failed(format!("cannot unpack the corpus of {target}: {error}")))?;
    }
    Ok(folder)
}

/// Replaces each committed corpus by the fewest inputs that reach the same code, of those that are
/// committed and those that were learned.
///
/// # Errors
/// When a target cannot be started, or a file not be written.
pub(super) fn minimise(
    folders: &Folders,
    binaries: &Binaries,
    targets: &[String],
) -> Result<(), Failed> {
    for target in targets {
        let io = |error: io::Error| Failed(format!("cannot minimise {target}: {error}"));
        let fewest = emptied(folders.fewest(target))?;
        let output = Command::new(binaries.of(target))
            // By code reached alone: how often it was reached would keep ten times as many.
            .args(["-set_cover_merge=1", "-use_counters=0"])
            .arg(format!("-max_len={MAX_INPUT_BYTES}"))
            .arg(&fewest)
            .arg(unpacked(folders, target)?)
            .arg(made(folders.learned(target))?)
            .stdin(Stdio::null())
            .output()
            .map_err(io)?;
        if !output.status.success() {
            let text = String::from_utf8_lossy(&output.stderr);
            let end = output::end_of(&text);
            return Err(Failed(format!("cannot minimise {target}:\n{end}")));
        }
        let inputs = files(&fewest).map_err(io)?;
        let pack = pack::write(inputs.iter().map(Vec::as_slice));
        fs::write(folders.pack(target), &pack).map_err(io)?;
        println!(
            "    {target}: {} inputs, {} bytes",
            inputs.len(),
            pack.len()
        );
    }
    Ok(())
}

/// The files of a folder, in the order of their names.
fn files(folder: &PathBuf) -> io::Result<Vec<Vec<u8>>> {
    let entries: io::Result<Vec<_>> = fs::read_dir(folder)?.collect();
    let mut paths: Vec<PathBuf> = entries?.iter().map(fs::DirEntry::path).collect();
    paths.sort();
    paths.iter().map(fs::read).collect()
}

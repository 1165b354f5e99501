//! A committed file says nothing about the machine it was written on, and ends its lines cleanly.

use super::finding::Finding;
use super::tree::{SourceFile, Tree};

/// Folders in which people and build machines keep checkouts.
const HOMES: [&str; 4] = ["/home/", "/root/", "/work/", "/Users/"];

/// Where packages come from is the machine's business: its own settings name registries and mirrors.
const REGISTRIES: [&str; 8] = [
    "registry.npmjs.org",
    "pypi.org",
    "pythonhosted.org",
    "static.crates.io",
    "index.crates.io",
    "index-url",
    "replace-with",
    "[registries",
];

/// The one source that a lock file may name.
const LOCKED_SOURCE: &str = "source = \"registry+https://github.com/rust-lang/crates.io-index\"";

/// Text made by tools, kept as they made it.
const GENERATED_ENDINGS: [&str; 2] = [".snap", ".lock"];

/// Inputs of fuzz targets: bytes, some of which look like text.
const INPUTS: [&str; 2] = ["fuzz/corpus/", "fuzz/regressions/"];

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let written = tree
        .files()
        .iter()
        .filter(|file| !file.path.starts_with("xtask/src/tidy/"))
        .filter(|file| !INPUTS.iter().any(|inputs| file.path.starts_with(inputs)));
    written.flat_map(check_file).collect()
}

fn check_file(file: &SourceFile) -> Vec<Finding> {
    let generated = GENERATED_ENDINGS
        .iter()
        .any(|ending| file.path.ends_with(ending));
    let mut findings = Vec::new();
    for (index, line) in file.text.lines().enumerate() {
        let mut refuse =
            |message: String| findings.push(Finding::refused(&file.path, index + 1, message));
        if !generated && line.ends_with([' ', '\t', '\r']) {
            refuse("white space at the end of the line".to_owned());
        }
        if let Some(home) = HOMES.iter().find(|home| names_absolute(line, home)) {
            refuse(format!(
                "an absolute path under `{home}`: it exists on one machine only"
            ));
        }
        if let Some(registry) = REGISTRIES.iter().find(|registry| line.contains(*registry)) {
            refuse(format!(
                "names a package registry (`{registry}`): leave that to the machine's settings"
            ));
        }
        if file.path == "Cargo.lock" && line.starts_with("source = ") && line != LOCKED_SOURCE {
            refuse("the lock file names another source than the public registry".to_owned());
        }
    }
    findings
}

/// Whether the folder starts a path here: `src/work/` inside a longer path does not.
fn names_absolute(line: &str, folder: &str) -> bool {
    line.match_indices(folder).any(|(at, _)| {
        let before = line.get(..at).and_then(|text| text.chars().next_back());
        !before.is_some_and(|sign| sign.is_alphanumeric() || "_-.}*".contains(sign))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(path: &str, text: &str) -> usize {
        check(&Tree::of(&[(path, text)])).len()
    }

    #[test]
    fn trailing_white_space_is_refused_except_in_snapshots() {
        assert_eq!(refused("README.md", "a \n"), 1);
        assert_eq!(refused("src/a.rs", "a\t\n"), 1);
        assert_eq!(refused("a.snap", "a \n"), 0);
        assert_eq!(refused("fuzz/corpus/codec_raw/0a1b", "PING \r\n"), 0);
    }

    #[test]
    fn absolute_paths_of_one_machine_are_refused() {
        for line in [
            "\"/home/ann/x\"",
            "see /root/x",
            "/work/main",
            "(/Users/ann/x)",
        ] {
            assert_eq!(refused("docs/a.md", line), 1, "{line}");
        }
        for line in [
            "crates/client/src/work/send.rs",
            "$HOME/.local/state",
            "https://example.org/home.html",
        ] {
            assert_eq!(refused("docs/a.md", line), 0, "{line}");
        }
    }

    #[test]
    fn registries_are_left_to_the_machine() {
        assert_eq!(
            refused(
                ".ci/run",
                "pip install --index-url https://mirror.example\n"
            ),
            1
        );
        assert_eq!(
            refused(".cargo/config.toml", "replace-with = \"mirror\"\n"),
            1
        );
    }

    #[test]
    fn the_lock_file_names_the_public_registry_only() {
        assert_eq!(refused("Cargo.lock", LOCKED_SOURCE), 0);
        assert_eq!(
            refused(
                "Cargo.lock",
                "source = \"sparse+https://mirror.example/\"\n"
            ),
            1
        );
    }
}

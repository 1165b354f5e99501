//! Every file in `scenarios/` is a story an operator can read: what happened, at the left margin;
//! what the router did about it, indented. The story is played to the real machine, timers fire at
//! their exact instants, the invariants are checked after every event, and the effects must be the
//! ones written, in the order written.
//!
//! `AEGIS_UPDATE_SCENARIOS=1 cargo test -p aegis-core --test scenarios` rewrites the effects: read
//! the difference before believing it.

#![expect(
    clippy::expect_used,
    reason = "without its files the test has nothing to say"
)]

mod scenario;

use std::fs;
use std::path::{Path, PathBuf};

fn scenario_files() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenarios");
    let mut files: Vec<PathBuf> = fs::read_dir(&folder)
        .expect("the folder of scenarios")
        .map(|entry| entry.expect("a folder entry").path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "txt"))
        .collect();
    files.sort();
    files
}

#[test]
fn every_scenario_plays_as_written() {
    let update = std::env::var_os("AEGIS_UPDATE_SCENARIOS").is_some();
    let files = scenario_files();
    assert!(files.len() >= 30, "only {} scenarios found", files.len());
    let mut broken = Vec::new();
    for file in &files {
        let written = fs::read_to_string(file).expect("a scenario");
        let name = file.file_stem().unwrap_or_default().to_string_lossy();
        // A broken invariant panics: the last name printed is the scenario that broke it.
        println!("{name}");
        let played = match scenario::play(&written) {
            Ok(played) => played,
            Err(mistake) => {
                broken.push(format!("{name}: {mistake}"));
                continue;
            }
        };
        if update && played != written {
            fs::write(file, played).expect("a scenario rewritten");
        } else if let Some(difference) = scenario::difference(&written, &played) {
            broken.push(format!("{name}: {difference}"));
        }
    }
    assert!(
        broken.is_empty(),
        "{} scenarios went otherwise:\n\n{}",
        broken.len(),
        broken.join("\n\n")
    );
}

#[test]
fn a_wrong_effect_is_noticed() {
    let story = "at 0s register orders/a\n  admit orders/b token=t1 lease=30s\n";
    let played = scenario::play(story).expect("a story");
    assert_ne!(scenario::difference(story, &played), None);
}

#[test]
fn mistakes_name_their_line() {
    for (story, mistake) in [
        ("at 0s dance", "line 1: unknown command `dance`"),
        ("# x\nat 5s wait\nat 4s wait", "line 3: time runs backwards"),
        ("at 0s reply k1#1 success", "line 1: unknown call `k1`"),
        ("  admit orders/a", "line 1: an effect before any command"),
    ] {
        assert_eq!(scenario::play(story).unwrap_err().to_string(), mistake);
    }
}

//! Style rules that no other tool knows, checked on the text of the tree.
//!
//! Each rule lives in one file, takes the tree as plain text and returns findings, so its tests feed
//! it bad text. A rule that needs an exception is given one in the code it concerns, with a reason:
//! `// tidy: allow sleep: the handler's own work takes 20 ms`.

mod events;
mod finding;
mod length;
mod manifest;
mod map;
mod places;
mod tree;
mod words;

use std::path::Path;

use crate::step::Failed;
use finding::{Finding, Weight};
use tree::Tree;

/// Runs every rule and prints what it found.
///
/// # Errors
/// When the tree cannot be read, or any finding is refused and not only reported.
pub(crate) fn run(root: &Path) -> Result<(), Failed> {
    println!("==> tidy");
    let tree =
        Tree::read(root).map_err(|error| Failed(format!("tidy cannot read the tree: {error}")))?;
    let findings = check(&tree);
    for finding in &findings {
        println!("{finding}");
    }
    let refused = findings
        .iter()
        .filter(|finding| finding.weight == Weight::Refused)
        .count();
    if refused > 0 {
        return Err(Failed(format!("tidy refuses {refused} places")));
    }
    println!("<== tidy: ok, {} files", tree.files().len());
    Ok(())
}

fn check(tree: &Tree) -> Vec<Finding> {
    let rules = [
        map::check,
        manifest::check,
        words::check,
        length::check,
        places::check,
        events::check,
    ];
    let mut findings: Vec<Finding> = rules.iter().flat_map(|rule| rule(tree)).collect();
    findings.sort();
    findings
}

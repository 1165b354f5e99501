//! A file has one idea. Length is the cheapest sign that it has two.

use super::finding::Finding;
use super::tree::Tree;

/// From here on a file is worth a second look.
const LONG: usize = 350;
/// From here on it holds two ideas.
const TOO_LONG: usize = 600;

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let rust = tree
        .files()
        .iter()
        .filter(|file| file.path.ends_with(".rs"));
    rust.filter_map(|file| {
        let lines = file.text.lines().count();
        if lines > TOO_LONG {
            let message = format!("{lines} lines, at most {TOO_LONG}: split it by idea");
            Some(Finding::refused(&file.path, lines, message))
        } else if lines > LONG {
            Some(Finding::reported(
                &file.path,
                lines,
                format!("{lines} lines; over {LONG} is long"),
            ))
        } else {
            None
        }
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::super::finding::Weight;
    use super::*;

    fn weight(lines: usize) -> Option<Weight> {
        check(&Tree::of(&[("a.rs", &"x\n".repeat(lines))]))
            .first()
            .map(|finding| finding.weight)
    }

    #[test]
    fn long_is_reported_and_too_long_is_refused() {
        assert_eq!(weight(350), None);
        assert_eq!(weight(351), Some(Weight::Reported));
        assert_eq!(weight(600), Some(Weight::Reported));
        assert_eq!(weight(601), Some(Weight::Refused));
    }

    #[test]
    fn only_rust_is_measured() {
        assert_eq!(check(&Tree::of(&[("Cargo.lock", &"x\n".repeat(2000))])), []);
    }
}

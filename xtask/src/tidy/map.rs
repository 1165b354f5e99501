//! The map stays true: `ARCHITECTURE.md` names every crate, and nothing that is not there.

use super::finding::Finding;
use super::tree::Tree;

const MAP: &str = "ARCHITECTURE.md";

/// Endings by which a name without a folder is still a path.
const FILE_ENDINGS: [&str; 4] = [".rs", ".toml", ".md", ".txt"];

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let Some(map) = tree.file(MAP) else {
        return vec![Finding::refused(
            MAP,
            1,
            "is missing: newcomers need the map",
        )];
    };
    let spans: Vec<(usize, &str)> = code_spans(&map.text).collect();
    let mut findings = Vec::new();
    for &(line, span) in &spans {
        if is_path(span) && !exists(tree, span) {
            findings.push(Finding::refused(
                MAP,
                line,
                format!("`{span}` does not exist"),
            ));
        }
    }
    for (name, _) in tree.crates() {
        let names = [
            name.to_owned(),
            format!("crates/{name}"),
            format!("aegis-{name}"),
        ];
        if !spans
            .iter()
            .any(|(_, span)| names.iter().any(|name| name == span))
        {
            findings.push(Finding::refused(
                MAP,
                1,
                format!("the crate `{name}` is not on the map"),
            ));
        }
    }
    findings
}

/// Text between single backticks, outside fenced blocks, with its line.
fn code_spans(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut fenced = false;
    text.lines().enumerate().flat_map(move |(index, line)| {
        let fence = line.trim_start().starts_with("```");
        fenced ^= fence;
        let quoted = if fenced || fence { "" } else { line };
        quoted
            .split('`')
            .skip(1)
            .step_by(2)
            .map(move |span| (index + 1, span))
    })
}

/// Our packages and whatever is written like a path. Commands have spaces, routes of the admin
/// listener start with a slash, patterns have a star: those are not paths.
fn is_path(span: &str) -> bool {
    let written_like_one = span
        .chars()
        .all(|sign| sign.is_ascii_alphanumeric() || "_-./".contains(sign))
        && !span.starts_with('/');
    let of_ours = span.contains('/') || span.starts_with("aegis-");
    written_like_one && (of_ours || FILE_ENDINGS.iter().any(|ending| span.ends_with(ending)))
}

/// Paths count from the workspace, or from `crates/` (`core/src/router.rs`). A bare file name may be
/// anywhere: the sentence around it says in which crate.
fn exists(tree: &Tree, span: &str) -> bool {
    if let Some(name) = span
        .strip_prefix("aegis-")
        .filter(|name| !name.contains('/'))
    {
        return tree.has(&format!("crates/{name}/Cargo.toml"));
    }
    if !span.contains('/')
        && tree
            .files()
            .iter()
            .any(|file| file.path.ends_with(&format!("/{span}")))
    {
        return true;
    }
    tree.has(span) || tree.has(&format!("crates/{span}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn messages(map: &str) -> Vec<String> {
        let tree = Tree::of(&[
            (MAP, map),
            ("crates/core/Cargo.toml", ""),
            ("crates/core/src/router.rs", ""),
        ]);
        check(&tree).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_true_map_passes() {
        let map = "`core` decides in `core/src/router.rs`, see `router.rs`, `/livez`, `crates/*` and `cargo a/b`.\n";
        assert_eq!(messages(map), Vec::<String>::new());
    }

    #[test]
    fn a_path_that_does_not_exist_is_refused_with_its_line() {
        let found = messages("`core`\n\nsee `crates/core/src/gone.rs`\n");
        assert_eq!(
            found,
            ["ARCHITECTURE.md:3: refused: `crates/core/src/gone.rs` does not exist"]
        );
    }

    #[test]
    fn a_package_that_does_not_exist_is_refused() {
        assert_eq!(
            messages("`core` `aegis-hub`\n"),
            ["ARCHITECTURE.md:1: refused: `aegis-hub` does not exist"]
        );
    }

    #[test]
    fn a_crate_that_is_not_named_is_refused() {
        assert_eq!(
            messages("nothing\n"),
            ["ARCHITECTURE.md:1: refused: the crate `core` is not on the map"]
        );
    }

    #[test]
    fn fenced_blocks_are_not_read() {
        assert_eq!(
            messages("`core`\n```\n`crates/no`\n```\n"),
            Vec::<String>::new()
        );
    }

    #[test]
    fn a_missing_map_is_refused() {
        assert_eq!(check(&Tree::of(&[])).len(), 1);
    }
}

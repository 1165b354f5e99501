//! Words that may not stand in the code, or only in some places.

use super::finding::Finding;
use super::tree::{SourceFile, Tree};

/// One forbidden word.
struct Rule {
    /// Name in `// tidy: allow <name>: <reason>`.
    name: &'static str,
    words: &'static [&'static str],
    /// Whether the word is wrong in this file at a line that is, or is not, part of a test.
    applies: fn(path: &str, in_test: bool) -> bool,
    message: &'static str,
}

const RULES: [Rule; 4] = [
    Rule {
        name: "sleep",
        words: &["sleep("],
        applies: |_, in_test| in_test,
        message: "tests do not sleep: hand machines their `now`, or wait for a condition with a deadline",
    },
    Rule {
        name: "unfinished",
        words: &["todo!", "unimplemented!", "dbg!"],
        applies: |_, _| true,
        message: "unfinished code does not go in",
    },
    Rule {
        name: "print",
        words: &["println!", "print!", "eprintln!", "eprint!"],
        applies: |path, in_test| !in_test && !may_print(path),
        message: "only crates/cli/src/printer.rs prints; log with `tracing`, or return the text",
    },
    Rule {
        name: "routing",
        words: &["crate::"],
        applies: |path, in_test| !in_test && is_routing(path),
        message: "`core/routing` knows `aegis_types` and itself only, so that it can move into the SDK",
    },
];

/// The printer, the developer's tool, the simulator's command, benchmarks and what readers copy.
fn may_print(path: &str) -> bool {
    path == "crates/cli/src/printer.rs"
        || path == "crates/sim/src/main.rs"
        || path.starts_with("xtask/")
        || path.contains("/examples/")
        || path.contains("/benches/")
}

fn is_routing(path: &str) -> bool {
    path.starts_with("crates/core/src/routing/") || path == "crates/core/src/routing.rs"
}

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    // These rules name the words; they cannot be measured with themselves.
    let rust = tree
        .files()
        .iter()
        .filter(|file| file.path.ends_with(".rs") && !file.path.starts_with("xtask/src/tidy/"));
    rust.flat_map(check_file).collect()
}

fn check_file(file: &SourceFile) -> Vec<Finding> {
    let tests_from = first_test_line(file);
    let mut findings = Vec::new();
    let mut above = "";
    for (index, line) in file.text.lines().enumerate() {
        let code = line.trim_start();
        if !code.starts_with("//") {
            let in_test = index + 1 >= tests_from;
            let broken = RULES.iter().filter(|rule| {
                (rule.applies)(&file.path, in_test)
                    && rule.words.iter().any(|word| has_word(code, word))
                    && !allowed(rule, above)
                    && !allowed(rule, line)
            });
            findings
                .extend(broken.map(|rule| Finding::refused(&file.path, index + 1, rule.message)));
        }
        above = line;
    }
    findings
}

/// The line from which on a file is test code: its first for a file of tests, else that of its test
/// module, which stands last by our habit.
pub(super) fn first_test_line(file: &SourceFile) -> usize {
    let path = format!("/{}", file.path);
    if path.contains("/tests/") || path.ends_with("/tests.rs") {
        return 1;
    }
    let lines: Vec<&str> = file.text.lines().map(str::trim).collect();
    let opens_module = |pair: &[&str]| matches!(pair, [first, second] if first.starts_with("#[cfg(test)]") && second.starts_with("mod ") && second.ends_with('{'));
    lines
        .windows(2)
        .position(opens_module)
        .map_or(usize::MAX, |index| index + 1)
}

/// Finds the word where no longer word contains it: `print!` is not in `eprint!`.
fn has_word(code: &str, word: &str) -> bool {
    code.match_indices(word).any(|(at, _)| {
        let before = code.get(..at).and_then(|text| text.chars().next_back());
        !before.is_some_and(|sign| sign.is_alphanumeric() || sign == '_')
    })
}

fn allowed(rule: &Rule, line: &str) -> bool {
    let Some((_, exception)) = line.split_once("// tidy: allow ") else {
        return false;
    };
    exception
        .split_once(": ")
        .is_some_and(|(name, reason)| name == rule.name && !reason.trim().is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(path: &str, text: &str) -> Vec<usize> {
        check(&Tree::of(&[(path, text)]))
            .iter()
            .map(|finding| finding.line)
            .collect()
    }

    #[test]
    fn a_sleeping_test_is_refused_wherever_tests_live() {
        assert_eq!(lines("crates/a/tests/e2e.rs", "thread::sleep(x);\n"), [1]);
        assert_eq!(lines("crates/a/src/b/tests.rs", "sleep(x).await;\n"), [1]);
        assert_eq!(
            lines(
                "crates/a/src/b.rs",
                "sleep(x);\n#[cfg(test)]\nmod tests {\n    sleep(x);\n}\n"
            ),
            [4]
        );
        assert_eq!(
            lines(
                "crates/a/src/b.rs",
                "#[cfg(test)]\nmod tests;\nfn f() { sleep(x) }\n"
            ),
            [0; 0]
        );
    }

    #[test]
    fn an_exception_needs_its_name_and_a_reason() {
        let with =
            |comment: &str| lines("crates/a/tests/e2e.rs", &format!("{comment}\nsleep(x);\n"));
        assert_eq!(with("// tidy: allow sleep: the handler's own work"), [0; 0]);
        assert_eq!(with("// tidy: allow sleep:  "), [2]);
        assert_eq!(with("// tidy: allow print: the handler's own work"), [2]);
    }

    #[test]
    fn unfinished_code_is_refused() {
        for word in ["todo!()", "unimplemented!()", "dbg!(x)"] {
            assert_eq!(lines("crates/a/src/b.rs", word), [1], "{word}");
        }
        assert_eq!(
            lines("crates/a/src/b.rs", "// todo!() in a comment\n"),
            [0; 0]
        );
    }

    #[test]
    fn only_the_printer_prints() {
        assert_eq!(
            lines("crates/cli/src/main.rs", "println!();\neprint!();\n"),
            [1, 2]
        );
        assert_eq!(lines("crates/cli/src/printer.rs", "println!();\n"), [0; 0]);
        assert_eq!(
            lines("crates/client/examples/first.rs", "println!();\n"),
            [0; 0]
        );
        assert_eq!(lines("crates/client/tests/a.rs", "println!();\n"), [0; 0]);
        assert_eq!(lines("crates/core/benches/a.rs", "println!();\n"), [0; 0]);
    }

    #[test]
    fn routing_knows_only_the_types() {
        assert_eq!(
            lines(
                "crates/core/src/routing/pick.rs",
                "use crate::registry::X;\n"
            ),
            [1]
        );
        assert_eq!(
            lines(
                "crates/core/src/routing/pick.rs",
                "use super::X;\nuse aegis_types::Y;\n"
            ),
            [0; 0]
        );
        assert_eq!(
            lines("crates/core/src/delivery.rs", "use crate::routing::X;\n"),
            [0; 0]
        );
    }
}

//! Every log line has a code, and the page of codes is true: code, level, who logs it and fields.
//!
//! The page is written from the table in `crates/types`; this holds the sources to the page, and the
//! page to the sources.

use std::collections::{BTreeMap, BTreeSet};

use super::finding::Finding;
use super::tree::{SourceFile, Tree};
use super::words::first_test_line;

const PAGE: &str = "docs/reference/log-events.md";

/// Whose sources log, and as whom the page names them.
const LOGGERS: [(&str, &str); 5] = [
    ("crates/router/src/", "router"),
    ("crates/broker/src/", "broker"),
    ("crates/bus/src/", "connection"),
    ("crates/client/src/", "SDK"),
    ("crates/cli/src/", "program"),
];

const LEVELS: [&str; 5] = ["trace", "debug", "info", "warn", "error"];

/// One call of a `tracing` macro.
#[derive(Debug, PartialEq)]
struct Line<'a> {
    number: usize,
    level: &'static str,
    /// The literal after `event =`.
    code: Option<&'a str>,
    fields: Vec<&'a str>,
}

/// A code, and who logs it: what two log under one code are two kinds of line, with fields of their own.
type Kind<'a> = (&'a str, &'a str);

/// What is said of a kind of line: by the page, or by the sources.
#[derive(Debug, Default, PartialEq)]
struct Said<'a> {
    number: usize,
    levels: BTreeSet<&'a str>,
    fields: BTreeSet<&'a str>,
}

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let Some(page) = tree.file(PAGE) else {
        return Vec::new();
    };
    let promised = rows(&page.text);
    let mut found: BTreeMap<Kind<'_>, Said<'_>> = BTreeMap::new();
    let mut findings = Vec::new();
    for file in tree
        .files()
        .iter()
        .filter(|file| file.path.ends_with(".rs"))
    {
        let logger = LOGGERS.iter().find(|(path, _)| file.path.starts_with(path));
        let Some((_, logger)) = logger else { continue };
        for line in lines(file) {
            let Some(code) = line.code else {
                let message = "a log line without `event = \"..\"`: give it a stable code";
                findings.push(Finding::refused(&file.path, line.number, message));
                continue;
            };
            if !promised.contains_key(&(code, *logger)) {
                let message = format!("the event `{code}` of the {logger} is not in {PAGE}");
                findings.push(Finding::refused(&file.path, line.number, message));
            }
            let said = found.entry((code, *logger)).or_default();
            said.levels.insert(line.level);
            said.fields.extend(line.fields);
        }
    }
    for (kind, promised) in &promised {
        let (code, logger) = kind;
        let message = match found.get(kind) {
            None => format!("the {logger} does not log `{code}`"),
            Some(found) => match difference(promised, found) {
                Some(difference) => format!("`{code}` of the {logger}: {difference}"),
                None => continue,
            },
        };
        findings.push(Finding::refused(PAGE, promised.number, message));
    }
    findings
}

fn difference(page: &Said<'_>, sources: &Said<'_>) -> Option<String> {
    let columns = [
        ("levels", &page.levels, &sources.levels),
        ("fields", &page.fields, &sources.fields),
    ];
    let (name, page, sources) = columns.iter().find(|(_, page, sources)| page != sources)?;
    let list = |set: &BTreeSet<&str>| set.iter().copied().collect::<Vec<_>>().join(" ");
    Some(format!(
        "{name} on the page: {}; in the sources: {}",
        list(page),
        list(sources)
    ))
}

/// The rows of the page's tables.
fn rows(page: &str) -> BTreeMap<Kind<'_>, Said<'_>> {
    page.lines().enumerate().filter_map(row).collect()
}

fn row((index, line): (usize, &str)) -> Option<(Kind<'_>, Said<'_>)> {
    let mut cells = line.strip_prefix("| `")?.split('|').map(str::trim);
    let code = cells.next()?.trim_end_matches('`');
    let levels = cells.next()?.split(", ").collect();
    let logger = cells.next()?;
    let fields = cells
        .next()?
        .split_whitespace()
        .map(|field| field.trim_matches('`'))
        .collect();
    Some((
        (code, logger),
        Said {
            number: index + 1,
            levels,
            fields,
        },
    ))
}

/// The calls of `tracing` macros in a file, its tests left out.
fn lines(file: &SourceFile) -> Vec<Line<'_>> {
    let text = &file.text;
    let tests_from = first_test_line(file);
    let mut found = Vec::new();
    for level in LEVELS {
        let word = format!("{level}!(");
        for (at, _) in text.match_indices(&word) {
            let before = text.get(..at).unwrap_or_default();
            let number = before.matches('\n').count() + 1;
            let is_longer = before.ends_with(|sign: char| sign.is_alphanumeric() || sign == '_');
            let line = before.rsplit('\n').next().unwrap_or_default();
            if number >= tests_from || is_longer || line.trim_start().starts_with("//") {
                continue;
            }
            let arguments = arguments(text.get(at + word.len()..).unwrap_or_default());
            found.push(read(number, level, &arguments));
        }
    }
    found
}

fn read<'a>(number: usize, level: &'static str, arguments: &[&'a str]) -> Line<'a> {
    let mut line = Line {
        number,
        level,
        code: None,
        fields: Vec::new(),
    };
    for argument in arguments {
        let (name, value) = match argument.split_once(" = ") {
            Some((name, value)) if !argument.starts_with('"') => (name, Some(value)),
            _ => (*argument, None),
        };
        let name = name.trim().trim_start_matches(['%', '?']);
        if name == "event" {
            let literal = value.and_then(|value| value.trim().strip_prefix('"'));
            line.code = literal.and_then(|literal| literal.strip_suffix('"'));
        } else if name.starts_with('"') {
            // The message; what follows are its arguments.
            break;
        } else {
            line.fields.push(name);
        }
    }
    line
}

/// The arguments of a call, up to its closing bracket.
fn arguments(text: &str) -> Vec<&str> {
    let (mut depth, mut quoted, mut escaped, mut from) = (0, false, false, 0);
    let mut found = Vec::new();
    for (at, sign) in text.char_indices() {
        if quoted {
            quoted = sign != '"' || escaped;
            escaped = sign == '\\' && !escaped;
            continue;
        }
        match sign {
            '"' => quoted = true,
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' if depth > 0 => depth -= 1,
            ',' | ')' if depth == 0 => {
                let argument = text.get(from..at).unwrap_or_default().trim();
                if !argument.is_empty() {
                    found.push(argument);
                }
                from = at + 1;
                if sign == ')' {
                    break;
                }
            }
            _ => {}
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROW: &str = "| `call_lost` | info, warn | router | `service` `error` | What. | Do. |\n";

    fn messages(page: &str, source: &str) -> Vec<String> {
        let files = [(PAGE, page), ("crates/router/src/a.rs", source)];
        check(&Tree::of(&files))
            .iter()
            .map(ToString::to_string)
            .collect()
    }

    const TRUE: &str = "info!(event = \"call_lost\", service = name(a, b), \"lost, {x}\", x = 1);\n\
                        tracing::warn!(\n    event = \"call_lost\",\n    service, %error, \"lost\"\n);\n";

    #[test]
    fn a_page_that_says_what_is_logged_passes() {
        assert_eq!(messages(ROW, TRUE), Vec::<String>::new());
    }

    #[test]
    fn a_line_without_a_literal_code_is_refused() {
        for line in [
            "debug!(service, \"lost\");\n",
            "debug!(event = why.code(), \"lost\");\n",
            "debug!(\"an event = \\\"x\\\" in the text\");\n",
        ] {
            assert_eq!(messages("", line).len(), 1, "{line}");
        }
    }

    #[test]
    fn a_code_that_is_not_on_the_page_and_one_that_nobody_logs_are_refused() {
        let source = "info!(event = \"call_found\", \"found\");\n";
        let messages = messages(ROW, source);
        assert_eq!(
            messages,
            [
                "crates/router/src/a.rs:1: refused: the event `call_found` of the router is not in docs/reference/log-events.md",
                "docs/reference/log-events.md:1: refused: the router does not log `call_lost`",
            ]
        );
    }

    #[test]
    fn levels_and_fields_must_agree() {
        for (from, to) in [
            ("info, warn", "info"),
            ("`service`", "`service` `instance`"),
        ] {
            assert_eq!(messages(&ROW.replace(from, to), TRUE).len(), 1, "{to}");
        }
    }

    /// The fields of one logger are no promise for the other.
    #[test]
    fn each_who_logs_a_code_has_a_row_of_its_own() {
        let other = ROW.replace("| router |", "| SDK |");
        let of_both = messages(&format!("{ROW}{other}"), TRUE);
        assert_eq!(
            of_both,
            ["docs/reference/log-events.md:2: refused: the SDK does not log `call_lost`"]
        );
        assert_eq!(messages(&other, TRUE).len(), 3, "two lines and one row");
    }

    #[test]
    fn tests_and_comments_may_log_what_they_like() {
        let source = "// info!(\"no\");\n#[cfg(test)]\nmod tests {\n    info!(\"x\");\n}\n";
        assert_eq!(messages("", source), Vec::<String>::new());
    }
}

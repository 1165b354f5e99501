//! What the source declares: tables in the documentation of records, and fields of records that serde
//! writes. One text for rustdoc, the page and the tests.

use std::fs;
use std::path::Path;

/// A row of a table.
#[derive(Clone, Debug)]
pub(super) struct Row {
    pub(super) keys: Vec<String>,
    pub(super) kind: String,
    /// `yes`, `no`, `native` or `default X`.
    pub(super) needed: String,
    pub(super) meaning: String,
}

/// A record, or a part of one, with its keys.
pub(super) struct Table {
    /// Of the type or the function.
    pub(super) name: String,
    pub(super) rows: Vec<Row>,
}

/// Every table of `crates/wire/src`.
pub(super) fn tables() -> Vec<Table> {
    let mut tables = Vec::new();
    for text in files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src")) {
        let lines: Vec<&str> = text.lines().collect();
        for (at, line) in lines.iter().enumerate() {
            let Some(name) = item(line) else { continue };
            let above = lines[..at].iter().rev();
            let mut docs: Vec<&str> = above.take_while(|line| belongs(line)).copied().collect();
            docs.reverse();
            let is_serde = docs.iter().any(|line| line.contains("Serialize"));
            let rows = if is_serde {
                fields(&lines[at + 1..])
            } else {
                rows(&docs)
            };
            if !rows.is_empty() {
                tables.push(Table {
                    name: name.to_owned(),
                    rows,
                });
            }
        }
    }
    tables
}

fn files(folder: &Path) -> Vec<String> {
    let mut paths: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    paths.sort();
    let texts = paths.iter().flat_map(|path| match path.is_dir() {
        true => files(path),
        false => vec![fs::read_to_string(path).unwrap()],
    });
    texts.collect()
}

/// The name of a public struct or function that begins on this line.
fn item(line: &str) -> Option<&str> {
    let rest = line
        .strip_prefix("pub struct ")
        .or_else(|| line.strip_prefix("pub fn "))?;
    rest.split(|c: char| !c.is_alphanumeric() && c != '_')
        .next()
}

fn belongs(line: &str) -> bool {
    line.starts_with("///") || line.starts_with("#[")
}

fn rows(docs: &[&str]) -> Vec<Row> {
    let cells = docs.iter().filter_map(|line| line.strip_prefix("/// | `"));
    let row = |line: &str| {
        let cells: Vec<&str> = line
            .trim_end_matches('|')
            .split(" | ")
            .map(str::trim)
            .collect();
        let [keys, kind, needed, meaning] = cells[..] else {
            panic!("a row needs key, type, needed and meaning: `{line}");
        };
        let keys = keys
            .split(',')
            .map(|key| key.trim().trim_matches('`').to_owned());
        Row {
            keys: keys.collect(),
            kind: kind.to_owned(),
            needed: needed.to_owned(),
            meaning: without_links(meaning),
        }
    };
    cells.map(row).collect()
}

/// Rustdoc's links mean nothing on the page.
fn without_links(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("[`") {
        let (name, after) = after.split_once("`]").unwrap();
        out.push_str(&format!("{before}`{name}`"));
        rest = match after.strip_prefix('(') {
            Some(link) => link.split_once(')').unwrap().1,
            None => after,
        };
    }
    out + rest
}

/// The fields of a struct that serde writes; nil where they are optional.
fn fields(lines: &[&str]) -> Vec<Row> {
    let mut rows = Vec::new();
    let mut meaning = String::new();
    for line in lines.iter().take_while(|line| **line != "}") {
        let line = line.trim();
        if let Some(doc) = line.strip_prefix("/// ") {
            meaning = format!("{meaning} {doc}");
        } else if let Some((key, kind)) = line.strip_prefix("pub ").and_then(|f| f.split_once(": "))
        {
            rows.push(Row {
                keys: vec![key.to_owned()],
                kind: kind_of(kind.trim_end_matches(',')),
                needed: "yes".to_owned(),
                meaning: without_links(meaning.trim()),
            });
            meaning.clear();
        }
    }
    rows
}

fn kind_of(rust: &str) -> String {
    let inner = |outer: &str| rust.strip_prefix(outer)?.strip_suffix('>');
    if let Some(kind) = inner("Option<") {
        return format!("{} or nil", kind_of(kind));
    }
    if let Some(kind) = inner("Vec<") {
        return format!("list of {}", kind_of(kind));
    }
    match rust {
        "u64" => "int".to_owned(),
        "String" => "text".to_owned(),
        "bool" => "bool".to_owned(),
        record => format!("`{record}`"),
    }
}

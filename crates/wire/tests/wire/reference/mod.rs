//! `docs/reference/wire.md`: prose written by hand in `wire.md` beside this file, with the tables of
//! the code put in, and the list of the test vectors.

mod codes;
mod limits;
mod source;
mod subjects;
mod tables;

use std::fmt::Write;
use std::fs;

use crate::described::DESCRIBED;
use crate::folder::{path, write_or_compare};
use crate::records;

const PROSE: &str = include_str!("wire.md");
const VECTORS: &str = include_str!("vectors.md");

/// A line of the prose that stands for a table: `{{keys RouteRequest}}`.
fn wanted(line: &str) -> Option<&str> {
    line.strip_prefix("{{")?.strip_suffix("}}")
}

fn keys(name: &str) -> String {
    let tables = source::tables();
    let found = tables.iter().find(|table| table.name == name);
    let found = found.unwrap_or_else(|| panic!("the page names {name}, which has no table"));
    let mut text = String::from("| key | type | needed | meaning |\n|---|---|---|---|\n");
    for row in &found.rows {
        let keys: Vec<String> = row.keys.iter().map(|key| format!("`{key}`")).collect();
        let (kind, needed, meaning) = (&row.kind, &row.needed, &row.meaning);
        writeln!(
            text,
            "| {} | {kind} | {needed} | {meaning} |",
            keys.join(", ")
        )
        .unwrap();
    }
    text
}

fn vectors() -> String {
    let mut text = String::from("| vector | record | from, to | its reader |\n|---|---|---|---|\n");
    for described in DESCRIBED {
        let (name, reader) = (described.name, described.reader);
        let record = records::find(described.record);
        let (from, to) = (record.from, record.to);
        writeln!(
            text,
            "| `{name}` | `{}` | {from}, {to} | {reader} |",
            record.name
        )
        .unwrap();
    }
    text
}

fn page(prose: &str) -> String {
    let line =
        |line: &str| match wanted(line).map(|want| want.split_once(' ').unwrap_or((want, ""))) {
            None => format!("{line}\n"),
            Some(("subjects", _)) => subjects::table(),
            Some(("codes", _)) => codes::table(),
            Some(("limits", _)) => limits::table(),
            Some(("vectors", _)) => vectors(),
            Some(("keys", name)) => keys(name),
            Some((other, _)) => panic!("the page wants {other}, which nothing makes"),
        };
    prose.lines().map(line).collect()
}

#[test]
fn the_page_is_what_the_code_says() {
    write_or_compare("wire.md", page(PROSE).as_bytes());
    write_or_compare("vectors/README.md", page(VECTORS).as_bytes());
}

#[test]
fn every_table_is_on_the_page() {
    for table in source::tables() {
        let want = format!("{{{{keys {}}}}}", table.name);
        assert!(PROSE.contains(&want), "{} is not on the page", table.name);
    }
}

#[test]
fn every_vector_in_the_folder_is_described() {
    for entry in fs::read_dir(path("vectors")).unwrap() {
        let file = entry.unwrap().file_name().into_string().unwrap();
        let (name, _) = file.split_once('.').unwrap();
        let known = DESCRIBED.iter().any(|described| described.name == name);
        assert!(
            known || ["README", "name_tokens"].contains(&name),
            "{file} is nobody's"
        );
    }
}

//! The declared keys are those that we write and read: the committed vectors have all of them, and
//! our readers take and refuse what the tables say.

use std::fs;

use crate::described::{DESCRIBED, Described};
use crate::folder::path;
use crate::naive::{Value, parse};
use crate::records::{RECORDS, Record, find};

use super::source::{Row, Table, tables};

/// Parts of records that have tables of their own, and where they stand.
const PARTS: &[(&str, &str, &str)] = &[
    ("RegisterRequest", "methods", "MethodDeclaration"),
    ("CallReply", "error", "CallError"),
    ("CallError", "attempts", "AttemptReport"),
    ("ServiceList", "services", "ServiceEntry"),
    ("ServiceEntry", "methods", "MethodEntry"),
    ("ServiceList", "router", "RouterEntry"),
    ("InstanceList", "instances", "InstanceEntry"),
    ("InstanceList", "router", "RouterEntry"),
];

fn value_of(described: &Described) -> Option<Value> {
    let file = path(&format!("vectors/{}.msgpack", described.name));
    let bytes = fs::read(file).expect("a vector that was written by an earlier run");
    parse(&bytes).map(|(value, _)| value)
}

/// A vector, or a part of one.
#[derive(Clone)]
struct Sample {
    name: &'static str,
    value: Value,
}

impl Sample {
    /// Whether we write it ourselves: others may use fewer keys, and keys of their own.
    fn is_ours(&self) -> bool {
        !["legacy_", "edge_"]
            .iter()
            .any(|start| self.name.starts_with(start))
    }

    fn is_native(&self) -> bool {
        !self.name.ends_with("_legacy")
    }
}

/// The vectors of a record that are taken.
fn samples(record: &str) -> Vec<Sample> {
    let taken = |d: &&Described| d.record == record && !d.name.starts_with("hostile_");
    let sample = |d: &Described| {
        let value = value_of(d)?;
        Some(Sample {
            name: d.name,
            value,
        })
    };
    DESCRIBED.iter().filter(taken).filter_map(sample).collect()
}

fn entries(value: &Value) -> &[(Value, Value)] {
    match value {
        Value::Map(entries) => entries,
        _ => &[],
    }
}

/// `error` and what lies below it, where a table names keys with dots.
fn keys(value: &Value, dotted: bool) -> Vec<String> {
    let mut keys = Vec::new();
    for (key, value) in entries(value) {
        let Value::Str(key) = key else { continue };
        let key = String::from_utf8(key.clone()).unwrap();
        if dotted && key == "error" {
            let below = self::keys(value, false);
            keys.extend(below.iter().map(|below| format!("{key}.{below}")));
        } else {
            keys.push(key);
        }
    }
    keys
}

fn get<'a>(value: &'a Value, key: &str) -> Option<&'a Value> {
    let found = entries(value).iter().find(|(k, _)| *k == Value::text(key));
    found.map(|(_, value)| value)
}

/// Samples that we write have the declared keys and none besides.
fn have(what: &str, rows: &[&Row], samples: &[Sample]) {
    let keys_of = rows.iter().flat_map(|row| &row.keys);
    let dotted = keys_of.clone().any(|key| key.contains('.'));
    for sample in samples.iter().filter(|sample| sample.is_ours()) {
        let (name, found) = (sample.name, keys(&sample.value, dotted));
        for key in &found {
            let known = keys_of.clone().any(|other| other == key);
            assert!(known, "{name}: `{key}` is not in the table of {what}");
        }
        for row in rows {
            let native = row.needed == "native" && sample.is_native();
            for key in row.keys.iter().filter(|_| native || row.needed == "yes") {
                assert!(
                    found.contains(key),
                    "{name}: {what} says that `{key}` is there"
                );
            }
        }
    }
}

/// Each key is in one sample at least.
fn are_shown(what: &str, rows: &[Row], samples: &[Sample]) {
    let mut keys_of = rows.iter().flat_map(|row| &row.keys);
    let dotted = keys_of.clone().any(|key| key.contains('.'));
    let seen: Vec<String> = samples
        .iter()
        .flat_map(|s| keys(&s.value, dotted))
        .collect();
    let missing = keys_of.find(|key| !seen.contains(key));
    assert_eq!(missing, None, "no vector has this key of {what}");
}

fn table<'a>(all: &'a [Table], name: &str) -> &'a Table {
    let found = all.iter().find(|table| table.name == name);
    found.unwrap_or_else(|| panic!("{name} has no table in its documentation"))
}

#[test]
fn vectors_have_the_declared_keys() {
    let all = tables();
    for record in RECORDS {
        let rows: Vec<&Row> = record
            .tables
            .iter()
            .flat_map(|name| &table(&all, name).rows)
            .collect();
        have(record.name, &rows, &samples(record.name));
    }
}

#[test]
fn vectors_show_every_declared_key() {
    for Table { name, rows } in &tables() {
        let records = RECORDS.iter().filter(|r| r.tables.contains(&&**name));
        let samples: Vec<Sample> = records.flat_map(|record| samples(record.name)).collect();
        let is_part = PARTS.iter().any(|(_, _, part)| part == name);
        if !is_part {
            are_shown(name, rows, &samples);
        }
    }
}

#[test]
fn parts_have_the_declared_keys() {
    let all = tables();
    for (whole, key, part) in PARTS {
        let wholes = match PARTS.iter().find(|(_, _, part)| part == whole) {
            Some((outer, above, _)) => below(&samples(outer), above),
            None => samples(whole),
        };
        let (part, parts) = (table(&all, part), below(&wholes, key));
        have(&part.name, &part.rows.iter().collect::<Vec<_>>(), &parts);
        are_shown(&part.name, &part.rows, &parts);
    }
}

fn below(samples: &[Sample], key: &str) -> Vec<Sample> {
    let mut found = Vec::new();
    // A service's own error is passed on with the keys that the service gave it.
    for sample in samples
        .iter()
        .filter(|sample| !sample.name.contains("passed"))
    {
        let parts = match get(&sample.value, key) {
            Some(Value::Array(items)) => items.clone(),
            Some(value @ Value::Map(_)) => vec![value.clone()],
            _ => Vec::new(),
        };
        let name = sample.name;
        found.extend(parts.into_iter().map(|value| Sample { name, value }));
    }
    found
}

fn with(value: &Value, key: &str, new: Option<Value>) -> Vec<u8> {
    let mut entries = entries(value).to_vec();
    entries.retain(|(k, _)| *k != Value::text(key));
    entries.extend(new.map(|new| (Value::text(key), new)));
    Value::Map(entries).encode(false)
}

/// The numbers of `10 to 300,000` or `at most 255`.
fn range(meaning: &str) -> Option<(u64, u64)> {
    let words: Vec<&str> = meaning.split([' ', ';', '.']).collect();
    let number = |word: &str| {
        word.trim_end_matches(',')
            .replace(',', "")
            .parse::<u64>()
            .ok()
    };
    words.windows(3).find_map(|words| match words {
        [from, "to", to] => Some((number(from)?, number(to)?)),
        ["at", "most", to] => Some((0, number(to)?)),
        _ => None,
    })
}

#[test]
fn requests_are_read_as_declared() {
    let all = tables();
    for record in RECORDS.iter().filter(|record| record.is_request) {
        for Sample { name, value } in samples(record.name).into_iter().filter(Sample::is_ours) {
            for row in record
                .tables
                .iter()
                .flat_map(|name| &table(&all, name).rows)
            {
                for key in &row.keys {
                    is_read_as_declared(record, &format!("{name}: `{key}`"), &value, key, row);
                }
            }
        }
    }
}

fn is_read_as_declared(record: &Record, what: &str, value: &Value, key: &str, row: &Row) {
    let read = |new: Option<Value>| record.read(&with(value, key, new)).is_ok();
    let optional = row.needed == "no" || row.needed.starts_with("default");
    assert_eq!(
        read(None),
        optional || (row.needed == "native" && key != "lease_token"),
        "{what} left out"
    );
    let other = read(Some(Value::Ext(5, vec![1])));
    assert_eq!(other, row.kind == "any", "{what} of another type");
    if let (true, Some((least, most))) = (row.kind == "int", range(&row.meaning)) {
        let fits = |n: u64| read(Some(Value::Uint(n)));
        assert!(fits(least) && fits(most), "{what} at its limits");
        assert!(!fits(most + 1), "{what} above its limit");
        assert!(least == 0 || !fits(least - 1), "{what} below its limit");
    }
}

#[test]
fn unknown_keys_are_ignored_everywhere() {
    for described in DESCRIBED.iter().filter(|d| !d.name.starts_with("hostile_")) {
        let value = value_of(described).unwrap();
        let bytes = with(
            &value,
            "some_later_key",
            Some(Value::Array(vec![Value::Nil])),
        );
        assert_eq!(
            find(described.record).read(&bytes),
            Ok(()),
            "{}",
            described.name
        );
    }
}

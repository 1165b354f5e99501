//! The table of limits, with their values in the code and their words in the source.

use std::fmt::Write;
use std::fs;
use std::path::Path;
use std::time::Duration;

use aegis_types::limits::*;
use aegis_wire::admin::MAX_PAGE;

/// A list of constants as names and texts of their values.
macro_rules! values {
    ($($name:ident $unit:literal),* $(,)?) => { &[$((stringify!($name), || $name.shown($unit))),*] };
}

/// A constant of the source, and the text of its value.
type Limit = (&'static str, fn() -> String);

const VALUES: &[Limit] = values![
    MAX_NAME_BYTES "bytes",
    MAX_VALUE_DEPTH "levels",
    DEFAULT_CALL_TIMEOUT "",
    MAX_CALL_TIMEOUT "",
    DEFAULT_MAX_INSTANCES "attempts",
    MAX_INSTANCES_PER_CALL "attempts",
    DEFAULT_HEARTBEAT_INTERVAL "",
    MIN_HEARTBEAT_INTERVAL "",
    MAX_HEARTBEAT_INTERVAL "",
    DEFAULT_LEASE_TTL "",
    MAX_LEASE_TTL "",
    LEASE_INTERVALS "intervals",
    MAX_LAG "",
    MAX_METADATA_BYTES "bytes",
    MAX_METHODS "methods",
    MAX_LOGGED_TRACE_BYTES "bytes",
];

trait Shown {
    fn shown(self, unit: &str) -> String;
}

macro_rules! counts {
    ($($count:ty),*) => { $(impl Shown for $count {
        fn shown(self, unit: &str) -> String {
            format!("{self} {unit}")
        }
    })* };
}

counts!(usize, u8, u16, u32);

impl Shown for Duration {
    fn shown(self, _: &str) -> String {
        format!("{self:?}")
    }
}

pub(super) fn table() -> String {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../types/src/limits.rs");
    let source = fs::read_to_string(source).unwrap();
    let mut table = String::from("| limit | value |\n|---|---|\n");
    let mut meaning = String::new();
    for line in source.lines() {
        if let Some(doc) = line.strip_prefix("/// ") {
            meaning = format!("{meaning} {doc}").trim().to_owned();
        } else if let Some(name) = line.strip_prefix("pub const ") {
            let name = name.split(':').next().unwrap();
            let value = VALUES.iter().find(|(other, _)| *other == name);
            let (_, value) = value.unwrap_or_else(|| panic!("{name} is not listed in limits.rs"));
            writeln!(table, "| {} | {} |", meaning.trim_end_matches('.'), value()).unwrap();
            meaning.clear();
        }
    }
    writeln!(
        table,
        "| Most entries of one page of a listing | {} |",
        MAX_PAGE.shown("entries")
    )
    .unwrap();
    table
}

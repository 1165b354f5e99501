//! The generated part of `docs/reference`: written with `AEGIS_WRITE_DOCS=1`, compared otherwise.

use std::path::{Path, PathBuf};
use std::{env, fs};

use super::described::{self, Described};
use super::json::json;
use super::naive::parse;
use super::records;

/// Set to write the files instead of comparing them.
const WRITE: &str = "AEGIS_WRITE_DOCS";

pub(crate) fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../docs/reference")
        .join(name)
}

/// The file holds exactly this.
pub(crate) fn write_or_compare(name: &str, bytes: &[u8]) {
    if env::var_os(WRITE).is_some() {
        fs::create_dir_all(path("vectors")).unwrap();
        fs::write(path(name), bytes).unwrap();
    }
    let written = fs::read(path(name)).unwrap_or_default();
    assert!(
        written == bytes,
        "docs/reference/{name} is not what the code says: {WRITE}=1 cargo test -p aegis-wire"
    );
}

/// A vector that we write.
pub(crate) fn written(name: &str, encode: impl FnOnce(&mut Vec<u8>)) {
    let mut bytes = Vec::new();
    encode(&mut bytes);
    check(name, &bytes);
}

/// A vector that others made.
pub(crate) fn given(name: &str) -> Vec<u8> {
    let bytes = fs::read(path(&format!("vectors/{name}.msgpack"))).unwrap_or_default();
    assert!(!bytes.is_empty(), "the vector {name} is missing");
    check(name, &bytes);
    bytes
}

/// The two files of a vector, and that our readers do with it what its description says.
pub(crate) fn check(name: &str, bytes: &[u8]) {
    let described = described::find(name);
    let refusal = records::find(described.record).read(bytes).err();
    write_or_compare(&format!("vectors/{name}.msgpack"), bytes);
    let text = description(described, bytes, refusal.as_deref());
    write_or_compare(&format!("vectors/{name}.json"), text.as_bytes());
    assert_eq!(
        refusal.is_some(),
        name.starts_with("hostile_"),
        "{name}: {refusal:?}"
    );
}

fn description(described: &Described, bytes: &[u8], refusal: Option<&str>) -> String {
    let record = records::find(described.record);
    let quoted = |text: &str| serde_json::to_string(text).unwrap();
    let mut lines = vec![
        format!("\"record\": {}", quoted(record.name)),
        format!("\"from\": {}", quoted(record.from)),
        format!("\"to\": {}", quoted(record.to)),
        format!("\"reader\": {}", quoted(described.reader)),
    ];
    lines.extend(refusal.map(|refusal| format!("\"refusal\": {}", quoted(refusal))));
    // What is not one whole value of MessagePack has none.
    if let Some((value, [])) = parse(bytes) {
        lines.push(format!("\"value\": {}", json(&value, 1)));
    }
    format!("{{\n  {}\n}}\n", lines.join(",\n  "))
}

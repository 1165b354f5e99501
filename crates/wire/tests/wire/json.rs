//! MessagePack as JSON that loses nothing: what JSON cannot say stands in a map with one key that
//! begins with `$`. `docs/reference/vectors/README.md` lists them.

use super::naive::Value;

/// The largest integer that every reader of JSON holds exactly: 2^53.
const EXACT: u64 = 1 << 53;

/// What is not longer stands on one line.
const SHORT: usize = 90;

/// JSON with two spaces for each level.
pub(crate) fn json(value: &Value, level: usize) -> String {
    match value {
        Value::Nil => "null".to_owned(),
        Value::Bool(value) => value.to_string(),
        Value::Uint(value) if *value <= EXACT => value.to_string(),
        Value::Uint(value) => tagged("int", &value.to_string()),
        Value::Int(value) if value.unsigned_abs() <= EXACT => value.to_string(),
        Value::Int(value) => tagged("int", &value.to_string()),
        Value::Float(value) if value.is_finite() => format!("{value:?}"),
        Value::Float(value) => tagged("float", &value.to_string()),
        Value::Str(bytes) => match std::str::from_utf8(bytes) {
            Ok(text) => quoted(text),
            Err(_) => tagged("text_not_utf8", &hex(bytes)),
        },
        Value::Bin(bytes) => tagged("bytes", &hex(bytes)),
        Value::Ext(kind, bytes) => format!("{{\"$ext\": [{kind}, {}]}}", quoted(&hex(bytes))),
        Value::Array(items) => {
            let items = items.iter().map(|item| json(item, level + 1));
            block('[', &items.collect::<Vec<_>>(), ']', level)
        }
        Value::Map(entries) => map(entries, level),
    }
}

fn map(entries: &[(Value, Value)], level: usize) -> String {
    let keys: Option<Vec<String>> = entries.iter().map(|(key, _)| text(key)).collect();
    let differ = |keys: &Vec<String>| (1..keys.len()).all(|n| !keys[..n].contains(&keys[n]));
    if let Some(keys) = keys.filter(differ) {
        let line = |(key, (_, value)): (String, &(Value, Value))| {
            format!("{}: {}", quoted(&key), json(value, level + 1))
        };
        let lines: Vec<String> = keys.into_iter().zip(entries).map(line).collect();
        return block('{', &lines, '}', level);
    }
    let pair = |(key, value): &(Value, Value)| {
        format!("[{}, {}]", json(key, level + 2), json(value, level + 2))
    };
    let pairs: Vec<String> = entries.iter().map(pair).collect();
    let pairs = block('[', &pairs, ']', level + 1);
    format!("{{\"$map\": {pairs}}}")
}

fn text(key: &Value) -> Option<String> {
    match key {
        Value::Str(bytes) => String::from_utf8(bytes.clone()).ok(),
        _ => None,
    }
}

fn block(open: char, lines: &[String], close: char, level: usize) -> String {
    if lines.is_empty() {
        return format!("{open}{close}");
    }
    let one_line = lines.join(", ");
    if one_line.len() <= SHORT && !one_line.contains('\n') {
        return format!("{open}{one_line}{close}");
    }
    let inner = "  ".repeat(level + 1);
    let outer = "  ".repeat(level);
    let lines = lines.join(&format!(",\n{inner}"));
    format!("{open}\n{inner}{lines}\n{outer}{close}")
}

fn tagged(tag: &str, text: &str) -> String {
    format!("{{\"${tag}\": {}}}", quoted(text))
}

fn quoted(text: &str) -> String {
    serde_json::to_string(text).unwrap()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

//! The walk over MessagePack against a reader that builds values.
//!
//! Both find the same values in the same bytes, except that the walk refuses what is nested too
//! deep; what the walk lets through can be written again.

mod twin;

use aegis_types::limits::MAX_VALUE_DEPTH;
use aegis_wire::value::{Kind, Raw, Reader, ValueError, Writer};

use twin::{Value, parse};

/// The target.
pub fn run(data: &[u8]) {
    let expected = parse(data);
    let memory = allocation_counter::measure(|| {
        let _ = Raw::new(data);
    });
    assert_eq!(memory.count_total, 0, "the walk needs no memory");
    let mut reader = Reader::new(data);
    let walked = reader.raw();
    let Some((value, rest)) = expected else {
        assert!(walked.is_err(), "the twin finds no value: {walked:?}");
        return;
    };
    if value.depth() > MAX_VALUE_DEPTH {
        assert_eq!(walked, Err(ValueError::TooDeep));
        return;
    }
    assert_eq!(reader.rest(), rest);
    assert_eq!(Raw::new(data).is_ok(), rest.is_empty());
    let Ok(raw) = walked else {
        panic!("the twin finds {value:?}, the walk: {walked:?}");
    };
    check_value(raw, &value);
    let mut written = Vec::new();
    write(&mut Writer::new(&mut written), &value);
    assert_eq!(parse(&written), Some((value.writable(), &[][..])));
    assert!(Raw::new(&written).is_ok());
}

fn check_value(raw: Raw<'_>, value: &Value) {
    let kind = match value {
        Value::Nil => Kind::Nil,
        Value::Bool(_) => Kind::Bool,
        Value::Int(_) => Kind::Int,
        Value::Float(_) => Kind::Float,
        Value::Str(_) => Kind::Str,
        Value::Bin(_) => Kind::Bin,
        Value::Ext => Kind::Ext,
        Value::Array(_) => Kind::Array,
        Value::Map(_) => Kind::Map,
    };
    assert_eq!(raw.kind(), kind);
    assert_eq!(
        (raw.is_nil(), raw.is_map()),
        (kind == Kind::Nil, kind == Kind::Map)
    );
    let text = match value {
        Value::Str(bytes) => std::str::from_utf8(bytes).ok(),
        _ => None,
    };
    assert_eq!(raw.as_text(), text);
    let int = match value {
        Value::Int(number) => i64::try_from(*number).ok(),
        _ => None,
    };
    assert_eq!(raw.as_int(), int);
    let truth = match value {
        Value::Bool(truth) => Some(*truth),
        _ => None,
    };
    assert_eq!(raw.as_bool(), truth);
    let span = Reader::new(raw.bytes()).millis("");
    assert_eq!(raw.as_millis(), span.ok());
    let bad_key = raw.check_string_keys("root");
    assert_eq!(bad_key.is_ok(), value.has_text_keys(), "{bad_key:?}");
}

/// Writes a value; what the writer cannot write becomes nil, as in [`Value::writable`].
fn write(writer: &mut Writer<'_>, value: &Value) {
    match value {
        Value::Nil | Value::Ext => writer.nil(),
        Value::Bool(truth) => writer.bool(*truth),
        Value::Int(number) => match (u64::try_from(*number), i64::try_from(*number)) {
            (Ok(number), _) => writer.uint(number),
            (_, Ok(number)) => writer.int(number),
            _ => writer.nil(),
        },
        Value::Float(bits) => writer.float(f64::from_bits(*bits)),
        Value::Str(bytes) => match std::str::from_utf8(bytes) {
            Ok(text) => writer.text(text),
            Err(_) => writer.nil(),
        },
        Value::Bin(bytes) => writer.bin(bytes),
        Value::Array(items) => {
            writer.array(items.len());
            items.iter().for_each(|item| write(writer, item));
        }
        Value::Map(entries) => writer.map(|map| {
            for (key, value) in entries {
                write(&mut map.key(key.as_text().unwrap_or_default()), value);
            }
        }),
    }
}

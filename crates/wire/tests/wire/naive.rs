//! MessagePack written a second time, in the plainest way: builds values, knows no limits.

use proptest::prelude::*;

/// A value, built.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    Nil,
    Bool(bool),
    Uint(u64),
    Int(i64),
    Float(f64),
    Str(Vec<u8>),
    Bin(Vec<u8>),
    Ext(u8, Vec<u8>),
    Array(Vec<Value>),
    Map(Vec<(Value, Value)>),
}

impl Value {
    pub(crate) fn text(text: &str) -> Value {
        Value::Str(text.as_bytes().to_vec())
    }

    pub(crate) fn map(entries: &[(&str, Value)]) -> Value {
        let entry = |(key, value): &(&str, Value)| (Value::text(key), value.clone());
        Value::Map(entries.iter().map(entry).collect())
    }

    /// Levels of containers.
    pub(crate) fn depth(&self) -> usize {
        match self {
            Value::Array(items) => 1 + items.iter().map(Value::depth).max().unwrap_or(0),
            Value::Map(entries) => {
                let depths = entries.iter().map(|(k, v)| k.depth().max(v.depth()));
                1 + depths.max().unwrap_or(0)
            }
            _ => 0,
        }
    }

    /// Whether every key of every map is UTF-8 text.
    pub(crate) fn has_text_keys(&self) -> bool {
        match self {
            Value::Array(items) => items.iter().all(Value::has_text_keys),
            Value::Map(entries) => entries.iter().all(|(key, value)| {
                let text = matches!(key, Value::Str(b) if std::str::from_utf8(b).is_ok());
                text && value.has_text_keys()
            }),
            _ => true,
        }
    }

    /// Encoded; lengths and numbers in the longest form if `wide`, which readers must take too.
    pub(crate) fn encode(&self, wide: bool) -> Vec<u8> {
        let mut out = Vec::new();
        self.push(&mut out, wide);
        out
    }

    fn push(&self, out: &mut Vec<u8>, wide: bool) {
        match self {
            Value::Nil => out.push(0xc0),
            Value::Bool(value) => out.push(0xc2 + u8::from(*value)),
            Value::Uint(value @ 0..=127) if !wide => out.push(*value as u8),
            Value::Uint(value) => {
                out.push(0xcf);
                out.extend(value.to_be_bytes());
            }
            Value::Int(value) => {
                out.push(0xd3);
                out.extend(value.to_be_bytes());
            }
            Value::Float(value) => {
                out.push(0xcb);
                out.extend(value.to_be_bytes());
            }
            Value::Str(bytes) => {
                let fix = (bytes.len() < 32).then_some(0xa0);
                header(out, bytes.len(), fix, 0xdb, wide);
                out.extend(bytes);
            }
            Value::Bin(bytes) => {
                header(out, bytes.len(), None, 0xc6, wide);
                out.extend(bytes);
            }
            Value::Ext(kind, bytes) => {
                header(out, bytes.len(), None, 0xc9, wide);
                out.push(*kind);
                out.extend(bytes);
            }
            Value::Array(items) => {
                let fix = (items.len() < 16).then_some(0x90);
                header(out, items.len(), fix, 0xdd, wide);
                items.iter().for_each(|item| item.push(out, wide));
            }
            Value::Map(entries) => {
                let fix = (entries.len() < 16).then_some(0x80);
                header(out, entries.len(), fix, 0xdf, wide);
                for (key, value) in entries {
                    key.push(out, wide);
                    value.push(out, wide);
                }
            }
        }
    }
}

fn header(out: &mut Vec<u8>, length: usize, fix: Option<u8>, long: u8, wide: bool) {
    match fix {
        Some(fix) if !wide => out.push(fix | length as u8),
        _ => {
            out.push(long);
            out.extend((length as u32).to_be_bytes());
        }
    }
}

/// One value and what follows it. Recursive, so for short inputs.
pub(crate) fn parse(input: &[u8]) -> Option<(Value, &[u8])> {
    let (first, rest) = input.split_first()?;
    let number = |width: usize| -> Option<(u64, &[u8])> {
        let (bytes, rest) = rest.split_at_checked(width)?;
        Some((bytes.iter().fold(0, |n, b| n << 8 | u64::from(*b)), rest))
    };
    match *first {
        0x00..=0x7f => Some((Value::Uint((*first).into()), rest)),
        0x80..=0x8f => map(usize::from(first & 15), rest),
        0x90..=0x9f => array(usize::from(first & 15), rest),
        0xa0..=0xbf => bytes(usize::from(first & 31), rest, Value::Str),
        0xc0 => Some((Value::Nil, rest)),
        0xc1 => None,
        0xc2 | 0xc3 => Some((Value::Bool(*first == 0xc3), rest)),
        0xc4..=0xc6 => {
            let (length, rest) = number(1 << (first - 0xc4))?;
            bytes(length as usize, rest, Value::Bin)
        }
        0xc7..=0xc9 => {
            let (length, rest) = number(1 << (first - 0xc7))?;
            ext(length as usize, rest)
        }
        0xca => {
            let (bits, rest) = number(4)?;
            Some((Value::Float(f32::from_bits(bits as u32).into()), rest))
        }
        0xcb => {
            let (bits, rest) = number(8)?;
            Some((Value::Float(f64::from_bits(bits)), rest))
        }
        0xcc..=0xcf => {
            let (value, rest) = number(1 << (first - 0xcc))?;
            Some((Value::Uint(value), rest))
        }
        0xd0..=0xd3 => {
            let width = 1 << (first - 0xd0);
            let (bits, rest) = number(width)?;
            let shift = 64 - 8 * width as u32;
            let value = (bits << shift) as i64 >> shift;
            Some(match u64::try_from(value) {
                Ok(value) => (Value::Uint(value), rest),
                Err(_) => (Value::Int(value), rest),
            })
        }
        0xd4..=0xd8 => ext(1 << (first - 0xd4), rest),
        0xd9..=0xdb => {
            let (length, rest) = number(1 << (first - 0xd9))?;
            bytes(length as usize, rest, Value::Str)
        }
        0xdc | 0xdd => {
            let (length, rest) = number(2 << (first - 0xdc))?;
            array(length as usize, rest)
        }
        0xde | 0xdf => {
            let (length, rest) = number(2 << (first - 0xde))?;
            map(length as usize, rest)
        }
        0xe0..=0xff => Some((Value::Int((*first as i8).into()), rest)),
    }
}

fn bytes(
    length: usize,
    rest: &[u8],
    make: impl FnOnce(Vec<u8>) -> Value,
) -> Option<(Value, &[u8])> {
    let (bytes, rest) = rest.split_at_checked(length)?;
    Some((make(bytes.to_vec()), rest))
}

fn ext(length: usize, rest: &[u8]) -> Option<(Value, &[u8])> {
    let (kind, rest) = rest.split_first()?;
    bytes(length, rest, |bytes| Value::Ext(*kind, bytes))
}

fn array(length: usize, mut rest: &[u8]) -> Option<(Value, &[u8])> {
    let mut items = Vec::new();
    for _ in 0..length {
        let (item, after) = parse(rest)?;
        items.push(item);
        rest = after;
    }
    Some((Value::Array(items), rest))
}

fn map(length: usize, mut rest: &[u8]) -> Option<(Value, &[u8])> {
    let mut entries = Vec::new();
    for _ in 0..length {
        let (key, after) = parse(rest)?;
        let (value, after) = parse(after)?;
        entries.push((key, value));
        rest = after;
    }
    Some((Value::Map(entries), rest))
}

/// Any value that is nested at most `levels` deep.
pub(crate) fn values(levels: u32) -> impl Strategy<Value = Value> {
    let key = prop_oneof![4 => "[a-z]{0,40}".prop_map(|text| Value::text(&text)), 1 => scalars()];
    scalars().prop_recursive(levels, 64, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..20).prop_map(Value::Array),
            prop::collection::vec((key.clone(), inner), 0..20).prop_map(Value::Map),
        ]
    })
}

fn scalars() -> impl Strategy<Value = Value> {
    let blob = || prop::collection::vec(any::<u8>(), 0..40);
    prop_oneof![
        Just(Value::Nil),
        any::<bool>().prop_map(Value::Bool),
        any::<u64>().prop_map(Value::Uint),
        (i64::MIN..0).prop_map(Value::Int),
        (-1e9..1e9f64).prop_map(Value::Float),
        ".{0,12}".prop_map(|text| Value::text(&text)),
        blob().prop_map(Value::Str),
        blob().prop_map(Value::Bin),
        (any::<u8>(), blob()).prop_map(|(kind, bytes)| Value::Ext(kind, bytes)),
    ]
}

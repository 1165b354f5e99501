//! MessagePack a second time, in the plainest way: builds values, by the table of the
//! specification, and knows no limits.

/// A value, built.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    Nil,
    Bool(bool),
    /// Of any width and sign.
    Int(i128),
    /// As bits, so that what is not a number equals itself.
    Float(u64),
    Str(Vec<u8>),
    Bin(Vec<u8>),
    Ext,
    Array(Vec<Value>),
    Map(Vec<(Value, Value)>),
}

impl Value {
    pub(super) fn as_text(&self) -> Option<&str> {
        match self {
            Value::Str(bytes) => std::str::from_utf8(bytes).ok(),
            _ => None,
        }
    }

    /// Levels of containers.
    pub(super) fn depth(&self) -> usize {
        let below = match self {
            Value::Array(items) => items.iter().map(Value::depth).max(),
            Value::Map(entries) => {
                let depths = entries
                    .iter()
                    .map(|(key, value)| key.depth().max(value.depth()));
                depths.max()
            }
            _ => return 0,
        };
        1 + below.unwrap_or(0)
    }

    /// Whether every key of every map is UTF-8 text. What lies inside of a bad key does not count.
    pub(super) fn has_text_keys(&self) -> bool {
        match self {
            Value::Array(items) => items.iter().all(Value::has_text_keys),
            Value::Map(entries) => {
                let good = |(key, value): &(Value, Value)| {
                    key.as_text().is_some() && value.has_text_keys()
                };
                entries.iter().all(good)
            }
            _ => true,
        }
    }

    /// What becomes of it when it is written: no extensions, texts and keys in UTF-8.
    pub(super) fn writable(self) -> Value {
        match self {
            Value::Ext => Value::Nil,
            Value::Str(_) if self.as_text().is_none() => Value::Nil,
            Value::Array(items) => Value::Array(items.into_iter().map(Value::writable).collect()),
            Value::Map(entries) => {
                let key = |key: &Value| Value::Str(key.as_text().unwrap_or_default().into());
                let entry = |(name, value): (Value, Value)| (key(&name), value.writable());
                Value::Map(entries.into_iter().map(entry).collect())
            }
            value => value,
        }
    }
}

/// One value and what follows it.
pub(super) fn parse(input: &[u8]) -> Option<(Value, &[u8])> {
    let (first, rest) = input.split_first()?;
    let low = |mask: u8| usize::from(first & mask);
    // The width of a number or of a length: 1, 2, 4, 8 in the order of the markers.
    let wide = |from: u8, least: usize| number(rest, least << (first - from));
    Some(match *first {
        0x00..=0x7f => (Value::Int((*first).into()), rest),
        0x80..=0x8f => map(rest, low(15))?,
        0x90..=0x9f => array(rest, low(15))?,
        0xa0..=0xbf => bytes(rest, low(31), Value::Str)?,
        0xc0 => (Value::Nil, rest),
        0xc1 => return None,
        0xc2 | 0xc3 => (Value::Bool(*first == 0xc3), rest),
        0xc4..=0xc6 => {
            wide(0xc4, 1).and_then(|(length, rest)| bytes(rest, length as usize, Value::Bin))?
        }
        0xc7..=0xc9 => wide(0xc7, 1).and_then(|(length, rest)| ext(rest, length as usize))?,
        0xca => {
            number(rest, 4).map(|(bits, rest)| (float(f32::from_bits(bits as u32).into()), rest))?
        }
        0xcb => number(rest, 8).map(|(bits, rest)| (Value::Float(bits), rest))?,
        0xcc..=0xcf => wide(0xcc, 1).map(|(value, rest)| (Value::Int(value.into()), rest))?,
        0xd0..=0xd3 => {
            let (value, rest) = wide(0xd0, 1)?;
            let shift = 64 - (8_u32 << (first - 0xd0));
            (Value::Int(((value << shift) as i64 >> shift).into()), rest)
        }
        0xd4..=0xd8 => ext(rest, 1 << (first - 0xd4))?,
        0xd9..=0xdb => {
            wide(0xd9, 1).and_then(|(length, rest)| bytes(rest, length as usize, Value::Str))?
        }
        0xdc | 0xdd => wide(0xdc, 2).and_then(|(length, rest)| array(rest, length as usize))?,
        0xde | 0xdf => wide(0xde, 2).and_then(|(length, rest)| map(rest, length as usize))?,
        0xe0..=0xff => (Value::Int((*first as i8).into()), rest),
    })
}

fn float(value: f64) -> Value {
    Value::Float(value.to_bits())
}

fn number(rest: &[u8], width: usize) -> Option<(u64, &[u8])> {
    let (digits, rest) = rest.split_at_checked(width)?;
    let value = digits
        .iter()
        .fold(0, |value, digit| value << 8 | u64::from(*digit));
    Some((value, rest))
}

fn bytes(rest: &[u8], length: usize, make: fn(Vec<u8>) -> Value) -> Option<(Value, &[u8])> {
    let (bytes, rest) = rest.split_at_checked(length)?;
    Some((make(bytes.to_vec()), rest))
}

fn ext(rest: &[u8], length: usize) -> Option<(Value, &[u8])> {
    rest.get(1 + length..).map(|rest| (Value::Ext, rest))
}

fn array(mut rest: &[u8], length: usize) -> Option<(Value, &[u8])> {
    let mut items = Vec::new();
    for _ in 0..length {
        let (item, after) = parse(rest)?;
        items.push(item);
        rest = after;
    }
    Some((Value::Array(items), rest))
}

fn map(mut rest: &[u8], length: usize) -> Option<(Value, &[u8])> {
    let mut entries = Vec::new();
    for _ in 0..length {
        let (key, after) = parse(rest)?;
        let (value, after) = parse(after)?;
        entries.push((key, value));
        rest = after;
    }
    Some((Value::Map(entries), rest))
}

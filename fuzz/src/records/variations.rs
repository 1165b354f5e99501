//! A message again in a form that must mean the same to every reader.

use aegis_wire::value::{Reader, Writer};

/// With two entries more, first: an unknown key with something nested, and a key that is no text.
pub(super) fn with_unknown_entries(message: &[u8]) -> Option<Vec<u8>> {
    let (count, entries) = split(message)?;
    let mut out = header(count + 2);
    let mut writer = Writer::new(&mut out);
    writer.text("x_of_a_later_version");
    writer.map(|map| {
        let mut list = map.key("list");
        list.array(2);
        list.nil();
        list.map(|_| {});
    });
    writer.uint(0xfa);
    writer.text("of whom?");
    out.extend_from_slice(entries);
    Some(out)
}

/// With its last entry a second time.
pub(super) fn with_last_entry_twice(message: &[u8]) -> Option<Vec<u8>> {
    let (count, entries) = split(message)?;
    if count == 0 {
        return Some(message.to_vec());
    }
    let mut reader = Reader::new(entries);
    for _ in 0..(count - 1) * 2 {
        reader.skip().ok()?;
    }
    let mut out = header(count + 1);
    out.extend_from_slice(entries);
    out.extend_from_slice(reader.rest());
    Some(out)
}

/// The number of entries, and the entries.
fn split(message: &[u8]) -> Option<(u32, &[u8])> {
    let mut reader = Reader::new(message);
    let count = reader.map("").ok()?;
    Some((count, reader.rest()))
}

/// Of a map, in the form that holds any length.
fn header(count: u32) -> Vec<u8> {
    let mut out = vec![0xdf];
    out.extend_from_slice(&count.to_be_bytes());
    out
}

use rmp::Marker;

use super::Raw;

/// Pushes values onto a vector, each in its shortest form.
#[derive(Debug)]
pub struct Writer<'v> {
    out: &'v mut Vec<u8>,
}

impl<'v> Writer<'v> {
    /// Appends to `out`.
    pub fn new(out: &'v mut Vec<u8>) -> Writer<'v> {
        Writer { out }
    }

    /// Nil.
    pub fn nil(&mut self) {
        self.out.push(Marker::Null.to_u8());
    }

    /// `true` or `false`.
    pub fn bool(&mut self, value: bool) {
        let marker = if value { Marker::True } else { Marker::False };
        self.out.push(marker.to_u8());
    }

    /// An integer from 0.
    #[inline]
    pub fn uint(&mut self, value: u64) {
        match value {
            0..=0x7f => self.out.push(value as u8),
            0x80..=0xff => self.marked(Marker::U8, [value as u8]),
            0x100..=0xffff => self.marked(Marker::U16, (value as u16).to_be_bytes()),
            0x1_0000..=0xffff_ffff => self.marked(Marker::U32, (value as u32).to_be_bytes()),
            _ => self.marked(Marker::U64, value.to_be_bytes()),
        }
    }

    /// An integer.
    pub fn int(&mut self, value: i64) {
        if let Ok(value) = u64::try_from(value) {
            return self.uint(value);
        }
        if value >= -32 {
            self.out.push(value as u8);
        } else if let Ok(value) = i8::try_from(value) {
            self.marked(Marker::I8, value.to_be_bytes());
        } else if let Ok(value) = i16::try_from(value) {
            self.marked(Marker::I16, value.to_be_bytes());
        } else if let Ok(value) = i32::try_from(value) {
            self.marked(Marker::I32, value.to_be_bytes());
        } else {
            self.marked(Marker::I64, value.to_be_bytes());
        }
    }

    /// A float of 64 bits.
    pub fn float(&mut self, value: f64) {
        self.marked(Marker::F64, value.to_be_bytes());
    }

    /// A text.
    #[inline]
    pub fn text(&mut self, text: &str) {
        self.text_header(text.len());
        self.out.extend_from_slice(text.as_bytes());
    }

    /// A text that `push` pushes; `length` is its exact length in bytes.
    #[inline]
    pub(crate) fn text_of(&mut self, length: usize, push: impl FnOnce(&mut Vec<u8>)) {
        self.text_header(length);
        let start = self.out.len();
        push(self.out);
        debug_assert_eq!(self.out.len() - start, length);
    }

    #[inline]
    fn text_header(&mut self, length: usize) {
        match prefix(length) {
            length @ 0..=0x1f => self.out.push(Marker::FixStr(length as u8).to_u8()),
            length @ 0x20..=0xff => self.marked(Marker::Str8, [length as u8]),
            length @ 0x100..=0xffff => self.marked(Marker::Str16, (length as u16).to_be_bytes()),
            length => self.marked(Marker::Str32, length.to_be_bytes()),
        }
    }

    /// Bytes.
    pub fn bin(&mut self, bytes: &[u8]) {
        match prefix(bytes.len()) {
            length @ 0..=0xff => self.marked(Marker::Bin8, [length as u8]),
            length @ 0x100..=0xffff => self.marked(Marker::Bin16, (length as u16).to_be_bytes()),
            length => self.marked(Marker::Bin32, length.to_be_bytes()),
        }
        self.out.extend_from_slice(bytes);
    }

    /// The start of a list; its elements follow.
    pub fn array(&mut self, length: usize) {
        match prefix(length) {
            length @ 0..=0xf => self.out.push(Marker::FixArray(length as u8).to_u8()),
            length @ 0x10..=0xffff => self.marked(Marker::Array16, (length as u16).to_be_bytes()),
            length => self.marked(Marker::Array32, length.to_be_bytes()),
        }
    }

    /// A value as it is.
    #[inline]
    pub fn raw(&mut self, value: Raw<'_>) {
        self.out.extend_from_slice(value.bytes());
    }

    /// A map whose entries are written by `entries`.
    #[inline]
    pub fn map(&mut self, entries: impl FnOnce(&mut MapWriter<'_>)) {
        let at = self.out.len();
        self.out.push(Marker::FixMap(0).to_u8());
        let mut map = MapWriter {
            out: self.out,
            count: 0,
        };
        entries(&mut map);
        let count = map.count;
        self.close_map(at, count);
    }

    /// Sets the number of entries, which is known only now. More than fifteen need a longer
    /// header; everything after it then moves, which only large maps pay for.
    fn close_map(&mut self, at: usize, count: u32) {
        let header: &[u8] = match count {
            0..=0xf => &[Marker::FixMap(count as u8).to_u8()],
            0x10..=0xffff => {
                let [high, low] = (count as u16).to_be_bytes();
                &[Marker::Map16.to_u8(), high, low]
            }
            _ => {
                let [a, b, c, d] = count.to_be_bytes();
                &[Marker::Map32.to_u8(), a, b, c, d]
            }
        };
        match (header, self.out.get_mut(at)) {
            ([single], Some(first)) => *first = *single,
            _ => {
                self.out.splice(at..=at, header.iter().copied());
            }
        }
    }

    #[inline]
    fn marked<const N: usize>(&mut self, marker: Marker, bytes: [u8; N]) {
        self.out.push(marker.to_u8());
        self.out.extend_from_slice(&bytes);
    }
}

/// Writes the entries of a map. Made by [`Writer::map`].
#[derive(Debug)]
pub struct MapWriter<'v> {
    out: &'v mut Vec<u8>,
    count: u32,
}

impl MapWriter<'_> {
    /// Writes a key; exactly one value must be written to what it gives back.
    #[inline]
    pub fn key(&mut self, key: &str) -> Writer<'_> {
        self.count += 1;
        let mut writer = Writer::new(self.out);
        writer.text(key);
        writer
    }

    /// A text, if there is one.
    #[inline]
    pub fn text_if(&mut self, key: &str, text: Option<&str>) {
        if let Some(text) = text {
            self.key(key).text(text);
        }
    }

    /// An integer, if there is one.
    #[inline]
    pub fn uint_if(&mut self, key: &str, value: Option<u64>) {
        if let Some(value) = value {
            self.key(key).uint(value);
        }
    }

    /// A text, or nil.
    #[inline]
    pub fn text_or_nil(&mut self, key: &str, text: Option<&str>) {
        match text {
            Some(text) => self.key(key).text(text),
            None => self.key(key).nil(),
        }
    }
}

/// MessagePack lengths have 32 bits. Longer values never get here: a NATS payload is far smaller.
fn prefix(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

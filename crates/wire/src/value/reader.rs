use aegis_types::limits::MAX_VALUE_DEPTH;
use rmp::Marker;

use super::{Raw, ValueError};

/// The first part of a value: a scalar whole, of a container its length.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Head<'a> {
    Nil,
    Bool(bool),
    /// Zero or more.
    Uint(u64),
    /// Less than zero.
    Int(i64),
    Float(f64),
    Str(&'a [u8]),
    Bin(&'a [u8]),
    Ext,
    Array(u32),
    Map(u32),
}

/// What can be wrong with the encoding itself. One byte, where [`ValueError`] takes forty: the
/// walk passes a result per value, and small ones measurably shorten it.
#[derive(Clone, Copy)]
pub(super) enum Fault {
    TooDeep,
    Truncated,
    ReservedMarker,
}

impl From<Fault> for ValueError {
    fn from(fault: Fault) -> ValueError {
        match fault {
            Fault::TooDeep => ValueError::TooDeep,
            Fault::Truncated => ValueError::Truncated,
            Fault::ReservedMarker => ValueError::ReservedMarker,
        }
    }
}

/// Reads values one after the other from a byte slice, borrowing from it.
///
/// Every method that takes a field's name uses it for the error alone.
#[derive(Clone, Debug)]
pub struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    /// Reads from the start of `bytes`.
    pub fn new(bytes: &'a [u8]) -> Reader<'a> {
        Reader { rest: bytes }
    }

    /// The bytes that are left.
    pub fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// Refuses bytes that are left.
    pub fn finish(&self) -> Result<(), ValueError> {
        if self.rest.is_empty() {
            Ok(())
        } else {
            Err(ValueError::TrailingBytes)
        }
    }

    /// The next value whole, wherever it ends.
    pub fn raw(&mut self) -> Result<Raw<'a>, ValueError> {
        let from = self.rest;
        self.skip()?;
        let (value, _) = from
            .split_at_checked(from.len() - self.rest.len())
            .ok_or(ValueError::Truncated)?;
        Ok(Raw::walked(value))
    }

    /// Passes over the next value, which may be nested [`MAX_VALUE_DEPTH`] levels deep. The map
    /// that a message is does not count: a value that fits into one message fits into the next.
    pub fn skip(&mut self) -> Result<(), ValueError> {
        Ok(self.skip_within(MAX_VALUE_DEPTH)?)
    }

    fn skip_within(&mut self, levels: usize) -> Result<(), Fault> {
        let elements = match self.head()? {
            Head::Array(length) => u64::from(length),
            Head::Map(length) => u64::from(length) * 2,
            _ => return Ok(()),
        };
        let levels = levels.checked_sub(1).ok_or(Fault::TooDeep)?;
        for _ in 0..elements {
            self.skip_within(levels)?;
        }
        Ok(())
    }

    /// The number of entries of the map that follows.
    pub fn map(&mut self, field: &'static str) -> Result<u32, ValueError> {
        match self.head()? {
            Head::Map(length) => Ok(length),
            _ => Err(wrong(field, "a map")),
        }
    }

    /// The number of elements of the list that follows.
    pub fn array(&mut self, field: &'static str) -> Result<u32, ValueError> {
        match self.head()? {
            Head::Array(length) => Ok(length),
            _ => Err(wrong(field, "a list")),
        }
    }

    /// A text.
    #[inline]
    pub fn text(&mut self, field: &'static str) -> Result<&'a str, ValueError> {
        let bytes = match self.short_text() {
            Some(bytes) => bytes,
            None => match self.head()? {
                Head::Str(bytes) => bytes,
                _ => return Err(wrong(field, "a string")),
            },
        };
        std::str::from_utf8(bytes).map_err(|_| ValueError::NotUtf8 { field })
    }

    /// The bytes of a text of at most 255 bytes, as nearly every key and text of ours is; `None`
    /// for anything else, with nothing read.
    #[inline(always)]
    fn short_text(&mut self) -> Option<&'a [u8]> {
        let (marker, rest) = self.rest.split_first()?;
        let (length, rest) = match marker {
            0xa0..=0xbf => (marker & 0x1f, rest),
            0xd9 => rest.split_first().map(|(length, rest)| (*length, rest))?,
            _ => return None,
        };
        let (text, rest) = rest.split_at_checked(length.into())?;
        self.rest = rest;
        Some(text)
    }

    /// Bytes.
    pub fn bin(&mut self, field: &'static str) -> Result<&'a [u8], ValueError> {
        match self.head()? {
            Head::Bin(bytes) => Ok(bytes),
            _ => Err(wrong(field, "bytes")),
        }
    }

    /// `true` or `false`.
    pub fn bool(&mut self, field: &'static str) -> Result<bool, ValueError> {
        match self.head()? {
            Head::Bool(value) => Ok(value),
            _ => Err(wrong(field, "true or false")),
        }
    }

    /// An integer from 0.
    pub fn uint(&mut self, field: &'static str) -> Result<u64, ValueError> {
        match self.head()? {
            Head::Uint(value) => Ok(value),
            _ => Err(wrong(field, "an integer of 0 or more")),
        }
    }

    /// An integer from 0 to what `T` holds.
    pub fn uint_as<T: TryFrom<u64>>(
        &mut self,
        field: &'static str,
        allowed: &'static str,
    ) -> Result<T, ValueError> {
        T::try_from(self.uint(field)?).map_err(|_| ValueError::OutOfRange { field, allowed })
    }

    /// A number; integers are accepted for floats. May be infinite or not a number.
    pub fn float(&mut self, field: &'static str) -> Result<f64, ValueError> {
        match self.head()? {
            Head::Float(value) => Ok(value),
            Head::Uint(value) => Ok(value as f64),
            Head::Int(value) => Ok(value as f64),
            _ => Err(wrong(field, "a number")),
        }
    }

    /// A span in whole milliseconds. Floats are accepted, since the first AegisIPC wrote them, and
    /// rounded down.
    pub fn millis(&mut self, field: &'static str) -> Result<u64, ValueError> {
        match self.head()? {
            Head::Uint(value) => Ok(value),
            Head::Float(value) if value >= 0.0 => Ok(value as u64),
            _ => Err(wrong(field, "a number of milliseconds of 0 or more")),
        }
    }

    /// `None` for nil, else what `read` makes of the value.
    #[inline]
    pub fn nullable<T>(
        &mut self,
        read: impl FnOnce(&mut Self) -> Result<T, ValueError>,
    ) -> Result<Option<T>, ValueError> {
        match self.rest.split_first() {
            Some((first, rest)) if *first == Marker::Null.to_u8() => {
                self.rest = rest;
                Ok(None)
            }
            _ => read(self).map(Some),
        }
    }

    /// A map key: its bytes, or `None` for one that is not a string.
    #[inline]
    pub(super) fn key(&mut self) -> Result<Option<&'a [u8]>, ValueError> {
        if let Some(key) = self.short_text() {
            return Ok(Some(key));
        }
        let start = self.clone();
        match self.head()? {
            Head::Str(bytes) => Ok(Some(bytes)),
            _ => {
                *self = start;
                self.skip()?;
                Ok(None)
            }
        }
    }

    #[inline]
    pub(super) fn head(&mut self) -> Result<Head<'a>, Fault> {
        let [first] = self.fixed::<1>()?;
        Ok(match Marker::from_u8(first) {
            Marker::FixPos(value) => Head::Uint(value.into()),
            Marker::FixNeg(value) => Head::Int(value.into()),
            Marker::FixStr(length) => Head::Str(self.take(length.into())?),
            Marker::FixArray(length) => self.array_of(length.into())?,
            Marker::FixMap(length) => self.map_of(length.into())?,
            Marker::Null => Head::Nil,
            Marker::False => Head::Bool(false),
            Marker::True => Head::Bool(true),
            Marker::U8 => Head::Uint(u8::from_be_bytes(self.fixed()?).into()),
            Marker::U16 => Head::Uint(u16::from_be_bytes(self.fixed()?).into()),
            Marker::U32 => Head::Uint(u32::from_be_bytes(self.fixed()?).into()),
            Marker::U64 => Head::Uint(u64::from_be_bytes(self.fixed()?)),
            Marker::I8 => signed(i8::from_be_bytes(self.fixed()?).into()),
            Marker::I16 => signed(i16::from_be_bytes(self.fixed()?).into()),
            Marker::I32 => signed(i32::from_be_bytes(self.fixed()?).into()),
            Marker::I64 => signed(i64::from_be_bytes(self.fixed()?)),
            Marker::F32 => Head::Float(f32::from_be_bytes(self.fixed()?).into()),
            Marker::F64 => Head::Float(f64::from_be_bytes(self.fixed()?)),
            Marker::Str8 => Head::Str(self.take8()?),
            Marker::Str16 => Head::Str(self.take16()?),
            Marker::Str32 => Head::Str(self.take32()?),
            Marker::Bin8 => Head::Bin(self.take8()?),
            Marker::Bin16 => Head::Bin(self.take16()?),
            Marker::Bin32 => Head::Bin(self.take32()?),
            Marker::Array16 => {
                let length = u16::from_be_bytes(self.fixed()?);
                self.array_of(length.into())?
            }
            Marker::Array32 => {
                let length = u32::from_be_bytes(self.fixed()?);
                self.array_of(length)?
            }
            Marker::Map16 => {
                let length = u16::from_be_bytes(self.fixed()?);
                self.map_of(length.into())?
            }
            Marker::Map32 => {
                let length = u32::from_be_bytes(self.fixed()?);
                self.map_of(length)?
            }
            ext => self.ext(ext)?,
        })
    }

    fn ext(&mut self, marker: Marker) -> Result<Head<'a>, Fault> {
        const TYPE: usize = 1;
        let length = match marker {
            Marker::FixExt1 => 1,
            Marker::FixExt2 => 2,
            Marker::FixExt4 => 4,
            Marker::FixExt8 => 8,
            Marker::FixExt16 => 16,
            Marker::Ext8 => u8::from_be_bytes(self.fixed()?) as usize,
            Marker::Ext16 => u16::from_be_bytes(self.fixed()?) as usize,
            Marker::Ext32 => u32::from_be_bytes(self.fixed()?) as usize,
            _ => return Err(Fault::ReservedMarker),
        };
        self.take(TYPE.saturating_add(length))?;
        Ok(Head::Ext)
    }

    /// Each element takes at least a byte: a longer list cannot be whole.
    fn array_of(&self, length: u32) -> Result<Head<'a>, Fault> {
        if u64::from(length) > self.rest.len() as u64 {
            return Err(Fault::Truncated);
        }
        Ok(Head::Array(length))
    }

    fn map_of(&self, length: u32) -> Result<Head<'a>, Fault> {
        if u64::from(length) * 2 > self.rest.len() as u64 {
            return Err(Fault::Truncated);
        }
        Ok(Head::Map(length))
    }

    fn take8(&mut self) -> Result<&'a [u8], Fault> {
        let length = u8::from_be_bytes(self.fixed()?);
        self.take(length.into())
    }

    fn take16(&mut self) -> Result<&'a [u8], Fault> {
        let length = u16::from_be_bytes(self.fixed()?);
        self.take(length.into())
    }

    fn take32(&mut self) -> Result<&'a [u8], Fault> {
        let length = u32::from_be_bytes(self.fixed()?);
        self.take(length as usize)
    }

    fn take(&mut self, length: usize) -> Result<&'a [u8], Fault> {
        let (taken, rest) = self.rest.split_at_checked(length).ok_or(Fault::Truncated)?;
        self.rest = rest;
        Ok(taken)
    }

    fn fixed<const N: usize>(&mut self) -> Result<[u8; N], Fault> {
        let (taken, rest) = self.rest.split_first_chunk::<N>().ok_or(Fault::Truncated)?;
        self.rest = rest;
        Ok(*taken)
    }
}

fn signed(value: i64) -> Head<'static> {
    u64::try_from(value).map_or(Head::Int(value), Head::Uint)
}

fn wrong(field: &'static str, expected: &'static str) -> ValueError {
    ValueError::WrongType { field, expected }
}

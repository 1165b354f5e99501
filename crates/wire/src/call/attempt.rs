use aegis_types::Incarnation;

use super::incarnation;
use crate::value::{Raw, Reader, ValueError, Writer, fields};

/// One attempt of a failed call, as its error tells it.
///
/// | key | type | needed | |
/// |---|---|---|---|
/// | `instance` | text | yes | id of the instance tried |
/// | `incarnation` | int | yes | its life |
/// | `end` | text | yes | how the attempt ended: a code of [`AttemptEnd`](aegis_types::AttemptEnd) |
/// | `after_ms` | int | yes | after how long, ms |
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AttemptReport<'a> {
    /// The instance tried.
    pub instance: &'a str,
    /// Its life.
    pub incarnation: Incarnation,
    /// The code of how it ended.
    pub end: &'a str,
    /// Milliseconds from sending to that end.
    pub after_ms: u64,
}

impl<'a> AttemptReport<'a> {
    pub(super) fn write_all(attempts: &[AttemptReport<'_>], list: &mut Writer<'_>) {
        list.array(attempts.len());
        for attempt in attempts {
            list.map(|map| {
                map.key("instance").text(attempt.instance);
                map.key("incarnation").uint(attempt.incarnation.bits());
                map.key("end").text(attempt.end);
                map.key("after_ms").uint(attempt.after_ms);
            });
        }
    }

    /// Reads the list under `attempts`; elements that make no sense are left out.
    pub(super) fn read_all(list: Raw<'a>) -> impl Iterator<Item = AttemptReport<'a>> {
        let mut reader = Reader::new(list.bytes());
        let count = reader.array("attempts").unwrap_or(0);
        (0..count).filter_map(move |_| AttemptReport::decode(reader.raw().ok()?).ok())
    }

    fn decode(raw: Raw<'a>) -> Result<AttemptReport<'a>, ValueError> {
        let mut attempt = AttemptReport {
            instance: "",
            incarnation: Incarnation::from_bits(0),
            end: "",
            after_ms: 0,
        };
        fields(raw.bytes(), |key, reader| {
            match key {
                b"instance" => attempt.instance = reader.text("instance")?,
                b"incarnation" => {
                    attempt.incarnation = incarnation(reader)?.unwrap_or(attempt.incarnation);
                }
                b"end" => attempt.end = reader.text("end")?,
                b"after_ms" => attempt.after_ms = reader.millis("after_ms")?,
                _ => reader.skip()?,
            }
            Ok(())
        })?;
        Ok(attempt)
    }
}

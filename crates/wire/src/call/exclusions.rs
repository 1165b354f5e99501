use std::fmt;

use crate::value::{Reader, ValueError};

/// Most instances that one call may exclude.
const MAX_EXCLUSIONS: usize = 256;

/// Ids of instances that a call must not go to.
#[derive(Clone, Copy, Default)]
pub struct Exclusions<'a>(Source<'a>);

#[derive(Clone, Copy)]
enum Source<'a> {
    Ids(&'a [&'a str]),
    /// The elements as they came, walked and found to be this many texts.
    Wire {
        elements: &'a [u8],
        count: usize,
    },
}

impl Default for Source<'_> {
    fn default() -> Self {
        Source::Ids(&[])
    }
}

impl<'a> Exclusions<'a> {
    /// For a request to be encoded.
    pub fn of(ids: &'a [&'a str]) -> Exclusions<'a> {
        Exclusions(Source::Ids(ids))
    }

    /// How many.
    pub fn len(&self) -> usize {
        match self.0 {
            Source::Ids(ids) => ids.len(),
            Source::Wire { count, .. } => count,
        }
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The ids.
    pub fn iter(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        let (ids, elements): (&[&str], &[u8]) = match self.0 {
            Source::Ids(ids) => (ids, &[]),
            Source::Wire { elements, .. } => (&[], elements),
        };
        let mut reader = Reader::new(elements);
        let read = std::iter::from_fn(move || reader.text(FIELD).ok());
        ids.iter().copied().chain(read)
    }

    pub(super) fn read(reader: &mut Reader<'a>) -> Result<Exclusions<'a>, ValueError> {
        let count = reader.array(FIELD)? as usize;
        if count > MAX_EXCLUSIONS {
            return Err(ValueError::TooMany {
                field: FIELD,
                limit: MAX_EXCLUSIONS,
            });
        }
        let elements = reader.rest();
        for _ in 0..count {
            reader.text(FIELD)?;
        }
        let length = elements.len() - reader.rest().len();
        let elements = elements.get(..length).unwrap_or_default();
        Ok(Exclusions(Source::Wire { elements, count }))
    }
}

const FIELD: &str = "excluded_instances";

impl fmt::Debug for Exclusions<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

impl PartialEq for Exclusions<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

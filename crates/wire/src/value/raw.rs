use super::reader::Head;
use super::{Reader, ValueError};

/// What a value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the variants are MessagePack's own kinds")]
pub enum Kind {
    Nil,
    Bool,
    Int,
    Float,
    Str,
    Bin,
    Ext,
    Array,
    Map,
}

/// One whole encoded value, walked once and passed on as it is.
///
/// Its depth and every length in it are known to be right; its texts are not known to be UTF-8.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Raw<'a>(&'a [u8]);

impl<'a> Raw<'a> {
    /// Nil.
    pub const NIL: Raw<'static> = Raw(&[0xc0]);

    /// A map without entries.
    pub const EMPTY_MAP: Raw<'static> = Raw(&[0x80]);

    /// Checks that `bytes` are exactly one value.
    pub fn new(bytes: &'a [u8]) -> Result<Raw<'a>, ValueError> {
        let mut reader = Reader::new(bytes);
        let raw = reader.raw()?;
        reader.finish()?;
        Ok(raw)
    }

    pub(super) const fn walked(bytes: &'a [u8]) -> Raw<'a> {
        Raw(bytes)
    }

    /// The encoded bytes.
    pub const fn bytes(self) -> &'a [u8] {
        self.0
    }

    /// What it is.
    pub fn kind(self) -> Kind {
        match self.head() {
            None | Some(Head::Nil) => Kind::Nil,
            Some(Head::Bool(_)) => Kind::Bool,
            Some(Head::Uint(_) | Head::Int(_)) => Kind::Int,
            Some(Head::Float(_)) => Kind::Float,
            Some(Head::Str(_)) => Kind::Str,
            Some(Head::Bin(_)) => Kind::Bin,
            Some(Head::Ext) => Kind::Ext,
            Some(Head::Array(_)) => Kind::Array,
            Some(Head::Map(_)) => Kind::Map,
        }
    }

    /// Whether it is a map.
    pub fn is_map(self) -> bool {
        self.kind() == Kind::Map
    }

    /// Whether it is nil.
    pub fn is_nil(self) -> bool {
        self.kind() == Kind::Nil
    }

    /// The text, if it is one.
    pub fn as_text(self) -> Option<&'a str> {
        match self.head()? {
            Head::Str(bytes) => std::str::from_utf8(bytes).ok(),
            _ => None,
        }
    }

    /// The integer, if it is one that 64 bits with a sign hold.
    pub fn as_int(self) -> Option<i64> {
        match self.head()? {
            Head::Uint(value) => i64::try_from(value).ok(),
            Head::Int(value) => Some(value),
            _ => None,
        }
    }

    /// The boolean, if it is one.
    pub fn as_bool(self) -> Option<bool> {
        match self.head()? {
            Head::Bool(value) => Some(value),
            _ => None,
        }
    }

    /// The whole milliseconds, if it is a number of 0 or more.
    pub fn as_millis(self) -> Option<u64> {
        Reader::new(self.0).millis("").ok()
    }

    /// Finds the first map, at any depth, with a key that is not a UTF-8 string: such a value
    /// cannot be decoded by the Python SDK. `root` is how the path begins, say `result`.
    pub fn check_string_keys(self, root: &str) -> Result<(), ValueError> {
        let mut path = Vec::new();
        match find_bad_key(&mut Reader::new(self.0), &mut path) {
            Ok(false) => Ok(()),
            Ok(true) => Err(ValueError::NonStringKey {
                path: written(root, &path),
            }),
            Err(error) => Err(error),
        }
    }

    fn head(self) -> Option<Head<'a>> {
        Reader::new(self.0).head().ok()
    }
}

/// One step down into a value.
enum Step<'a> {
    Key(&'a str),
    Index(u32),
}

/// Whether a map with a bad key comes next or lies below; then `path` leads to it. Never deeper
/// than what `Reader::raw` let through.
fn find_bad_key<'a>(reader: &mut Reader<'a>, path: &mut Vec<Step<'a>>) -> Result<bool, ValueError> {
    match reader.head()? {
        Head::Array(length) => {
            for index in 0..length {
                path.push(Step::Index(index));
                if find_bad_key(reader, path)? {
                    return Ok(true);
                }
                path.pop();
            }
        }
        Head::Map(length) => {
            for _ in 0..length {
                let Some(key) = reader.key()?.and_then(|key| std::str::from_utf8(key).ok()) else {
                    return Ok(true);
                };
                path.push(Step::Key(key));
                if find_bad_key(reader, path)? {
                    return Ok(true);
                }
                path.pop();
            }
        }
        _ => {}
    }
    Ok(false)
}

/// The path for people, cut where it would become longer than a log line likes.
fn written(root: &str, path: &[Step<'_>]) -> String {
    const MAX_PATH_BYTES: usize = 256;
    let mut text = String::from(root);
    for step in path {
        match step {
            Step::Key(key) => {
                text.push('.');
                text.push_str(key);
            }
            Step::Index(index) => {
                text.push('[');
                text.push_str(&index.to_string());
                text.push(']');
            }
        }
    }
    if text.len() > MAX_PATH_BYTES {
        text.truncate(text.floor_char_boundary(MAX_PATH_BYTES));
        text.push_str("...");
    }
    text
}

use super::{Reader, ValueError};

/// Walks the one map that `body` must be. `visit` gets each string key and must read its value;
/// entries under other keys are passed over.
pub(crate) fn fields<'a>(
    body: &'a [u8],
    mut visit: impl FnMut(&'a [u8], &mut Reader<'a>) -> Result<(), ValueError>,
) -> Result<(), ValueError> {
    let mut reader = Reader::new(body);
    let entries = match reader.map("") {
        Err(ValueError::WrongType { .. }) => return Err(ValueError::NotAMap),
        entries => entries?,
    };
    for _ in 0..entries {
        match reader.key()? {
            Some(key) => visit(key, &mut reader)?,
            None => reader.skip()?,
        }
    }
    reader.finish()
}

/// Reads a list of at most `limit` elements. Allocates for what was read, not for what was
/// promised.
pub(crate) fn elements<'a, T>(
    reader: &mut Reader<'a>,
    field: &'static str,
    limit: usize,
    mut read: impl FnMut(&mut Reader<'a>) -> Result<T, ValueError>,
) -> Result<Vec<T>, ValueError> {
    let count = reader.array(field)?;
    if count as usize > limit {
        return Err(ValueError::TooMany { field, limit });
    }
    let mut list = Vec::new();
    for _ in 0..count {
        list.push(read(reader)?);
    }
    Ok(list)
}

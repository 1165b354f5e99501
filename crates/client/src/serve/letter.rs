use bytes::Bytes;

/// A message as it came, shared by all that was read from it: one owner to count, where a slice for
/// each text would be one each.
#[derive(Clone, Debug)]
pub(crate) struct Letter {
    body: Bytes,
}

/// Where in a letter a text stands.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Span {
    start: usize,
    end: usize,
}

impl Letter {
    pub(super) fn new(body: Bytes) -> Letter {
        Letter { body }
    }

    /// Where a text that was read from this letter stands; nowhere, if it was not.
    pub(super) fn span(&self, text: &str) -> Span {
        let start = (text.as_ptr() as usize).checked_sub(self.body.as_ptr() as usize);
        let span = start.map(|start| Span {
            start,
            end: start.saturating_add(text.len()),
        });
        span.filter(|span| span.end <= self.body.len())
            .unwrap_or_default()
    }

    /// What stands there: it was read as a text before.
    pub(crate) fn text(&self, span: Span) -> &str {
        let bytes = self.body.get(span.start..span.end).unwrap_or_default();
        std::str::from_utf8(bytes).unwrap_or_default()
    }

    /// One value of it, without a copy if it is a part of it.
    pub(super) fn value(&self, bytes: &[u8]) -> Bytes {
        if self.body.as_ptr_range().contains(&bytes.as_ptr()) {
            self.body.slice_ref(bytes)
        } else {
            Bytes::copy_from_slice(bytes)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_found_again_and_one_from_elsewhere_is_not() {
        let body = Bytes::from_static(b"xxhelloxx");
        let letter = Letter::new(body.clone());
        let hello = std::str::from_utf8(&body[2..7]).unwrap();
        assert_eq!(letter.text(letter.span(hello)), "hello");
        let elsewhere = String::from("hello");
        assert_eq!(letter.text(letter.span(&elsewhere)), "");
        assert_eq!(letter.text(Span::default()), "");
        assert_eq!(letter.value(&body[2..4]), &b"he"[..]);
        assert_eq!(letter.value(&[0x80]), &[0x80][..]);
    }
}

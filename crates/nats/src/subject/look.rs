//! One look at the bytes of a subject.
//!
//! Every message that is published is looked at, so this takes sixteen bytes at a time and has no
//! branch per byte: the compiler makes vector instructions of the inner loop.

/// What is seen at one look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Look {
    /// No token is empty; no white space and no control characters.
    pub(super) is_well_formed: bool,
    /// Some byte is `*` or `>`.
    pub(super) may_hold_wildcards: bool,
}

const WIDTH: usize = 16;

/// A byte for each place of a window: 0 where nothing was found.
type Found = [u8; WIDTH];

impl Look {
    pub(super) fn at(subject: &[u8]) -> Look {
        let (mut flaws, mut wildcards) = ([0; WIDTH], [0; WIDTH]);
        // Each byte with the one after it: two dots in a row are an empty token.
        for pair in Windows::of(subject) {
            for place in 0..WIDTH {
                let (byte, next) = (pair.bytes[place], pair.next[place]);
                flaws[place] |= flaw(byte) | u8::from(byte == b'.') & u8::from(next == b'.');
                wildcards[place] |= wildcard(byte);
            }
        }
        let (first, last) = (subject.first().copied(), subject.last().copied());
        let ends = [first, last].map(|end| end.is_none_or(|byte| byte == b'.' || flaw(byte) != 0));
        Look {
            is_well_formed: ends == [false, false] && !is_any(flaws),
            may_hold_wildcards: is_any(wildcards) || last.is_some_and(|byte| wildcard(byte) != 0),
        }
    }
}

fn flaw(byte: u8) -> u8 {
    u8::from(byte <= b' ') | u8::from(byte == 0x7f)
}

fn wildcard(byte: u8) -> u8 {
    u8::from(byte == b'*') | u8::from(byte == b'>')
}

fn is_any(found: Found) -> bool {
    u128::from_ne_bytes(found) != 0
}

/// Sixteen bytes and the sixteen that begin one later.
struct Pair {
    bytes: Found,
    next: Found,
}

/// All bytes but the last, each with its next one, in windows of which the last overlaps the one
/// before; of a short subject, one window that is filled up with what has no flaw.
struct Windows<'a> {
    subject: &'a [u8],
    at: usize,
}

impl Windows<'_> {
    fn of(subject: &[u8]) -> Windows<'_> {
        Windows { subject, at: 0 }
    }

    fn short(&self) -> Pair {
        const FILL: Found = [b'a'; WIDTH];
        let (mut bytes, mut next) = (FILL, FILL);
        let rest = self.subject.get(1..).unwrap_or_default();
        for (place, byte) in bytes.iter_mut().zip(self.subject) {
            *place = *byte;
        }
        for (place, byte) in next.iter_mut().zip(rest) {
            *place = *byte;
        }
        Pair { bytes, next }
    }
}

impl Iterator for Windows<'_> {
    type Item = Pair;

    fn next(&mut self) -> Option<Pair> {
        // How many bytes have a next one.
        let pairs = self.subject.len().saturating_sub(1);
        if self.at >= pairs {
            return None;
        }
        if pairs < WIDTH {
            self.at = pairs;
            return Some(self.short());
        }
        let start = self.at.min(pairs - WIDTH);
        self.at = start + WIDTH;
        let window = self.subject.get(start..)?;
        Some(Pair {
            bytes: *window.first_chunk()?,
            next: *window.get(1..)?.first_chunk()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Byte by byte.
    fn looked_at_slowly(subject: &[u8]) -> Look {
        let mut tokens = subject.split(|byte| *byte == b'.');
        let is_printable = |byte: &u8| *byte > b' ' && *byte != 0x7f;
        Look {
            is_well_formed: tokens.all(|token| !token.is_empty() && token.iter().all(is_printable)),
            may_hold_wildcards: subject.iter().any(|byte| matches!(byte, b'*' | b'>')),
        }
    }

    #[test]
    fn every_place_of_every_length_is_seen() {
        for length in 0..=70 {
            let sound = vec![b'x'; length];
            assert_eq!(Look::at(&sound), looked_at_slowly(&sound));
            for place in 0..length {
                for byte in [0, b' ', 0x7f, b'.', b'*', b'>', 0xc3] {
                    let mut subject = sound.clone();
                    subject[place] = byte;
                    assert_eq!(
                        Look::at(&subject),
                        looked_at_slowly(&subject),
                        "{subject:?}"
                    );
                    if let Some(next) = subject.get_mut(place + 1) {
                        *next = b'.';
                    }
                    assert_eq!(
                        Look::at(&subject),
                        looked_at_slowly(&subject),
                        "{subject:?}"
                    );
                }
            }
        }
    }
}

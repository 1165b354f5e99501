//! Free names as tokens of a subject.
//!
//! A strict token stands for itself. Any other name is written as `~` and its UTF-8 bytes in base32:
//! RFC 4648, lower-case (`a-z2-7`), without padding. `host.7` is `~nbxxg5bog4`. No strict token
//! holds `~`, and the decoder takes only what the encoder writes: one name has one token.

use std::borrow::Cow;

use aegis_types::is_strict_token;
use aegis_types::limits::MAX_NAME_BYTES;

/// Begins the token of a name that is not a strict token.
const MARK: u8 = b'~';

const ALPHABET: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";

/// The longest token of a name: five bits a digit.
const MAX_TOKEN_BYTES: usize = 1 + (MAX_NAME_BYTES * 8).div_ceil(5);

/// The token of a name in an event subject, and of nothing else: an empty text has no token.
pub fn name_token(name: &str) -> Cow<'_, str> {
    if is_strict_token(name) {
        return Cow::Borrowed(name);
    }
    let mut token = String::with_capacity(1 + (name.len() * 8).div_ceil(5));
    token.push(char::from(MARK));
    let (mut pending, mut bits) = (0_u32, 0);
    for byte in name.bytes() {
        pending = pending << 8 | u32::from(byte);
        bits += 8;
        while bits >= 5 {
            bits -= 5;
            token.push(digit(pending >> bits));
        }
    }
    if bits > 0 {
        token.push(digit(pending << (5 - bits)));
    }
    Cow::Owned(token)
}

/// The name of a token, `None` if it is none that [`name_token`] writes.
pub fn name_of_token(token: &str) -> Option<Cow<'_, str>> {
    if is_strict_token(token) {
        return Some(Cow::Borrowed(token));
    }
    let digits = token.as_bytes().strip_prefix(&[MARK])?;
    if token.len() > MAX_TOKEN_BYTES {
        return None;
    }
    let mut bytes = Vec::with_capacity(digits.len() * 5 / 8);
    let (mut pending, mut bits) = (0_u32, 0);
    for digit in digits {
        pending = pending << 5 | value(*digit)?;
        bits += 5;
        if bits >= 8 {
            bits -= 8;
            bytes.push((pending >> bits) as u8);
        }
    }
    let name = String::from_utf8(bytes).ok()?;
    // Rests that are not zero, digits too many, names that need no digits: written differently.
    (!name.is_empty() && name_token(&name) == token).then_some(Cow::Owned(name))
}

fn digit(bits: u32) -> char {
    ALPHABET
        .get((bits & 31) as usize)
        .map_or('a', |digit| char::from(*digit))
}

fn value(digit: u8) -> Option<u32> {
    match digit {
        b'a'..=b'z' => Some(u32::from(digit - b'a')),
        b'2'..=b'7' => Some(u32::from(digit - b'2') + 26),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_of_the_standard() {
        // RFC 4648, section 10; each ends in a dot here, so that it is no strict token.
        for (name, token) in [
            ("f.", "~myxa"),
            ("foob.", "~mzxw6yro"),
            ("host.7", "~nbxxg5bog4"),
            ("\u{1f980}", "~6cp2naa"),
            ("orders-1", "orders-1"),
        ] {
            assert_eq!(name_token(name), token, "{name}");
            assert_eq!(name_of_token(token).as_deref(), Some(name), "{token}");
        }
    }

    #[test]
    fn a_name_has_one_token() {
        for token in [
            "",
            "~",
            "~myxb",       // the rest is not zero
            "~myxaaa",     // digits too many
            "~MYXA",       // upper case
            "~mzxw6===",   // padding
            "~mzxw6ytboi", // `foobar` needs no digits
            "~777q",       // not UTF-8
            "a.b",
            "*",
        ] {
            assert_eq!(name_of_token(token), None, "{token:?}");
        }
        let longest = "é".repeat(MAX_NAME_BYTES / 2);
        assert_eq!(
            name_of_token(&name_token(&longest)).as_deref(),
            Some(&*longest)
        );
        let longer = ".".repeat(MAX_NAME_BYTES + 1);
        assert_eq!(name_of_token(&name_token(&longer)), None);
    }
}

//! Header blocks: `NATS/1.0`, lines of `name: value`, an empty line.

const VERSION: &[u8] = b"NATS/1.0";

/// The status of a block such as `NATS/1.0 503`.
pub fn status_code(block: &[u8]) -> Option<u16> {
    let rest = block.strip_prefix(VERSION)?.strip_prefix(b" ")?;
    let digits = rest.get(..3)?;
    if rest.get(3).is_some_and(u8::is_ascii_digit) {
        return None;
    }
    std::str::from_utf8(digits).ok()?.parse().ok()
}

/// The value of the first field with this name, as it was written (names are case-sensitive in
/// NATS), without white space around it.
pub fn field<'a>(block: &'a [u8], name: &str) -> Option<&'a str> {
    fields(block).find_map(|(key, value)| (key == name).then_some(value))
}

/// The fields of a block in their order. Lines that are no field are left out.
pub fn fields(block: &[u8]) -> impl Iterator<Item = (&str, &str)> {
    let text = std::str::from_utf8(block).unwrap_or_default();
    let lines = text.split("\r\n").skip(1);
    lines.filter_map(|line| {
        let (name, value) = line.split_once(':')?;
        Some((name, value.trim()))
    })
}

/// Whether client libraries can read a block. They drop their connection over one they cannot, so a
/// broker that passes it on lets any publisher cut off any subscriber.
pub fn is_valid_block(block: &[u8]) -> bool {
    let Some(rest) = block.strip_prefix(VERSION) else {
        return false;
    };
    let Some(lines) = rest.strip_suffix(b"\r\n\r\n") else {
        return false;
    };
    let Ok(lines) = std::str::from_utf8(lines) else {
        return false;
    };
    let mut lines = lines.split("\r\n");
    let status = lines.next().unwrap_or_default();
    (status.is_empty() || status.starts_with(' ') && is_clean(status)) && lines.all(is_valid_field)
}

fn is_valid_field(line: &str) -> bool {
    line.split_once(':').is_some_and(|(name, value)| {
        !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_graphic()) && is_clean(value)
    })
}

/// No character that ends a line for some reader, and no NUL.
fn is_clean(text: &str) -> bool {
    !text.bytes().any(|byte| matches!(byte, b'\r' | b'\n' | 0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statuses() {
        assert_eq!(status_code(b"NATS/1.0 503\r\n\r\n"), Some(503));
        assert_eq!(status_code(b"NATS/1.0 408 Timeout\r\n\r\n"), Some(408));
        for other in [
            &b"NATS/1.0\r\n\r\n"[..],
            b"NATS/1.0 5034\r\n\r\n",
            b"NATS/1.0 x03\r\n\r\n",
            b"",
            b"HTTP/1.0 503",
        ] {
            assert_eq!(status_code(other), None, "{other:?}");
        }
    }

    #[test]
    fn fields_are_found_by_name() {
        let block = b"NATS/1.0\r\ntraceparent: 00-ab\r\nempty:\r\n\r\n";
        assert_eq!(field(block, "traceparent"), Some("00-ab"));
        assert_eq!(field(block, "empty"), Some(""));
        assert_eq!(field(block, "Traceparent"), None);
    }

    #[test]
    fn only_readable_blocks_are_valid() {
        for good in [
            &b"NATS/1.0\r\n\r\n"[..],
            b"NATS/1.0 503\r\n\r\n",
            b"NATS/1.0 408 Request Timeout\r\n\r\n",
            b"NATS/1.0\r\na: b\r\nc:\r\n\r\n",
            "NATS/1.0\r\na: \u{e9}\r\n\r\n".as_bytes(),
        ] {
            assert!(is_valid_block(good), "{good:?}");
        }
        for bad in [
            &b""[..],
            b"NATS/1.0",
            b"NATS/1.0\r\n",
            b"NATS/2.0\r\n\r\n",
            b"NATS/1.0x\r\n\r\n",
            b"HTTP/1.1\r\na: b\r\n\r\n",
            b"NATS/1.0\r\na b\r\n\r\n",
            b"NATS/1.0\r\n: b\r\n\r\n",
            b"NATS/1.0\r\na: b\nc: d\r\n\r\n",
            b"NATS/1.0\r\n\r\na: b\r\n\r\n",
            b"NATS/1.0\r\na\xff: b\r\n\r\n",
            b"NATS/1.0\r\na: \xff\r\n\r\n",
        ] {
            assert!(!is_valid_block(bad), "{bad:?}");
        }
    }
}

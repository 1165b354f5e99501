//! Many inputs in one file: a corpus is over a thousand of them, of a few dozen bytes each.
//!
//! Each input is its length, four bytes with the highest first, and its bytes.

/// The inputs in a pack; what is not whole at its end is left out.
pub fn read(mut pack: &[u8]) -> Vec<&[u8]> {
    let mut inputs = Vec::new();
    while let Some((length, rest)) = pack.split_first_chunk() {
        let length = usize::try_from(u32::from_be_bytes(*length)).unwrap_or(usize::MAX);
        let Some((input, rest)) = rest.split_at_checked(length) else {
            break;
        };
        inputs.push(input);
        pack = rest;
    }
    inputs
}

/// A pack of these inputs.
pub fn write<'a>(inputs: impl IntoIterator<Item = &'a [u8]>) -> Vec<u8> {
    let mut pack = Vec::new();
    for input in inputs {
        // An input has some thousand bytes at most.
        let length = u32::try_from(input.len()).unwrap_or(u32::MAX);
        pack.extend_from_slice(&length.to_be_bytes());
        pack.extend_from_slice(input);
    }
    pack
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_packed_is_read() {
        let inputs: [&[u8]; 3] = [b"PING\r\n", b"", b"\0\0\0\x01"];
        let pack = write(inputs);
        assert_eq!(read(&pack), inputs);
        assert_eq!(read(&pack[..pack.len() - 1]), inputs[..2]);
    }
}

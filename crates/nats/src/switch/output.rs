use aegis_plants::Plant;

/// What waits to be written to one connection: one contiguous buffer, filled at its end and written
/// from its start.
#[derive(Debug, Default)]
pub(super) struct OutputBuffer {
    bytes: Vec<u8>,
    written: usize,
}

/// A buffer that was written out keeps at most this much memory.
///
/// Little, since it is kept for each of very many connections; one that is busy grows again at the
/// cost of a few copies between two checks.
const KEEP: usize = 1024;

/// Written bytes in front of a buffer are dropped once they are this many and more than the rest.
const COMPACT: usize = 64 * 1024;

impl OutputBuffer {
    pub(super) fn pending(&self) -> &[u8] {
        self.bytes.get(self.written..).unwrap_or_default()
    }

    /// Lets `append` add to the end, unless more than `max_pending` bytes would wait then: the
    /// buffer stays as it was and the answer is `false`.
    pub(super) fn append(&mut self, max_pending: usize, append: impl FnOnce(&mut Vec<u8>)) -> bool {
        let before = self.bytes.len();
        append(&mut self.bytes);
        let fits = self.pending().len() <= max_pending || Plant::PendingUnbounded.is_sown();
        if !fits {
            self.bytes.truncate(before);
        }
        fits
    }

    /// Drops what was written; answers how much that is, which is never more than what waited.
    pub(super) fn wrote(&mut self, count: usize) -> usize {
        let count = count.min(self.bytes.len() - self.written);
        self.written += count;
        let left = self.bytes.len() - self.written;
        if left == 0 {
            self.bytes.clear();
            self.written = 0;
        } else if self.written >= COMPACT && self.written > left {
            self.bytes.drain(..self.written);
            self.written = 0;
        }
        count
    }

    /// Drops everything that waits, and its memory. Says whether the reader is between two
    /// operations now, so that a last one may follow.
    pub(super) fn drop_all(&mut self) -> bool {
        let is_whole = self.written == 0;
        *self = OutputBuffer::default();
        is_whole
    }

    /// Gives back what a burst left behind. Not done on every write: a connection that is busy would
    /// only ask for it again.
    pub(super) fn give_back(&mut self) {
        if self.bytes.is_empty() {
            self.bytes.shrink_to(KEEP);
        }
    }

    #[cfg(test)]
    pub(super) fn capacity(&self) -> usize {
        self.bytes.capacity()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_leaves_no_trace() {
        let mut output = OutputBuffer::default();
        assert!(output.append(3, |out| out.extend_from_slice(b"abc")));
        assert!(!output.append(3, |out| out.push(b'd')));
        assert_eq!(output.pending(), b"abc");
        output.wrote(1);
        assert!(output.append(3, |out| out.push(b'd')));
        assert_eq!(output.pending(), b"bcd");
    }

    #[test]
    fn written_bytes_are_dropped_and_memory_comes_back() {
        let mut output = OutputBuffer::default();
        let bytes: Vec<u8> = (0..4 * COMPACT).map(|at| at as u8).collect();
        assert!(output.append(usize::MAX, |out| out.extend_from_slice(&bytes)));
        output.wrote(3 * COMPACT);
        assert_eq!(output.bytes.len(), COMPACT);
        assert_eq!(output.pending(), &bytes[3 * COMPACT..]);
        output.wrote(COMPACT);
        output.give_back();
        assert!(output.bytes.capacity() <= KEEP);
    }
}

use aegis_types::Incarnation;

use super::Subjects;

/// Whose inbox a subject is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Inbox<'a> {
    /// One life of a native instance.
    Native {
        /// Its service.
        service: &'a str,
        /// Its id.
        instance: &'a str,
        /// Its life.
        incarnation: Incarnation,
    },
    /// A legacy instance, of whatever service.
    Legacy {
        /// Its id, which may hold dots.
        instance: &'a str,
    },
}

impl Subjects {
    /// Whose inbox `subject` is, if it is one.
    pub fn parse_inbox<'a>(&self, subject: &'a str) -> Option<Inbox<'a>> {
        let (area, rest) = self.strip(subject)?.split_once('.')?;
        match area {
            "inbox" => {
                let mut tokens = rest.split('.');
                let (service, instance) = (tokens.next()?, tokens.next()?);
                let incarnation = number(tokens.next()?)?;
                if service.is_empty() || instance.is_empty() || tokens.next().is_some() {
                    return None;
                }
                Some(Inbox::Native {
                    service,
                    instance,
                    incarnation: Incarnation::from_bits(incarnation),
                })
            }
            "instance" => {
                let instance = rest.strip_suffix(".inbox")?;
                (!instance.is_empty()).then_some(Inbox::Legacy { instance })
            }
            _ => None,
        }
    }
}

/// Only the one form that we write: no sign, no leading zeros.
fn number(text: &str) -> Option<u64> {
    let canonical = text == "0" || text.starts_with(|first: char| ('1'..='9').contains(&first));
    canonical.then(|| text.parse().ok()).flatten()
}

/// Digits of the largest number of 64 bits.
pub(super) const MAX_DIGITS: usize = 20;

/// A number in decimal, in the room that the caller lends: one per message to an instance.
pub(super) fn decimal(mut value: u64, room: &mut [u8; MAX_DIGITS]) -> &str {
    let mut start = MAX_DIGITS;
    for (position, digit) in room.iter_mut().enumerate().rev() {
        *digit = b'0' + (value % 10) as u8;
        value /= 10;
        start = position;
        if value == 0 {
            break;
        }
    }
    let digits = room.get(start..).unwrap_or_default();
    std::str::from_utf8(digits).unwrap_or_default()
}

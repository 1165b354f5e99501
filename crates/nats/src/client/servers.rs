//! The servers a link goes round: those its host named, in their order, then those that brokers told
//! of.

/// Most servers that are learnt. A larger cluster is reached through these.
pub const MAX_LEARNT_SERVERS: usize = 64;

/// Longest address that is learnt, `host:port`, in bytes: a name of a host has at most 253.
const MAX_ADDRESS: usize = 262;

#[derive(Debug)]
pub(super) struct Servers {
    /// Addresses, empty where the host gave none.
    list: Vec<Box<str>>,
    /// How many of them the host named.
    named: usize,
    /// The present one.
    at: usize,
}

impl Servers {
    /// At least one.
    pub(super) fn new(mut list: Vec<Box<str>>) -> Self {
        if list.is_empty() {
            list.push(Box::default());
        }
        Self {
            named: list.len(),
            list,
            at: 0,
        }
    }

    pub(super) fn at(&self) -> usize {
        self.at
    }

    pub(super) fn address(&self, index: usize) -> Option<&str> {
        self.list.get(index).map(|address| &**address)
    }

    /// Whether there is any other than the present one.
    pub(super) fn has_another(&self) -> bool {
        let present = self.address(self.at);
        self.list.len() > 1
            && (present == Some("") || self.list.iter().any(|other| Some(&**other) != present))
    }

    /// Goes to the next, round and round. One that bears the present one's address is no other.
    pub(super) fn advance(&mut self) {
        let present = self.list.get(self.at).cloned().unwrap_or_default();
        for _ in 0..self.list.len() {
            self.at = (self.at + 1) % self.list.len();
            if present.is_empty() || self.list.get(self.at) != Some(&present) {
                return;
            }
        }
    }

    /// How many rounds over the list so many failures are. One round is one step of the backoff:
    /// with several servers the next one is as good as a fresh start.
    pub(super) fn rounds(&self, failures: u32) -> u32 {
        failures / u32::try_from(self.list.len()).unwrap_or(u32::MAX)
    }

    /// A broker said which servers there are. What it told of before and does not now is forgotten,
    /// or a cluster whose addresses change would fill the list with what is gone.
    pub(super) fn learn(&mut self, told: &[String]) {
        if told.is_empty() {
            return;
        }
        let present = self.list.get(self.at).cloned().unwrap_or_default();
        self.list.truncate(self.named);
        for address in told {
            if self.list.len() - self.named >= MAX_LEARNT_SERVERS {
                break;
            }
            if is_address(address) && !self.list.iter().any(|known| **known == **address) {
                self.list.push(address.as_str().into());
            }
        }
        if self.at >= self.named {
            let found = self.list.iter().position(|known| *known == present);
            self.at = found.unwrap_or_else(|| {
                self.list.push(present);
                self.list.len() - 1
            });
        }
    }
}

/// What may stand in a list of addresses; whether it leads anywhere is seen when it is dialled.
fn is_address(text: &str) -> bool {
    let is_plain = |byte: u8| {
        byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_' | b':' | b'[' | b']')
    };
    text.contains(':') && text.len() <= MAX_ADDRESS && text.bytes().all(is_plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn servers(named: &[&str]) -> Servers {
        Servers::new(named.iter().map(|name| Box::from(*name)).collect())
    }

    fn told(addresses: &[&str]) -> Vec<String> {
        addresses.iter().map(ToString::to_string).collect()
    }

    fn round(servers: &mut Servers) -> Vec<String> {
        let mut round = Vec::new();
        for _ in 0..servers.list.len() {
            round.push(servers.address(servers.at()).unwrap().to_owned());
            servers.advance();
        }
        round
    }

    #[test]
    fn learnt_ones_come_after_the_named_and_once() {
        let mut servers = servers(&["a:1", "b:1"]);
        servers.learn(&told(&["b:1", "c:1", "c:1", "d:1"]));
        assert_eq!(round(&mut servers), ["a:1", "b:1", "c:1", "d:1"]);
        servers.learn(&told(&["d:1"]));
        assert_eq!(round(&mut servers), ["a:1", "b:1", "d:1"]);
    }

    #[test]
    fn the_one_that_serves_us_stays_though_it_is_told_of_no_more() {
        let mut servers = servers(&["a:1"]);
        servers.learn(&told(&["b:1", "c:1"]));
        servers.advance();
        servers.advance();
        assert_eq!(servers.address(servers.at()), Some("c:1"));
        servers.learn(&told(&["b:1"]));
        assert_eq!(servers.address(servers.at()), Some("c:1"));
        servers.learn(&told(&["c:1", "b:1"]));
        assert_eq!(servers.address(servers.at()), Some("c:1"));
        servers.advance();
        assert_eq!(servers.address(servers.at()), Some("b:1"));
    }

    #[test]
    fn junk_and_too_many_are_not_learnt() {
        let mut servers = servers(&["a:1"]);
        servers.learn(&told(&[
            "no port",
            "me:pw@b:1",
            "nats://b:1",
            "",
            "b\u{e9}:1",
        ]));
        assert_eq!(servers.list.len(), 1);
        let many: Vec<String> = (1..1000).map(|port| format!("b:{port}")).collect();
        servers.learn(&many);
        assert_eq!(servers.list.len(), 1 + MAX_LEARNT_SERVERS);
    }

    #[test]
    fn the_same_address_twice_is_no_other_server() {
        let mut servers = servers(&["a:1", "a:1"]);
        assert!(!servers.has_another());
        servers.learn(&told(&["b:1"]));
        assert!(servers.has_another());
        servers.advance();
        assert_eq!(servers.address(servers.at()), Some("b:1"));
    }
}

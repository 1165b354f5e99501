//! The switch's table of subscriptions against a list.
//!
//! Input: a history of subscriptions, ends of subscriptions and messages. Few tokens and many
//! wildcards, so that patterns overlap, fall together and nest. Every message reaches each
//! subscription that matches it once, and one member of each queue group, however they collide.

mod twin;

use std::time::Duration;

use aegis_nats::codec::{Limits, ServerOp, ServerOpDecoder};
use aegis_nats::switch::{NoLocalPeer, Switch, SwitchConfig};
use aegis_nats::{ClosedBy, PeerId};

use crate::script::Script;
use twin::{Delivered, Twin};

const NOW: Duration = Duration::from_secs(1);
const MAX_PEERS: usize = 4;
const SIDS: usize = 8;
const MAX_TOKENS: usize = 4;
const GROUPS: [Option<&str>; 4] = [None, None, Some("q"), Some("r")];

/// The target.
pub fn run(data: &[u8]) {
    let mut script = Script::new(data);
    let mut bench = Bench {
        switch: Switch::new(SwitchConfig::default(), NoLocalPeer::default()),
        twin: Twin::default(),
        peers: Vec::new(),
    };
    bench.open();
    while bench.step(&mut script).is_some() {
        if let Err(broken) = bench.switch.check_invariants() {
            panic!("{broken}");
        }
    }
}

struct Bench {
    switch: Switch<NoLocalPeer>,
    twin: Twin,
    peers: Vec<PeerId>,
}

impl Bench {
    fn step(&mut self, script: &mut Script<'_>) -> Option<()> {
        match script.below(10)? {
            0 => self.open(),
            1 => self.close(script)?,
            2..=5 => {
                let (peer, sid) = (script.pick(&self.peers)?, script.below(SIDS)?);
                let group = script.pick(&GROUPS)?;
                let pattern = pattern(script)?;
                self.send(
                    peer,
                    &format!("SUB {pattern} {} {sid}\r\n", group.unwrap_or("")),
                );
                self.twin.subscribe(peer, sid, pattern, group);
            }
            6 => {
                let (peer, sid) = (script.pick(&self.peers)?, script.below(SIDS)?);
                let max = script.pick(&[None, Some(0), Some(1), Some(2), Some(5)])?;
                let text = max.map_or(String::new(), |max| max.to_string());
                self.send(peer, &format!("UNSUB {sid} {text}\r\n"));
                self.twin.unsubscribe(peer, sid, max.unwrap_or(0));
            }
            _ => {
                let peer = script.pick(&self.peers)?;
                let subject = tokens(script, &["a", "b", "ab"])?;
                self.send(peer, &format!("PUB {subject} 0\r\n\r\n"));
                let delivered = self.delivered(&subject);
                self.twin.publish(&subject, &delivered);
            }
        }
        Some(())
    }

    fn open(&mut self) {
        if self.peers.len() >= MAX_PEERS {
            return;
        }
        if let Ok(peer) = self.switch.open(NOW) {
            self.peers.push(peer);
            self.send(peer, "CONNECT {\"verbose\":false}\r\n");
            self.switch.wrote(peer, self.switch.output(peer).len());
        }
    }

    fn close(&mut self, script: &mut Script<'_>) -> Option<()> {
        let at = script.below(self.peers.len())?;
        if self.peers.len() > 1 {
            let peer = self.peers.swap_remove(at);
            self.switch.closed(NOW, peer, ClosedBy::Peer);
            self.twin.close(peer);
        }
        Some(())
    }

    fn send(&mut self, peer: PeerId, text: &str) {
        self.switch.receive(NOW, peer, text.as_bytes());
    }

    /// Reads what came to each connection: messages on `subject` alone.
    fn delivered(&mut self, subject: &str) -> Delivered {
        let mut delivered = Delivered::new();
        for peer in &self.peers {
            let mut rest = self.switch.output(*peer);
            let mut decoder = ServerOpDecoder::new(Limits::default());
            while let Ok(Some((op, taken))) = decoder.decode(rest) {
                let ServerOp::Message {
                    subject: at, sid, ..
                } = op
                else {
                    panic!("not a message: {op:?}");
                };
                assert_eq!(at, subject);
                let sid = sid.parse().unwrap_or(SIDS);
                assert!(delivered.insert((*peer, sid)), "twice: {peer:?} {sid}");
                rest = rest.get(taken..).unwrap_or_default();
            }
            assert_eq!(rest, b"", "what is written can be read");
            self.switch.wrote(*peer, self.switch.output(*peer).len());
        }
        delivered
    }
}

fn tokens(script: &mut Script<'_>, of: &[&str]) -> Option<String> {
    let count = script.below(MAX_TOKENS)? + 1;
    let tokens: Option<Vec<&str>> = (0..count).map(|_| script.pick(of)).collect();
    Some(tokens?.join("."))
}

fn pattern(script: &mut Script<'_>) -> Option<String> {
    let ending = script.below(4)?;
    let tokens = tokens(script, &["a", "*", "b", "*", "ab"])?;
    Some(match ending {
        0 => format!("{tokens}.>"),
        1 if tokens == "a" => ">".to_owned(),
        _ => tokens,
    })
}

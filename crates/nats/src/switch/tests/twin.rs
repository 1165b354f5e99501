use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;
use crate::subject::pattern_matches;

#[derive(Clone, Debug)]
enum Step {
    Open,
    Close(usize),
    Subscribe(usize, String, Option<&'static str>, u8),
    Unsubscribe(usize, u8, Option<u64>),
    Publish(usize, String),
}

fn tokens(of: &'static [&'static str]) -> impl Strategy<Value = String> {
    proptest::collection::vec(proptest::sample::select(of), 1..4)
        .prop_map(|tokens| tokens.join("."))
}

fn pattern() -> impl Strategy<Value = String> {
    (tokens(&["a", "b", "*"]), any::<bool>())
        .prop_map(|(tokens, open)| if open { format!("{tokens}.>") } else { tokens })
}

fn step() -> impl Strategy<Value = Step> {
    let group = || proptest::option::of(proptest::sample::select(&["q", "r"][..]));
    prop_oneof![
        1 => Just(Step::Open),
        1 => (0..8usize).prop_map(Step::Close),
        6 => (0..8usize, pattern(), group(), 0..6u8)
            .prop_map(|(peer, pattern, group, sid)| Step::Subscribe(peer, pattern, group, sid)),
        2 => (0..8usize, 0..6u8, proptest::option::of(0..4u64))
            .prop_map(|(peer, sid, max)| Step::Unsubscribe(peer, sid, max)),
        8 => (0..8usize, tokens(&["a", "b"])).prop_map(|(peer, subject)| Step::Publish(peer, subject)),
    ]
}

#[derive(Debug)]
struct Known {
    peer: PeerId,
    sid: u8,
    pattern: String,
    group: Option<&'static str>,
    delivered: u64,
    max: Option<u64>,
}

/// The switch as a list: what a subscription is, without any index.
#[derive(Default)]
struct Twin(Vec<Known>);

impl Twin {
    fn find(&mut self, peer: PeerId, sid: u8) -> Option<usize> {
        self.0
            .iter()
            .position(|known| known.peer == peer && known.sid == sid)
    }

    /// Checks one message against what each connection got, and counts it.
    fn check(&mut self, subject: &str, got: &BTreeSet<(PeerId, u8)>) {
        let matching = |known: &&Known| pattern_matches(&known.pattern, subject);
        let was_got = |known: &&Known| got.contains(&(known.peer, known.sid));
        let plain = self
            .0
            .iter()
            .filter(matching)
            .filter(|known| known.group.is_none());
        assert!(plain.clone().all(|known| was_got(&known)));
        let mut expected = plain.count();
        for group in ["q", "r"] {
            let members = || {
                let matching = self.0.iter().filter(matching);
                matching.filter(move |known| known.group == Some(group))
            };
            let served = members().filter(was_got).count();
            assert_eq!(served, members().count().min(1), "group {group}");
            expected += served;
        }
        assert_eq!(got.len(), expected);
        for known in &mut self.0 {
            known.delivered += u64::from(got.contains(&(known.peer, known.sid)));
        }
        self.0
            .retain(|known| known.max.is_none_or(|max| known.delivered < max));
    }
}

fn run(steps: Vec<Step>) {
    let mut bench = Bench::new(SwitchConfig::default(), NoLocalPeer::default());
    let mut twin = Twin::default();
    let mut peers = vec![bench.quiet()];
    for step in steps {
        let pick = |at: usize, peers: &[PeerId]| peers[at % peers.len()];
        match step {
            Step::Open => peers.push(bench.quiet()),
            Step::Close(at) if peers.len() > 1 => {
                let id = peers.swap_remove(at % peers.len());
                bench.close(id);
                twin.0.retain(|known| known.peer != id);
            }
            Step::Close(_) => {}
            Step::Subscribe(at, pattern, group, sid) => {
                let peer = pick(at, &peers);
                bench.send(
                    peer,
                    &format!("SUB {pattern} {} {sid}\r\n", group.unwrap_or("")),
                );
                if twin.find(peer, sid).is_none() {
                    twin.0.push(Known {
                        peer,
                        sid,
                        pattern,
                        group,
                        delivered: 0,
                        max: None,
                    });
                }
            }
            Step::Unsubscribe(at, sid, max) => {
                let peer = pick(at, &peers);
                let text = max.map(|max| max.to_string()).unwrap_or_default();
                bench.send(peer, &format!("UNSUB {sid} {text}\r\n"));
                if let Some(at) = twin.find(peer, sid) {
                    let known = &mut twin.0[at];
                    known.max = Some(max.unwrap_or(0));
                    twin.0
                        .retain(|known| known.max.is_none_or(|max| known.delivered < max));
                }
            }
            Step::Publish(at, subject) => {
                bench.send(pick(at, &peers), &format!("PUB {subject} 0\r\n\r\n"));
                let mut got = BTreeSet::new();
                for id in &peers {
                    for line in bench.read(*id).lines() {
                        let sid = line.split(['#', ' ']).nth(2).unwrap().parse().unwrap();
                        assert!(got.insert((*id, sid)), "twice: {line}");
                    }
                }
                twin.check(&subject, &got);
            }
        }
    }
}

proptest! {
    #[test]
    fn messages_go_where_a_plain_list_would_send_them(
        steps in proptest::collection::vec(step(), 1..80)
    ) {
        run(steps);
    }
}

use std::collections::BTreeMap;

use aegis_nats::codec::{encode, status_code};

use super::{Actor, Io, Timer};
use crate::chance::Chance;
use crate::net::{Letter, LinkId};

/// The last token of where a bystander wants the answers that nobody gives.
pub(crate) const NOBODY: &str = ".nobody";

/// Subjects, and how often each message to them must arrive.
const EXPECTED: [(&str, u32); 4] = [("by.work", 1), ("by.all", 2), ("by.once", 1), (NOBODY, 1)];

/// Somebody who uses the broker for itself and knows nothing of services: two connections that share
/// a queue group and listen for the same, messages by the one of them, and a question to nobody. It
/// counts what arrives. A round is over when both connections have answered a ping that went after
/// the messages: what did not come before the answer does not come.
pub(crate) struct Bystander {
    chance: Chance,
    links: Option<[LinkId; 2]>,
    waits_for: Option<LinkId>,
    is_ready: [bool; 2],
    round: u32,
    arrived: BTreeMap<&'static str, u32>,
}

impl Bystander {
    pub(crate) fn new(chance: Chance) -> Bystander {
        Bystander {
            chance,
            links: None,
            waits_for: None,
            is_ready: [false; 2],
            round: 0,
            arrived: BTreeMap::new(),
        }
    }

    fn open(&mut self, io: &mut Io<'_>) {
        let answers = io.inbox("*");
        let [me, other] = [
            io.connect("bystander", &["by.all", &answers]),
            io.connect("bystander", &["by.all"]),
        ];
        for link in [me, other] {
            let mut bytes = Vec::new();
            encode::subscribe(&mut bytes, "by.work", Some("shift"), "work");
            io.net.send(link, &bytes);
        }
        (self.links, self.waits_for) = (Some([me, other]), None);
        self.is_ready = [false; 2];
    }

    fn begin_round(&mut self, io: &mut Io<'_>, link: LinkId) {
        self.round += 1;
        self.arrived.clear();
        let round = self.round.to_string();
        let mut bytes = Vec::new();
        let sid = format!("once{round}");
        encode::subscribe(&mut bytes, "by.once", None, &sid);
        encode::unsubscribe(&mut bytes, &sid, Some(1));
        for subject in ["by.work", "by.all", "by.once", "by.once"] {
            encode::publish(&mut bytes, subject, None, None, round.as_bytes());
        }
        let answer = io.inbox("nobody");
        encode::publish(&mut bytes, "by.nobody", Some(&answer), None, b"");
        encode::ping(&mut bytes);
        io.net.send(link, &bytes);
        self.waits_for = Some(link);
    }

    fn end_round(&mut self, io: &mut Io<'_>) {
        for (subject, expected) in EXPECTED {
            let arrived = self.arrived.get(subject).copied().unwrap_or(0);
            if arrived != expected {
                let text = format!("`{subject}` arrived {arrived} times, not {expected}");
                io.net.judge.accuse(text, None, Some(io.me));
            }
        }
    }
}

impl Actor for Bystander {
    fn on_start(&mut self, io: &mut Io<'_>) {
        self.open(io);
        io.timer(self.chance.millis(100, 900), Timer::Act);
    }

    fn on_pong(&mut self, io: &mut Io<'_>, link: LinkId) {
        let Some([me, other]) = self.links else {
            return;
        };
        if let Some(at) = [me, other].iter().position(|known| *known == link)
            && let Some(is_ready) = self.is_ready.get_mut(at)
        {
            *is_ready = true;
        }
        if self.waits_for != Some(link) {
            return;
        }
        self.waits_for = (link == me).then_some(other);
        match self.waits_for {
            Some(other) => io.net.send(other, b"PING\r\n"),
            None => self.end_round(io),
        }
    }

    fn on_letter(&mut self, _io: &mut Io<'_>, _link: LinkId, letter: &Letter) {
        let is_unheard = letter.headers.as_deref().and_then(status_code) == Some(503);
        let round = self.round.to_string();
        let of_round = is_unheard || letter.payload == round.as_bytes();
        let subject = EXPECTED
            .iter()
            .find(|(name, _)| letter.subject.ends_with(name));
        if let Some((subject, _)) = subject.filter(|_| of_round) {
            *self.arrived.entry(subject).or_default() += 1;
        }
    }

    fn on_lost(&mut self, io: &mut Io<'_>, _link: LinkId) {
        for link in self.links.take().into_iter().flatten() {
            io.net.close(link);
        }
        self.waits_for = None;
        io.timer(self.chance.millis(5, 100), Timer::Reconnect);
    }

    fn on_timer(&mut self, io: &mut Io<'_>, timer: Timer) {
        match timer {
            Timer::Reconnect if self.links.is_none() => self.open(io),
            Timer::Act => {
                let is_free = self.is_ready == [true; 2] && self.waits_for.is_none();
                if let Some([me, _]) = self.links.filter(|_| is_free) {
                    self.begin_round(io, me);
                }
                if io.net.now < io.net.plan.calls_end_at {
                    io.timer(self.chance.millis(300, 3_000), Timer::Act);
                }
            }
            _ => {}
        }
    }
}

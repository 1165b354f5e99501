use aegis_wire::Subjects;
use aegis_wire::admin::{InstanceList, ListRequest, Listing, ServiceList};

use super::{Actor, Io, Timer};
use crate::chance::Chance;
use crate::net::{Letter, LinkId};

/// Asks for listings now and then, in small pages, and wants each of its questions answered.
pub(crate) struct Operator {
    chance: Chance,
    subjects: Subjects,
    link: Option<LinkId>,
    asked: Option<&'static str>,
}

impl Operator {
    pub(crate) fn new(chance: Chance) -> Operator {
        Operator {
            chance,
            subjects: Subjects::default(),
            link: None,
            asked: None,
        }
    }

    fn ask(&mut self, io: &mut Io<'_>) {
        let Some(link) = self.link else { return };
        let noun = if self.chance.percent(50) {
            "service"
        } else {
            "instance"
        };
        let mut body = Vec::new();
        ListRequest {
            limit: self.chance.between(1, 5) as u16,
            ..ListRequest::default()
        }
        .encode(&mut body);
        let reply = io.inbox(noun);
        io.publish(link, &self.subjects.admin(noun, LIST), Some(&reply), &body);
        self.asked = Some(noun);
    }
}

/// What the driver listens for.
const LIST: &str = "ls";

impl Actor for Operator {
    fn on_start(&mut self, io: &mut Io<'_>) {
        let answers = io.inbox("*");
        self.link = Some(io.connect("operator", &[&answers]));
        io.timer(self.chance.millis(100, 2_000), Timer::Act);
    }

    fn on_letter(&mut self, io: &mut Io<'_>, _link: LinkId, letter: &Letter) {
        let read = match self.asked.take() {
            Some("service") => ServiceList::decode(&letter.payload).map(drop),
            _ => InstanceList::decode(&letter.payload).map(drop),
        };
        if let Err(error) = read {
            let text = format!("a listing cannot be read: {error}");
            io.net.judge.accuse(text, None, Some(io.me));
        }
    }

    fn on_lost(&mut self, _io: &mut Io<'_>, _link: LinkId) {
        self.link = None;
    }

    fn on_timer(&mut self, io: &mut Io<'_>, timer: Timer) {
        if timer != Timer::Act {
            return;
        }
        // The router may stand still for a while, but not as long as the next question is away.
        if let Some(noun) = self.asked.filter(|_| self.link.is_some()) {
            let text = format!("no answer to `{noun} {LIST}`");
            io.net.judge.accuse(text, None, Some(io.me));
        }
        self.ask(io);
        if io.net.now < io.net.plan.calls_end_at {
            io.timer(self.chance.millis(10_000, 14_000), Timer::Act);
        }
    }
}

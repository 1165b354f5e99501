use aegis_wire::Subjects;
use aegis_wire::call::InboxMessage;
use aegis_wire::instance::UnregisterReply;
use aegis_wire::value::Writer;

use super::{Actor, GARBAGE, Handlers, Io, Nudge, Timer};
use crate::chance::Chance;
use crate::net::{Letter, LinkId};

/// An instance of the first AegisIPC: one connection, plain subjects, heartbeats that nobody
/// answers.
pub(crate) struct Legacy {
    service: String,
    id: String,
    handlers: Handlers,
    chance: Chance,
    subjects: Subjects,
    link: Option<LinkId>,
    was_registered: bool,
    is_beating: bool,
}

impl Legacy {
    pub(crate) fn new(service: String, id: String, mut chance: Chance) -> Legacy {
        let handlers = Handlers::new(id.clone(), None, chance.fork());
        Legacy {
            service,
            id,
            handlers,
            chance,
            subjects: Subjects::default(),
            link: None,
            was_registered: false,
            is_beating: false,
        }
    }

    fn open(&mut self, io: &mut Io<'_>) {
        let inbox = self.subjects.legacy_inbox(&self.id);
        let answers = io.inbox("*");
        self.link = Some(io.connect("legacy", &[&inbox, &answers]));
    }

    fn body(&self) -> Vec<u8> {
        let mut body = Vec::new();
        Writer::new(&mut body).map(|map| {
            map.key("service_name").text(&self.service);
            map.key("instance_id").text(&self.id);
        });
        body
    }

    fn register(&mut self, io: &mut Io<'_>) {
        let Some(link) = self.link else { return };
        let reply = io.inbox("register");
        let subject = self.subjects.plain_register();
        io.publish(link, &subject, Some(&reply), &self.body());
    }

    fn beat(&mut self, io: &mut Io<'_>) {
        if !std::mem::replace(&mut self.is_beating, true) {
            io.timer(io.net.plan.heartbeat, Timer::Heartbeat);
        }
    }
}

impl Actor for Legacy {
    fn on_start(&mut self, io: &mut Io<'_>) {
        self.open(io);
    }

    fn on_pong(&mut self, io: &mut Io<'_>, _link: LinkId) {
        self.register(io);
    }

    fn on_letter(&mut self, io: &mut Io<'_>, link: LinkId, letter: &Letter) {
        if letter.subject.ends_with(".register") {
            match UnregisterReply::decode(&letter.payload) {
                Ok(UnregisterReply::Done) => self.was_registered = true,
                // Its own registration, from before the connection was lost, may still stand.
                Ok(UnregisterReply::Refused(_)) if self.was_registered => {}
                _ => return io.timer(self.chance.millis(100, 400), Timer::Register(0)),
            }
            self.beat(io);
            return;
        }
        let Some(reply) = letter.reply.as_deref() else {
            return;
        };
        if let Ok(InboxMessage::Call(call)) = InboxMessage::decode(&letter.payload) {
            self.handlers.take(io, link, reply, &call, false);
        } else {
            let text = "a legacy inbox got something that is no call".to_owned();
            io.net.judge.accuse(text, None, Some(io.me));
        }
    }

    fn on_lost(&mut self, io: &mut Io<'_>, _link: LinkId) {
        self.link = None;
        io.timer(self.chance.millis(5, 100), Timer::Reconnect);
    }

    fn on_timer(&mut self, io: &mut Io<'_>, timer: Timer) {
        match timer {
            Timer::Reconnect => self.open(io),
            Timer::Register(_) => self.register(io),
            Timer::Heartbeat => {
                self.is_beating = false;
                if let Some(link) = self.link {
                    let subject = self.subjects.plain_heartbeat();
                    io.publish(link, &subject, None, &self.body());
                }
                self.beat(io);
            }
            Timer::Finish(run) => self.handlers.finish(io, self.link, run),
            Timer::Act => {}
        }
    }

    fn on_nudge(&mut self, io: &mut Io<'_>, nudge: Nudge) {
        if let (Nudge::Garbage, Some(link)) = (nudge, self.link) {
            io.net.send(link, GARBAGE);
        }
    }
}

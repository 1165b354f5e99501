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
    /// Numbers the timers for asking again: only the last one counts.
    asks: u32,
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
            asks: 0,
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
        self.ask_after(io, 3_000, 4_000);
    }

    /// Asks anew after a while, unless an answer comes before.
    fn ask_after(&mut self, io: &mut Io<'_>, low: u64, high: u64) {
        self.asks += 1;
        io.timer(self.chance.millis(low, high), Timer::Register(self.asks));
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

    fn on_letter(&mut self, io: &mut Io<'_>, _link: LinkId, letter: &Letter) {
        if letter.subject.ends_with(".register") {
            match UnregisterReply::decode(&letter.payload) {
                Ok(UnregisterReply::Done) => self.was_registered = true,
                // Its own registration, from before the connection was lost, may still stand.
                Ok(UnregisterReply::Refused(_)) if self.was_registered => {}
                _ => return self.ask_after(io, 100, 400),
            }
            self.asks += 1;
            self.beat(io);
            return;
        }
        let Some(reply) = letter.reply.as_deref() else {
            return;
        };
        if let Ok(InboxMessage::Call(call)) = InboxMessage::decode(&letter.payload) {
            let refusal = self.handlers.take(io, reply, &call, false);
            debug_assert!(refusal.is_none(), "legacy instances know no refusal");
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
            Timer::Register(ask) if ask == self.asks => self.register(io),
            Timer::Heartbeat => {
                self.is_beating = false;
                if let Some(link) = self.link {
                    let subject = self.subjects.plain_heartbeat();
                    io.publish(link, &subject, None, &self.body());
                }
                self.beat(io);
            }
            Timer::Finish(run) => {
                let answer = self.handlers.finish(io, run);
                if let (Some((reply, body)), Some(link)) = (answer, self.link) {
                    io.publish(link, &reply, None, &body);
                }
            }
            Timer::Act | Timer::Wake | Timer::Register(_) => {}
        }
    }

    fn on_nudge(&mut self, io: &mut Io<'_>, nudge: Nudge) {
        match (nudge, self.link) {
            (Nudge::Garbage, Some(link)) => io.net.send(link, GARBAGE),
            (Nudge::Awake, _) => self.handlers.end_hung(io),
            _ => {}
        }
    }
}

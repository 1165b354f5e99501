use std::time::Duration;

use aegis_session::lifeline::LeaseToken;
use aegis_types::{Incarnation, Lifecycle};
use aegis_wire::call::{InboxMessage, encode_probe_ack};
use aegis_wire::instance::{HeartbeatReply, RegisterReply, SelfReport};
use aegis_wire::{ErrorCode, Subjects};

use super::declaration::{Declaration, Pulse};
use super::{Actor, GARBAGE, Handlers, Io, Nudge, Timer};
use crate::chance::Chance;
use crate::net::{Letter, LinkId};
use crate::plan::Service;

/// A native instance that somebody else wrote: it decides by rules of its own, comes back under the
/// incarnation with which it left, and takes new work again after it drained.
pub(crate) struct Odd {
    declaration: Declaration,
    handlers: Handlers,
    chance: Chance,
    work: Option<LinkId>,
    is_subscribed: bool,
    lifeline: Option<LinkId>,
    token: Option<LeaseToken>,
    /// A chain of heartbeat timers runs.
    is_beating: bool,
    /// Numbers the timers for asking again: only the last one counts.
    asks: u32,
    draining: bool,
    report: SelfReport,
    lag: Duration,
    /// Deregistered by its own wish: comes back by the next registration timer.
    has_left: bool,
}

impl Odd {
    pub(crate) fn new(
        service: Service,
        id: String,
        incarnation: Incarnation,
        mut chance: Chance,
    ) -> Odd {
        let handlers = Handlers::new(id.clone(), Some(incarnation), chance.fork());
        Odd {
            declaration: Declaration {
                service,
                id,
                incarnation,
                subjects: Subjects::default(),
            },
            handlers,
            chance,
            work: None,
            is_subscribed: false,
            lifeline: None,
            token: None,
            is_beating: false,
            asks: 0,
            draining: false,
            report: SelfReport::default(),
            lag: Duration::ZERO,
            has_left: false,
        }
    }

    fn open_work(&mut self, io: &mut Io<'_>) {
        let inbox = self.declaration.inbox();
        self.work = Some(io.connect("work", &[&inbox]));
    }

    fn open_lifeline(&mut self, io: &mut Io<'_>) {
        let answers = io.inbox("*");
        self.lifeline = Some(io.connect("lifeline", &[&answers]));
    }

    /// Subscribed first, registered then; asked again until there is an answer.
    fn register(&mut self, io: &mut Io<'_>) {
        let Some(lifeline) = self.lifeline.filter(|_| self.is_subscribed) else {
            return;
        };
        if self.token.is_some() || self.has_left {
            return;
        }
        let (subject, body) = self.declaration.registration(io.net.plan.heartbeat);
        let reply = io.inbox("register");
        io.publish(lifeline, &subject, Some(&reply), &body);
        self.ask_after(io, 900, 1_100);
    }

    fn ask_after(&mut self, io: &mut Io<'_>, low: u64, high: u64) {
        self.asks += 1;
        io.timer(self.chance.millis(low, high), Timer::Register(self.asks));
    }

    fn on_registered(&mut self, io: &mut Io<'_>, body: &[u8]) {
        match RegisterReply::decode(body) {
            Ok(RegisterReply::Granted(grant)) => {
                self.token = Some(LeaseToken::from_bits(grant.lease_token.bits()));
                if !std::mem::replace(&mut self.is_beating, true) {
                    let first = self.chance.micros(100, 50_000);
                    io.timer(first, Timer::Heartbeat);
                }
            }
            Ok(RegisterReply::Refused(refusal)) => match refusal.known_code() {
                Some(ErrorCode::StaleIncarnation) => io.end(),
                _ => self.ask_after(io, 50, 300),
            },
            Err(error) => {
                let text = format!("a registration's answer cannot be read: {error}");
                io.net.judge.accuse(text, None, Some(io.me));
            }
        }
    }

    fn beat(&mut self, io: &mut Io<'_>) {
        let (Some(lifeline), Some(token)) = (self.lifeline, self.token) else {
            self.is_beating = false;
            return;
        };
        let pulse = Pulse {
            in_flight: self.handlers.in_flight(),
            capacity: None,
            lifecycle: if self.draining {
                Lifecycle::Draining
            } else {
                Lifecycle::Serving
            },
            report: self.report,
            lag: self.lag,
        };
        let (subject, body) = self.declaration.heartbeat(token, &pulse);
        let reply = io.inbox("heartbeat");
        io.publish(lifeline, &subject, Some(&reply), &body);
        io.timer(io.net.plan.heartbeat, Timer::Heartbeat);
    }

    fn on_beat_answered(&mut self, io: &mut Io<'_>, body: &[u8]) {
        match HeartbeatReply::decode(body) {
            Ok(HeartbeatReply::Renewed(_)) => {}
            Ok(HeartbeatReply::Refused(refusal)) => {
                if refusal.known_code() == Some(ErrorCode::StaleIncarnation) {
                    io.end();
                } else if !self.has_left {
                    self.token = None;
                    self.register(io);
                }
            }
            Err(error) => {
                let text = format!("a heartbeat's answer cannot be read: {error}");
                io.net.judge.accuse(text, None, Some(io.me));
            }
        }
    }

    fn leave(&mut self, io: &mut Io<'_>) {
        let (Some(lifeline), Some(token)) = (self.lifeline, self.token.take()) else {
            return;
        };
        self.has_left = true;
        let (subject, body) = self.declaration.deregistration(token);
        let reply = io.inbox("unregister");
        io.publish(lifeline, &subject, Some(&reply), &body);
        self.ask_after(io, 200, 1_500);
    }
}

impl Actor for Odd {
    fn on_start(&mut self, io: &mut Io<'_>) {
        self.open_work(io);
        self.open_lifeline(io);
    }

    fn on_pong(&mut self, io: &mut Io<'_>, link: LinkId) {
        if self.work == Some(link) {
            self.is_subscribed = true;
        }
        self.register(io);
    }

    fn on_letter(&mut self, io: &mut Io<'_>, link: LinkId, letter: &Letter) {
        match letter.subject.rsplit('.').next() {
            Some("register") => return self.on_registered(io, &letter.payload),
            Some("heartbeat") => return self.on_beat_answered(io, &letter.payload),
            Some("unregister") => return,
            _ => {}
        }
        let Some(reply) = letter.reply.as_deref() else {
            return;
        };
        match InboxMessage::decode(&letter.payload) {
            Ok(InboxMessage::Call(call)) => {
                let refusal = self.handlers.take(io, reply, &call, self.draining);
                if let Some(body) = refusal {
                    io.publish(link, reply, None, &body);
                }
            }
            Ok(InboxMessage::Probe { .. }) => {
                let mut body = Vec::new();
                encode_probe_ack(&mut body, self.declaration.incarnation);
                io.publish(link, reply, None, &body);
            }
            Ok(InboxMessage::Unknown { .. }) | Err(_) => {
                let text = "an instance cannot read what came to its inbox".to_owned();
                io.net.judge.accuse(text, None, Some(io.me));
            }
        }
    }

    fn on_lost(&mut self, io: &mut Io<'_>, link: LinkId) {
        if self.work == Some(link) {
            self.work = None;
            self.is_subscribed = false;
        } else if self.lifeline == Some(link) {
            self.lifeline = None;
            self.token = None;
        }
        io.timer(self.chance.millis(5, 100), Timer::Reconnect);
    }

    fn on_timer(&mut self, io: &mut Io<'_>, timer: Timer) {
        match timer {
            Timer::Reconnect => {
                if self.work.is_none() {
                    self.open_work(io);
                }
                if self.lifeline.is_none() {
                    self.open_lifeline(io);
                }
            }
            Timer::Register(ask) if ask == self.asks => {
                self.has_left = false;
                self.register(io);
            }
            Timer::Heartbeat => self.beat(io),
            Timer::Finish(run) => {
                let answer = self.handlers.finish(io, run);
                if let (Some((reply, body)), Some(work)) = (answer, self.work) {
                    io.publish(work, &reply, None, &body);
                }
            }
            Timer::Register(_) | Timer::Act | Timer::Wake => {}
        }
    }

    fn on_nudge(&mut self, io: &mut Io<'_>, nudge: Nudge) {
        match nudge {
            Nudge::Drain(draining) => self.draining = draining,
            Nudge::DropWork => {
                if let Some(work) = self.work.take() {
                    self.is_subscribed = false;
                    io.net.close(work);
                    io.timer(self.chance.micros(10, 80_000), Timer::Reconnect);
                }
            }
            Nudge::Leave => self.leave(io),
            Nudge::Report(report) => self.report = report,
            Nudge::Lag(lag) => self.lag = lag,
            Nudge::Awake => self.handlers.end_hung(io),
            Nudge::ClockLeapt => {}
            Nudge::Garbage => {
                let either = if self.chance.percent(50) {
                    self.work
                } else {
                    self.lifeline
                };
                if let Some(link) = either {
                    io.net.send(link, GARBAGE);
                }
            }
        }
    }
}

//! A native instance as the SDK makes it: the machines of `aegis-session` decide, and this does
//! what they say, as `crates/client/src/lifeline` and `crates/client/src/serve` do with threads and
//! sockets.

mod answers;
mod clock;
mod leaving;
mod serving;

use std::collections::VecDeque;
use std::time::Duration;

use aegis_nats::client::Sid;
use aegis_session::admission::Admission;
use aegis_session::lifeline::{
    Ask, Effect, Event, HeartbeatAnswer, Heartbeats, Lifeline, RegisterAnswer, Silence,
};
use aegis_session::timing::{TICK, Timing};
use aegis_types::{Incarnation, Instant};
use aegis_wire::Subjects;

use self::leaving::Leaving;
use self::serving::Job;
use super::conn::{Conn, Heard, RequestEnd};
use super::declaration::{Declaration, Pulse};
use super::{Actor, Handlers, Io, Nudge, Timer};
use crate::chance::Chance;
use crate::net::LinkId;
use crate::plan::Service;

pub(crate) struct Native {
    declaration: Declaration,
    chance: Chance,
    work: Conn,
    lifeline: Conn,
    inbox: Option<Sid>,
    machine: Lifeline,
    events: VecDeque<Event>,
    timing: Timing,
    admission: Admission<Job>,
    handlers: Handlers,
    pulse: Pulse,
    leaving: Leaving,
    /// The inbox is to be in force by then.
    preparing: Option<(Ask, Instant)>,
    /// Whom the flushes of the work connection are for, in their order.
    flushes: VecDeque<Ask>,
    heartbeat_sent_at: Instant,
    clock_forgotten_at: Instant,
    next_tick: Instant,
    /// When a timer comes that was asked for.
    wake_at: Option<Duration>,
}

impl Native {
    pub(crate) fn new(
        io: &Io<'_>,
        service: Service,
        id: String,
        incarnation: Incarnation,
        mut chance: Chance,
    ) -> Native {
        let handlers = Handlers::new(id.clone(), Some(incarnation), chance.fork());
        let now = io.clock();
        let limits = [(64, 1024), (64, 1024), (8, 8), (2, 16), (6, 2)];
        let (concurrency, queue) = *chance.pick(&limits).unwrap_or(&(64, 1024));
        let heartbeats = Heartbeats::Every(io.net.plan.heartbeat);
        let admission = Admission::new(concurrency, queue);
        Native {
            work: Conn::new(io, "work", chance.fork()),
            lifeline: Conn::new(io, "lifeline", chance.fork()),
            inbox: None,
            machine: Lifeline::new(heartbeats, chance.next()),
            events: VecDeque::new(),
            timing: Timing::new(now),
            pulse: Pulse {
                capacity: Some(admission.capacity()),
                ..Pulse::default()
            },
            admission,
            handlers,
            leaving: Leaving::No,
            preparing: None,
            flushes: VecDeque::new(),
            heartbeat_sent_at: now,
            clock_forgotten_at: now,
            next_tick: now + TICK,
            wake_at: None,
            declaration: Declaration {
                service,
                id,
                incarnation,
                subjects: Subjects::default(),
            },
            chance,
        }
    }

    /// Tells the lifeline's machine, and does what it says until it says no more.
    fn tell(&mut self, io: &mut Io<'_>, event: Event) {
        self.events.push_back(event);
        let mut effects = Vec::new();
        while let Some(event) = self.events.pop_front() {
            self.machine.handle(io.clock(), event, &mut effects);
            self.machine.check_invariants(io.clock());
            for effect in effects.drain(..) {
                self.carry_out(io, effect);
            }
        }
    }

    fn carry_out(&mut self, io: &mut Io<'_>, effect: Effect) {
        match effect {
            Effect::PrepareInbox { ask, timeout } => {
                self.preparing = Some((ask, io.clock() + timeout));
                self.flush_for_inbox(io);
            }
            Effect::Register { ask, timeout } => {
                self.timing.forget_router(io.clock());
                self.clock_forgotten(io);
                let (subject, body) = self.declaration.registration(io.net.plan.heartbeat);
                let sent = self.ask(io, "register", ask, &subject, &body, timeout);
                if !sent {
                    let answer = RegisterAnswer::Unanswered(Silence::ConnectionLost);
                    self.events
                        .push_back(Event::RegisterAnswered { ask, answer });
                }
            }
            Effect::Heartbeat {
                ask,
                token,
                timeout,
            } => {
                self.heartbeat_sent_at = io.clock();
                self.pulse.in_flight = self.admission.running() + self.admission.waiting();
                let (subject, body) = self.declaration.heartbeat(token, &self.pulse);
                if !self.ask(io, "heartbeat", ask, &subject, &body, timeout) {
                    let answer = HeartbeatAnswer::Unanswered(Silence::ConnectionLost);
                    self.events
                        .push_back(Event::HeartbeatAnswered { ask, answer });
                }
            }
            Effect::Deregister {
                ask,
                token,
                timeout,
            } => {
                let (subject, body) = self.declaration.deregistration(token);
                if !self.ask(io, "unregister", ask, &subject, &body, timeout) {
                    let confirmed = false;
                    self.events
                        .push_back(Event::DeregisterAnswered { ask, confirmed });
                }
            }
            Effect::AnswerAskers(answer) => self.on_asked_heartbeat(io, answer.is_ok()),
            Effect::ReportWaiting(why) => io.tell(None, format!("waits for {why}")),
            Effect::ReportRegistered { .. } => self.events.push_back(Event::HeartbeatAsked),
            Effect::ReportStopped(reason) => self.on_stopped(io, &reason),
        }
    }

    fn ask(
        &mut self,
        io: &mut Io<'_>,
        what: &str,
        ask: Ask,
        subject: &str,
        body: &[u8],
        timeout: Duration,
    ) -> bool {
        let token = format!("{what}-{ask}");
        let sent = self.lifeline.request(io, subject, &token, body, timeout);
        sent.is_ok()
    }

    /// The inbox is in force once the broker has read everything from before the flush.
    fn flush_for_inbox(&mut self, io: &mut Io<'_>) {
        if let Some((ask, _)) = self.preparing
            && !self.flushes.contains(&ask)
            && self.work.is_ready()
            && self.work.flush(io)
        {
            self.flushes.push_back(ask);
        }
    }

    fn prepared(&mut self, io: &mut Io<'_>, ask: Ask, ready: bool) {
        if self.preparing.is_some_and(|(waiting, _)| waiting == ask) {
            self.preparing = None;
            self.tell(io, Event::InboxPrepared { ask, ready });
        }
    }

    fn on_work(&mut self, io: &mut Io<'_>, heard: Heard) {
        match heard {
            Heard::Ready => self.flush_for_inbox(io),
            Heard::Lost => {
                for ask in std::mem::take(&mut self.flushes) {
                    self.prepared(io, ask, false);
                }
            }
            Heard::Flushed => {
                if let Some(ask) = self.flushes.pop_front() {
                    self.prepared(io, ask, true);
                }
            }
            Heard::Message { reply, payload } => self.on_inbox(io, reply.as_deref(), &payload),
            Heard::Ended(..) => {}
        }
    }

    fn on_lifeline(&mut self, io: &mut Io<'_>, heard: Heard) {
        match heard {
            Heard::Ready => self.tell(io, Event::Connected),
            Heard::Lost => self.tell(io, Event::ConnectionLost),
            Heard::Ended(token, end) => self.on_answer(io, &token, &end),
            Heard::Message { .. } | Heard::Flushed => {}
        }
    }

    fn on_answer(&mut self, io: &mut Io<'_>, token: &str, end: &RequestEnd) {
        let Some((what, Ok(ask))) = token.split_once('-').map(|(w, ask)| (w, ask.parse())) else {
            return;
        };
        let event = match what {
            "register" => Event::RegisterAnswered {
                ask,
                answer: answers::registration(end),
            },
            "heartbeat" => {
                let (answer, router_now) = answers::heartbeat(end);
                if let Some(router_now) = router_now {
                    let sent_at = self.heartbeat_sent_at;
                    self.timing.heard(sent_at, io.clock(), router_now);
                    if sent_at >= self.clock_forgotten_at {
                        io.net.judge.admits(io.me, true);
                    }
                }
                Event::HeartbeatAnswered { ask, answer }
            }
            _ => Event::DeregisterAnswered {
                ask,
                confirmed: answers::is_confirmed(end),
            },
        };
        self.tell(io, event);
    }

    /// Everything that was heard, and the next look at the clock.
    fn turn(&mut self, io: &mut Io<'_>) {
        loop {
            if let Some(heard) = self.work.take_heard() {
                self.on_work(io, heard);
            } else if let Some(heard) = self.lifeline.take_heard() {
                self.on_lifeline(io, heard);
            } else {
                break;
            }
        }
        self.go_on_leaving(io);
        let due = [
            self.work.next_deadline(),
            self.lifeline.next_deadline(),
            self.machine.next_deadline(),
            self.preparing.map(|(_, until)| until),
            self.leaving.deadline(),
            Some(self.next_tick),
        ];
        io.wake(due.into_iter().flatten().min(), &mut self.wake_at);
    }
}

impl Actor for Native {
    fn on_start(&mut self, io: &mut Io<'_>) {
        self.inbox = self.work.subscribe(&self.declaration.inbox());
        self.look_at_clock(io);
        self.turn(io);
    }

    fn on_bytes(&mut self, io: &mut Io<'_>, link: LinkId, bytes: &[u8]) {
        self.work.on_bytes(io, link, bytes);
        self.lifeline.on_bytes(io, link, bytes);
        self.turn(io);
    }

    fn on_lost(&mut self, io: &mut Io<'_>, link: LinkId) {
        self.work.on_lost(io, link);
        self.lifeline.on_lost(io, link);
        self.turn(io);
    }

    fn on_timer(&mut self, io: &mut Io<'_>, timer: Timer) {
        match timer {
            Timer::Wake => {
                self.wake_at = None;
                self.look_at_clock(io);
            }
            Timer::Finish(run) => self.finish(io, run),
            Timer::Reconnect | Timer::Register(_) | Timer::Heartbeat | Timer::Act => {}
        }
        self.turn(io);
    }

    fn on_nudge(&mut self, io: &mut Io<'_>, nudge: Nudge) {
        match nudge {
            Nudge::Drain(true) => self.drain(io),
            Nudge::Drain(false) => {}
            Nudge::Leave => self.leave(io),
            Nudge::DropWork => self.work.drop_socket(io),
            Nudge::Garbage => {
                let either = match self.chance.percent(50) {
                    true => &mut self.work,
                    false => &mut self.lifeline,
                };
                either.write_garbage(io);
            }
            Nudge::Report(report) => {
                self.pulse.report = report;
                self.tell(io, Event::HeartbeatAsked);
            }
            Nudge::Lag(lag) => self.pulse.lag = lag,
            Nudge::Awake => self.handlers.end_hung(io),
            Nudge::ClockLeapt => self.look_at_clock(io),
        }
        self.turn(io);
    }
}

//! A caller as the SDK makes it: the machine of `aegis-session` decides when a call is sent, sent
//! again or given up on, and this does what it says, as `crates/client/src/call/perform.rs` does.

mod wanted;

use std::collections::BTreeMap;
use std::time::Duration;

use aegis_session::caller::{Caller as Machine, Ending, Event, SendEnd, Step};
use aegis_types::{Instant, Outcome};
use aegis_wire::call::{CallReply, Exclusions, RouteRequest};
use aegis_wire::value::Raw;
use aegis_wire::{ErrorCode, PROTOCOL, Subjects};

pub(super) use self::wanted::Wanted;
use super::conn::{Conn, Heard, RequestEnd};
use super::{Actor, Io, Nudge, Timer};
use crate::chance::Chance;
use crate::judge::{ActEnd, ActMade};
use crate::net::LinkId;
use crate::story::{ActNo, CallNo};

pub(crate) struct Caller {
    chance: Chance,
    conn: Conn,
    acts: BTreeMap<ActNo, Act>,
    /// When a timer comes that was asked for.
    wake_at: Option<Duration>,
}

/// One act under way.
struct Act {
    wanted: Wanted,
    machine: Machine,
    /// The last sending.
    out: Option<CallNo>,
    /// What the router said last.
    answer: ActEnd,
    /// Its machine waits for this instant.
    due: Option<Instant>,
    waits_for_connection: bool,
}

impl Caller {
    pub(crate) fn new(io: &Io<'_>, mut chance: Chance) -> Caller {
        Caller {
            conn: Conn::new(io, "caller", chance.fork()),
            chance,
            acts: BTreeMap::new(),
            wake_at: None,
        }
    }

    fn begin(&mut self, io: &mut Io<'_>) {
        let wanted = Wanted::draw(io, &mut self.chance, true);
        let now = io.clock();
        let deadline = now + wanted.timeout;
        let no = io.net.judge.act_begins(ActMade {
            caller: io.me,
            wish: wanted.wish,
            safety: wanted.safety,
            deadline,
            must_succeed: wanted.must_succeed,
        });
        io.tell(None, format!("{no}: {wanted}"));
        let mut machine = Machine::new(deadline, wanted.wish, self.chance.next());
        let step = machine.start(now);
        self.acts.insert(
            no,
            Act {
                wanted,
                machine,
                out: None,
                answer: ActEnd::Unknown,
                due: None,
                waits_for_connection: false,
            },
        );
        self.carry_out(io, no, step);
    }

    fn carry_out(&mut self, io: &mut Io<'_>, no: ActNo, mut step: Step) {
        loop {
            let Some(act) = self.acts.get_mut(&no) else {
                return;
            };
            act.machine.check_invariants();
            act.due = None;
            act.waits_for_connection = false;
            match step {
                Step::Send { time_left, wait } => {
                    let end = self.send(io, no, time_left, wait);
                    let Some((act, end)) = self.acts.get_mut(&no).zip(end) else {
                        return;
                    };
                    match act.machine.handle(io.clock(), Event::SendEnded(end)) {
                        Some(next) => step = next,
                        None => return,
                    }
                }
                Step::WaitForConnection { until } => {
                    act.due = Some(until);
                    act.waits_for_connection = true;
                    if !self.conn.is_ready() {
                        return;
                    }
                    match act.machine.handle(io.clock(), Event::Connected) {
                        Some(next) => step = next,
                        None => return,
                    }
                }
                Step::Pause { until } => {
                    act.due = Some(until);
                    return;
                }
                Step::End(ending) => return self.end(io, no, ending),
            }
        }
    }

    /// How it ended, if it did already.
    fn send(
        &mut self,
        io: &mut Io<'_>,
        no: ActNo,
        time_left: Duration,
        wait: Duration,
    ) -> Option<SendEnd> {
        let act = self.acts.get_mut(&no)?;
        let Some(link) = self.conn.socket().filter(|_| self.conn.is_ready()) else {
            return Some(SendEnd::NotSent);
        };
        let mut made = act.wanted.made(io.me, no, link);
        made.timeout = time_left;
        let call = io.net.judge.call_made(made);
        act.out = Some(call);
        io.tell(
            Some(call),
            format!("{call}: sends {no}, {time_left:?} left"),
        );
        let (trace_id, message_id) = (call.to_string(), no.to_string());
        let excluded: Vec<&str> = act.wanted.excluded.iter().map(String::as_str).collect();
        let (service, method) = (act.wanted.service.as_str(), act.wanted.method);
        let params = Raw::new(&act.wanted.params).unwrap_or(Raw::NIL);
        let mut body = Vec::new();
        RouteRequest {
            timeout: Some(time_left),
            trace_id: Some(&trace_id),
            message_id: Some(&message_id),
            excluded_instances: Exclusions::of(&excluded),
            protocol: Some(PROTOCOL),
            max_instances: act.wanted.max_instances,
            retry: act.wanted.wish,
            ..RouteRequest::new(service, method, params)
        }
        .encode(&mut body);
        let subject = Subjects::default().route(service, method);
        let sent = self.conn.request(io, &subject, &trace_id, &body, wait);
        sent.is_err().then_some(SendEnd::NotSent)
    }

    fn on_send_ended(&mut self, io: &mut Io<'_>, call: CallNo, end: &RequestEnd) {
        let mut acts = self.acts.iter_mut();
        let Some((no, act)) = acts.find(|(_, act)| act.out == Some(call)) else {
            return;
        };
        let no = *no;
        let end = match end {
            RequestEnd::Reply(reply) => {
                let (answer, end) = read(reply);
                act.answer = answer;
                end
            }
            RequestEnd::NoResponders => SendEnd::NoRouter,
            RequestEnd::ConnectionLost => SendEnd::ConnectionLost,
            RequestEnd::TimedOut => SendEnd::TimedOut,
        };
        io.tell(Some(call), format!("{call}: its sending ended, {end:?}"));
        io.net.met.count(
            "send",
            format!("{end:?}").split(' ').next().unwrap_or_default(),
        );
        if let Some(step) = act.machine.handle(io.clock(), Event::SendEnded(end)) {
            self.carry_out(io, no, step);
        }
    }

    fn end(&mut self, io: &mut Io<'_>, no: ActNo, ending: Ending) {
        let Some(act) = self.acts.remove(&no) else {
            return;
        };
        io.net.met.count("ending", format!("{ending:?}"));
        let end = match ending {
            Ending::Answered => act.answer,
            Ending::NotRun(_) => ActEnd::NotRun,
            Ending::Unknown(_) => ActEnd::Unknown,
        };
        // What is proven about the last sending does not cover an earlier one that was lost.
        let end = match end {
            ActEnd::NotRun if act.machine.may_have_run() => ActEnd::Unknown,
            end => end,
        };
        let outcome = match end {
            ActEnd::Success(_) => "success",
            ActEnd::NotRun => "not_run",
            ActEnd::Unknown => "unknown",
            ActEnd::Ran => "ran",
        };
        io.net.met.count("outcome", outcome);
        io.tell(act.out, format!("{no}: ends, {ending:?}: {outcome}"));
        if let Some(process) = io.net.processes.get(io.me.0 as usize) {
            let (now, judge) = (io.net.now, &mut io.net.judge);
            judge.act_ended(now, no, end, process);
        }
    }

    fn tell_all(&mut self, io: &mut Io<'_>, event: Event, whom: impl Fn(&Act) -> bool) {
        let told = self.acts.iter().filter(|(_, act)| whom(act));
        let told: Vec<ActNo> = told.map(|(no, _)| *no).collect();
        for no in told {
            let step = self
                .acts
                .get_mut(&no)
                .and_then(|act| act.machine.handle(io.clock(), event));
            if let Some(step) = step {
                self.carry_out(io, no, step);
            }
        }
    }

    fn turn(&mut self, io: &mut Io<'_>) {
        while let Some(heard) = self.conn.take_heard() {
            match heard {
                Heard::Ready => {
                    self.tell_all(io, Event::Connected, |act| act.waits_for_connection);
                }
                Heard::Ended(token, end) => {
                    if let Some(call) = CallNo::from_trace_id(&token) {
                        self.on_send_ended(io, call, &end);
                    }
                }
                Heard::Lost | Heard::Message { .. } | Heard::Flushed => {}
            }
        }
        let acts = self.acts.values().filter_map(|act| act.due);
        let due = acts.chain(self.conn.next_deadline()).min();
        io.wake(due, &mut self.wake_at);
    }

    fn look_at_clock(&mut self, io: &mut Io<'_>) {
        self.conn.upkeep(io);
        let now = io.clock();
        self.tell_all(io, Event::TimerFired, |act| {
            act.due.is_some_and(|due| due <= now)
        });
    }
}

/// What an answer is to the caller, and to the machine: `crates/client/src/call/answer.rs`.
fn read(reply: &[u8]) -> (ActEnd, SendEnd) {
    let Ok(reply) = CallReply::decode(reply) else {
        return (ActEnd::Unknown, SendEnd::Answered);
    };
    if reply.success {
        let run = reply
            .result
            .as_int()
            .and_then(|run| u32::try_from(run).ok());
        return (ActEnd::Success(run), SendEnd::Answered);
    }
    let info = reply.error_info();
    let end = match info.outcome {
        Some(Outcome::NotRun) => ActEnd::NotRun,
        Some(Outcome::Ran) => ActEnd::Ran,
        Some(Outcome::Unknown) | None => ActEnd::Unknown,
    };
    let retry_after = info.retry_after_ms.map(Duration::from_millis);
    let unplaced = SendEnd::Unplaced { retry_after };
    let send_end = match (end, info.known_code()) {
        (ActEnd::NotRun, Some(ErrorCode::RouterStopping)) => SendEnd::RouterStopping,
        (ActEnd::NotRun, Some(ErrorCode::NoRoutableInstance)) => unplaced,
        (ActEnd::NotRun, Some(ErrorCode::UnknownService)) if info.retryable == Some(true) => {
            unplaced
        }
        _ => SendEnd::Answered,
    };
    (end, send_end)
}

impl Actor for Caller {
    fn on_start(&mut self, io: &mut Io<'_>) {
        self.conn.upkeep(io);
        Wanted::next(io, &mut self.chance);
        self.turn(io);
    }

    fn on_bytes(&mut self, io: &mut Io<'_>, link: LinkId, bytes: &[u8]) {
        self.conn.on_bytes(io, link, bytes);
        self.turn(io);
    }

    fn on_lost(&mut self, io: &mut Io<'_>, link: LinkId) {
        self.conn.on_lost(io, link);
        self.turn(io);
    }

    fn on_timer(&mut self, io: &mut Io<'_>, timer: Timer) {
        match timer {
            Timer::Wake => {
                self.wake_at = None;
                self.look_at_clock(io);
            }
            Timer::Act => {
                self.begin(io);
                Wanted::next(io, &mut self.chance);
            }
            _ => {}
        }
        self.turn(io);
    }

    fn on_nudge(&mut self, io: &mut Io<'_>, nudge: Nudge) {
        if nudge == Nudge::ClockLeapt {
            self.look_at_clock(io);
            self.turn(io);
        }
    }
}

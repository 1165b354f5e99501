//! The peers: small programs that speak real NATS bytes and real AegisIPC messages.

mod bystander;
mod caller;
mod conn;
mod declaration;
mod handlers;
mod legacy;
mod legacy_caller;
mod meddler;
mod native;
mod odd;
mod operator;

use std::time::Duration;

use aegis_nats::codec::{ConnectInfo, encode};
use aegis_types::{Instant, SelfReport};

pub(crate) use bystander::{Bystander, NOBODY};
pub(crate) use caller::Caller;
pub(crate) use handlers::{HANDLER_ERROR, Handlers};
pub(crate) use legacy::Legacy;
pub(crate) use legacy_caller::LegacyCaller;
pub(crate) use meddler::Meddler;
pub(crate) use native::Native;
pub(crate) use odd::Odd;
pub(crate) use operator::Operator;

use crate::net::{Letter, LinkId, Net, ServerSaid};
use crate::story::{CallNo, ProcId};

/// What an actor asked to be woken for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Timer {
    Reconnect,
    /// Ask to be registered, unless asked anew since: numbered.
    Register(u32),
    Heartbeat,
    /// A machine's deadline may have come.
    Wake,
    /// A handler's run comes to its end.
    Finish(u32),
    /// The next call, listing or act of meddling.
    Act,
}

/// What the world does to an actor from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Nudge {
    Drain(bool),
    DropWork,
    Leave,
    Garbage,
    /// It says from now on how well it works.
    Report(SelfReport),
    /// Its handlers' runtime runs late from now on.
    Lag(Duration),
    /// What its handlers hung on is over.
    Awake,
    /// Its clock has leapt: what was due by it may be now.
    ClockLeapt,
}

pub(crate) trait Actor {
    fn on_start(&mut self, io: &mut Io<'_>);
    /// Bytes came. Who has no reader of its own is told what they say.
    fn on_bytes(&mut self, io: &mut Io<'_>, link: LinkId, bytes: &[u8]) {
        for said in io.net.read(link, bytes) {
            match said {
                ServerSaid::Letter(letter) => self.on_letter(io, link, &letter),
                ServerSaid::Ping => io.net.send(link, b"PONG\r\n"),
                ServerSaid::Pong => self.on_pong(io, link),
                ServerSaid::Error(_) => {}
            }
        }
    }
    fn on_letter(&mut self, _io: &mut Io<'_>, _link: LinkId, _letter: &Letter) {}
    fn on_pong(&mut self, _io: &mut Io<'_>, _link: LinkId) {}
    fn on_lost(&mut self, io: &mut Io<'_>, link: LinkId);
    fn on_timer(&mut self, io: &mut Io<'_>, timer: Timer);
    fn on_nudge(&mut self, _io: &mut Io<'_>, _nudge: Nudge) {}
}

/// What an actor can do.
pub(crate) struct Io<'a> {
    pub(crate) net: &'a mut Net,
    pub(crate) me: ProcId,
}

impl Io<'_> {
    /// Connects, subscribes, and asks for a sign that this is done.
    pub(crate) fn connect(&mut self, name: &'static str, subjects: &[&str]) -> LinkId {
        let link = self.net.open(self.me, name);
        let info = ConnectInfo {
            verbose: false,
            headers: true,
            no_responders: true,
            protocol: 1,
            name: Some(format!("{name} of p{}", self.me.0)),
            ..ConnectInfo::default()
        };
        let mut bytes = Vec::new();
        // Strings and flags cannot fail to serialise.
        encode::connect(&mut bytes, &serde_json::to_vec(&info).unwrap_or_default());
        for (sid, subject) in subjects.iter().enumerate() {
            encode::subscribe(&mut bytes, subject, None, &sid.to_string());
        }
        encode::ping(&mut bytes);
        self.net.send(link, &bytes);
        link
    }

    pub(crate) fn publish(
        &mut self,
        link: LinkId,
        subject: &str,
        reply: Option<&str>,
        body: &[u8],
    ) {
        let mut bytes = Vec::new();
        encode::publish(&mut bytes, subject, reply, None, body);
        self.net.send(link, &bytes);
    }

    pub(crate) fn timer(&mut self, after: Duration, timer: Timer) {
        self.net.timer(self.me, after, timer);
    }

    /// What this process's clock shows.
    pub(crate) fn clock(&self) -> Instant {
        let process = self.net.process(self.me);
        process.map_or(Instant::ZERO, |process| process.clock.read(self.net.now))
    }

    /// Asks to be woken when this process's clock shows `due`, unless a timer comes before.
    pub(crate) fn wake(&mut self, due: Option<Instant>, asked: &mut Option<Duration>) {
        let Some((due, process)) = due.zip(self.net.process(self.me)) else {
            return;
        };
        let at = process.clock.shows(due).max(self.net.now);
        if asked.is_none_or(|asked| at < asked) {
            *asked = Some(at);
            self.timer(at - self.net.now, Timer::Wake);
        }
    }

    /// This process ends by itself; whoever looks after it starts another.
    pub(crate) fn end(&mut self) {
        self.net.end_process(self.me, true);
        self.net.left.push(self.me);
    }

    pub(crate) fn tell(&mut self, call: Option<CallNo>, text: String) {
        self.net.tell(Some(self.me), call, text);
    }

    /// Where answers come to this process; the last token says to what.
    pub(crate) fn inbox(&self, to: &str) -> String {
        format!("_INBOX.p{}.{to}", self.me.0)
    }
}

/// What no instance offers.
pub(crate) const UNKNOWN_METHOD: &str = "nothing";

/// What cannot be understood.
pub(crate) const GARBAGE: &[u8] = b"\x00\x01 what is this\r\n";

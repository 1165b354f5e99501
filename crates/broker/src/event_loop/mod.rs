mod closing;
mod farewell;
mod opening;
mod reading;
mod writing;

use std::time::Duration;

use aegis_nats::switch::Switch;
use aegis_nats::{LocalPeer, PeerId};
use mio::{Events, Poll};
use rustc_hash::FxHashMap;

use crate::accept::Acceptor;
use crate::clock;
use crate::connection::Connection;
use crate::look::Looks;
use crate::rate_limit::RateLimit;
use crate::stop::StopWish;
use crate::{RunError, SharedStatus, StopHandle};
use closing::Ended;
use farewell::Farewell;

/// Readiness changes taken per turn.
const EVENTS_PER_TURN: usize = 1024;

// A connection's token is its peer id.
const _: () = assert!(usize::BITS == 64);

/// The loop. Each turn: wait, take newcomers, read, timers, closes, write.
#[derive(Debug)]
pub(crate) struct EventLoop<L> {
    poll: Poll,
    /// Gone once a shutdown began.
    acceptor: Option<Acceptor>,
    switch: Switch<L>,
    shutdown_grace: Duration,
    shutdown_spread: Duration,
    stop: StopHandle,
    status: SharedStatus,
    looks: Looks<L>,
    connections: FxHashMap<PeerId, Connection>,
    /// All reads share it: only what is left of an unfinished operation is kept per connection.
    buffer: Vec<u8>,
    turn: u64,
    /// Connections with something to read, the ones that wait longest first.
    ready: Vec<PeerId>,
    /// Connections whose end was seen and is not yet told to the switch.
    ended: Vec<Ended>,
    /// Connections to write to at the end of the turn.
    to_write: Vec<PeerId>,
    /// Memory for the list of connections being worked through.
    spare: Vec<PeerId>,
    /// When a shutdown stops waiting.
    stop_by: Option<Duration>,
    /// Once all is finished that could be: the closing of connections.
    farewell: Option<Farewell>,
    cut_lines: RateLimit,
    refused_lines: RateLimit,
}

impl<L: LocalPeer> EventLoop<L> {
    pub(crate) fn new(
        poll: Poll,
        acceptor: Acceptor,
        switch: Switch<L>,
        (shutdown_grace, shutdown_spread): (Duration, Duration),
        stop: StopHandle,
        status: SharedStatus,
        looks: Looks<L>,
    ) -> EventLoop<L> {
        EventLoop {
            poll,
            acceptor: Some(acceptor),
            switch,
            shutdown_grace,
            shutdown_spread,
            stop,
            status,
            looks,
            connections: FxHashMap::default(),
            buffer: vec![0; reading::READ_BUDGET],
            turn: 0,
            ready: Vec::new(),
            ended: Vec::new(),
            to_write: Vec::new(),
            spare: Vec::new(),
            stop_by: None,
            farewell: None,
            cut_lines: RateLimit::default(),
            refused_lines: RateLimit::default(),
        }
    }

    /// Runs until it is stopped.
    pub(crate) fn run(mut self) -> Result<L, RunError> {
        self.status.set_running(true);
        let outcome = self.turns();
        for connection in self.connections.values() {
            connection.say_goodbye();
        }
        self.status.set_running(false);
        outcome.map(|()| self.switch.into_local())
    }

    fn turns(&mut self) -> Result<(), RunError> {
        let mut events = Events::with_capacity(EVENTS_PER_TURN);
        let mut now = clock::now();
        loop {
            let timeout = self.timeout(now);
            now = self.wait(&mut events, timeout)?;
            self.turn += 1;
            self.note_readiness(&events);
            self.accept(now);
            self.read(now);
            if self.switch.next_deadline().is_some_and(|due| due <= now) {
                self.switch.on_timer(now);
            }
            let saw_every_event = events.iter().count() < EVENTS_PER_TURN;
            self.apply_closes(now, saw_every_event);
            self.follow_stop_wish(now);
            self.write();
            self.close_cut(now);
            let is_over = self.is_over(now);
            let accepts_failed = self.acceptor.as_ref().map(Acceptor::failures);
            let counters = self.switch.counters();
            self.status
                .publish(self.switch.connections(), accepts_failed, counters);
            if let Some(look) = self.looks.next() {
                look(self.switch.local());
                // Another may wait, and nobody wakes the loop for it.
                self.stop.wake();
            }
            if is_over {
                return Ok(());
            }
        }
    }

    fn wait(
        &mut self,
        events: &mut Events,
        timeout: Option<Duration>,
    ) -> Result<Duration, RunError> {
        match self.poll.poll(events, timeout) {
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => events.clear(),
            outcome => outcome.map_err(RunError::Poll)?,
        }
        Ok(clock::now())
    }

    /// How long the next wait may last.
    fn timeout(&self, now: Duration) -> Option<Duration> {
        if !self.ready.is_empty() || !self.ended.is_empty() {
            return Some(Duration::ZERO);
        }
        let accept = self.acceptor.as_ref().and_then(Acceptor::next_deadline);
        let stop = match &self.farewell {
            Some(farewell) => Some(farewell.next_deadline()),
            None => self.stop_by,
        };
        let deadlines = [self.switch.next_deadline(), accept, stop];
        let next = deadlines.into_iter().flatten().min()?;
        Some(next.saturating_sub(now))
    }

    /// Begins an orderly shutdown once it is asked for.
    fn follow_stop_wish(&mut self, now: Duration) {
        if self.stop.wish() == StopWish::Orderly && self.stop_by.is_none() {
            tracing::info!(event = "broker_stopping", "no new connections; finishing");
            self.stop_by = Some(now + self.shutdown_grace);
            self.status.set_stopping();
            self.acceptor = None;
            self.switch.shutdown(now);
        }
    }

    /// Whether this turn is the last. In an orderly shutdown, closes connections once nothing is
    /// left to wait for.
    fn is_over(&mut self, now: Duration) -> bool {
        if self.stop.wish() == StopWish::AtOnce {
            return true;
        }
        let Some(stop_by) = self.stop_by else {
            return false;
        };
        let ids = || self.connections.keys();
        let is_written = || ids().all(|id| self.switch.output(*id).is_empty());
        let is_finished = now >= stop_by || self.switch.is_idle() && is_written();
        (is_finished || self.farewell.is_some()) && self.say_farewell(now)
    }
}

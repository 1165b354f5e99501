//! What is due by an instance's own clock.

use aegis_session::lifeline::Event;
use aegis_session::timing::TICK;

use super::Native;
use crate::actors::Io;

impl Native {
    pub(super) fn look_at_clock(&mut self, io: &mut Io<'_>) {
        let now = io.clock();
        self.work.upkeep(io);
        self.lifeline.upkeep(io);
        if self.next_tick <= now {
            self.next_tick = now + TICK;
            if self.timing.ticked(now).is_some() {
                self.clock_forgotten(io);
                io.tell(None, "notices that it did not run".to_owned());
                self.tell(io, Event::HeartbeatAsked);
            }
        }
        if let Some((ask, until)) = self.preparing
            && until <= now
        {
            self.prepared(io, ask, false);
        }
        if self.machine.next_deadline().is_some_and(|due| due <= now) {
            self.tell(io, Event::TimerFired);
        }
    }

    /// For the judge: until a reply tells it anew, requests are counted from when they are read.
    pub(super) fn clock_forgotten(&mut self, io: &mut Io<'_>) {
        self.clock_forgotten_at = io.clock();
        io.net.judge.admits(io.me, false);
    }
}

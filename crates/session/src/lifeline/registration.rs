use std::time::Duration;

use aegis_plants::Plant;
use aegis_types::Instant;
use aegis_types::limits::{
    DEFAULT_HEARTBEAT_INTERVAL, MAX_HEARTBEAT_INTERVAL, MIN_HEARTBEAT_INTERVAL,
};

use super::settings::HEARTBEAT_TIMEOUTS;
use super::{Ask, HeartbeatStatus, LeaseToken, WaitingFor};

/// What an instance holds while it is registered: its lease, and the schedule that renews it.
#[derive(Clone, Debug)]
pub(super) struct Registration {
    token: LeaseToken,
    lease_until: Instant,
    acknowledged: Instant,
    missed: u32,
    /// When and how often heartbeats go out by themselves; `None` by hand.
    schedule: Option<Schedule>,
    out: Option<HeartbeatOut>,
    /// Somebody waits for the heartbeat that is out.
    pub(super) asked_by_hand: bool,
    /// Somebody asked while one was out: that one says what was true before.
    pub(super) asked_again: bool,
}

#[derive(Clone, Copy, Debug)]
struct Schedule {
    interval: Duration,
    next_due: Instant,
}

#[derive(Clone, Copy, Debug)]
struct HeartbeatOut {
    ask: Ask,
    sent_at: Instant,
}

impl Registration {
    /// A registration sent at `sent_at` and accepted at `now`. It renewed the lease itself, so the
    /// first heartbeat is due one interval from now. The lease is counted from the sending: the
    /// router cannot have started it earlier.
    pub(super) fn accepted(
        now: Instant,
        sent_at: Instant,
        lease_ttl: Duration,
        token: LeaseToken,
        interval: Option<Duration>,
    ) -> Registration {
        Registration {
            token,
            lease_until: sent_at + lease_ttl,
            acknowledged: now,
            missed: 0,
            schedule: interval.map(|interval| Schedule {
                interval,
                next_due: now + interval,
            }),
            out: None,
            asked_by_hand: false,
            asked_again: false,
        }
    }

    pub(super) const fn token(&self) -> LeaseToken {
        self.token
    }

    /// When the machine must look again. A heartbeat that is out is waited for first: after a
    /// stall one heartbeat goes out, not one for each that was missed.
    pub(super) fn next_due(&self) -> Option<Instant> {
        match (self.out, self.schedule) {
            (None, _) if Plant::LostAnswerEndsHeartbeats.is_sown() && self.missed > 0 => None,
            (None, Some(schedule)) => Some(schedule.next_due),
            _ => None,
        }
    }

    pub(super) fn heartbeat_out(&self) -> Option<Ask> {
        self.out.map(|out| out.ask)
    }

    /// Records that a heartbeat goes out now and gives its timeout.
    pub(super) fn heartbeat_sent(&mut self, now: Instant, ask: Ask) -> Duration {
        self.out = Some(HeartbeatOut { ask, sent_at: now });
        let (shortest, longest) = HEARTBEAT_TIMEOUTS;
        match &mut self.schedule {
            Some(schedule) => {
                let on_time = schedule.next_due + schedule.interval;
                schedule.next_due = if on_time > now {
                    on_time.min(now + schedule.interval)
                } else {
                    now + schedule.interval
                };
                schedule.interval.clamp(shortest, longest)
            }
            None => DEFAULT_HEARTBEAT_INTERVAL.clamp(shortest, longest),
        }
    }

    /// The heartbeat that was out renewed the lease.
    pub(super) fn renewed(
        &mut self,
        now: Instant,
        lease_ttl: Duration,
        next_interval: Option<Duration>,
    ) {
        let Some(out) = self.out.take() else { return };
        self.acknowledged = now;
        self.missed = 0;
        self.lease_until = self.lease_until.max(out.sent_at + lease_ttl);
        if let (Some(schedule), Some(wanted)) = (&mut self.schedule, next_interval) {
            let wanted = wanted.clamp(MIN_HEARTBEAT_INTERVAL, MAX_HEARTBEAT_INTERVAL);
            if wanted != schedule.interval {
                schedule.interval = wanted;
                schedule.next_due = out.sent_at + wanted;
            }
        }
    }

    /// Whether anybody waits for an answer; from here on nobody does.
    pub(super) fn take_askers(&mut self) -> bool {
        let by_hand = std::mem::take(&mut self.asked_by_hand);
        std::mem::take(&mut self.asked_again) || by_hand
    }

    /// The heartbeat that was out renewed nothing.
    pub(super) fn missed(&mut self) {
        if self.out.take().is_some() {
            self.missed = self.missed.saturating_add(1);
        }
    }

    /// Brings the next heartbeat forward; never back.
    pub(super) fn try_again_at(&mut self, at: Instant) {
        if let Some(schedule) = &mut self.schedule {
            schedule.next_due = schedule.next_due.min(at);
        }
    }

    /// The truth at `now`: once the lease is over, the router may have dropped the instance.
    pub(super) fn status(&self, now: Instant) -> HeartbeatStatus {
        let (acknowledged, missed, lease_until) =
            (self.acknowledged, self.missed, self.lease_until);
        if now >= lease_until {
            return HeartbeatStatus::Waiting(WaitingFor::Router);
        }
        match self.schedule {
            Some(Schedule { next_due, .. }) => HeartbeatStatus::Running {
                acknowledged,
                missed,
                next_due,
                lease_until,
            },
            None => HeartbeatStatus::Off {
                acknowledged,
                missed,
                lease_until,
            },
        }
    }
}

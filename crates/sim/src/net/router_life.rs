//! The router's own lives: its start, its crash, its clock.

use std::time::Duration;

use aegis_nats::switch::{Switch, SwitchConfig, SwitchLimits};
use aegis_router::{Driver, DriverOptions};
use aegis_wire::Subjects;

use super::{Action, LinkId, Net};
use crate::chance::Chance;
use crate::plan::Plan;

/// How long the router's machine may have run before the router starts, in seconds.
const MAX_UPTIME: u64 = 100_000;

/// One life of the router's process.
pub(crate) struct RouterLife {
    pub(crate) switch: Switch<Driver>,
    /// What its clock showed when the world's began, had it run then.
    origin: Duration,
}

impl RouterLife {
    pub(crate) fn new(plan: &Plan, chance: &mut Chance) -> RouterLife {
        let config = aegis_core::Config {
            heartbeat_interval: plan.heartbeat,
            lease_ttl: plan.lease_ttl,
            removal_ttls: plan.removal_ttls,
            ..aegis_core::Config::default()
        };
        let driver = Driver::new(DriverOptions {
            config,
            subjects: Subjects::default(),
            seed: chance.seed32(),
            unix_micros_at_origin: 1_700_000_000_000_000,
        });
        let switch = Switch::new(
            SwitchConfig {
                server_id: "sim".to_owned(),
                seed: chance.next(),
                limits: SwitchLimits {
                    max_pending: plan.max_pending,
                    ..SwitchLimits::default()
                },
                ping_interval: plan.ping_interval,
                ..SwitchConfig::default()
            },
            driver,
        );
        RouterLife {
            switch,
            origin: Duration::from_secs(chance.below(MAX_UPTIME)),
        }
    }
}

impl Net {
    /// The judge's clock: true time, and what the router's clock has leapt ahead of it.
    pub(crate) fn watch(&self) -> Duration {
        self.now + self.router_leapt
    }

    /// What the router's clock shows.
    pub(crate) fn router_now(&self) -> Duration {
        self.watch() + self.router.origin
    }

    /// An instant of the router's clock on the judge's.
    pub(crate) fn on_watch(&self, router: Duration) -> Duration {
        router.saturating_sub(self.router.origin)
    }

    /// When the switch wants to be called.
    pub(crate) fn switch_due(&self) -> Option<Duration> {
        let due = self.router.switch.next_deadline()?;
        let due = self.on_watch(due).saturating_sub(self.router_leapt);
        Some(due.max(self.now).max(self.router_paused_until))
    }

    /// The router's process is killed: every connection to it ends, nothing of what it knew is
    /// left, and another one takes its place after a while.
    pub(crate) fn crash_router(&mut self, down_for: Duration) {
        let plan = self.plan.clone();
        self.note_end_of_router();
        self.router = RouterLife::new(&plan, &mut self.chance);
        self.router_down_until = self.now + down_for;
        self.router_paused_until = self.now;
        for peer in std::mem::take(&mut self.by_peer).into_values() {
            let at = self.now + self.chance.micros(10, 2_000);
            let unheard_until = self.unheard_until(peer);
            let Some(link) = self.link(peer) else {
                continue;
            };
            link.peer = None;
            link.overheard = 0;
            let at = at.max(link.down_last).max(unheard_until);
            self.schedule.at(at, Action::LostAtPeer(peer));
        }
        self.judge.router_ended();
    }

    /// The router's clock leaps ahead, as when its machine was moved while it stood still for no
    /// time of its own.
    pub(crate) fn leap_router(&mut self, by: Duration) {
        self.router_leapt += by;
    }

    /// A connection that finds no router is refused.
    pub(crate) fn refuse(&mut self, id: LinkId) {
        let at = self.now + self.chance.micros(10, 300);
        self.schedule.at(at, Action::LostAtPeer(id));
    }

    /// What the router counted is read before it is gone.
    pub(crate) fn note_end_of_router(&mut self) {
        let core = self.router.switch.local().core();
        for (end, safety, wish, times) in core.attempt_ends().iter() {
            let row = crate::coverage::retry_row(end, safety, wish);
            self.met.add("retry", row, times);
        }
    }

    pub(super) fn unheard_until(&self, id: LinkId) -> Duration {
        let owner = self.owner_of(id).and_then(|owner| self.process(owner));
        owner.map_or(Duration::ZERO, |process| process.unheard_until)
    }
}

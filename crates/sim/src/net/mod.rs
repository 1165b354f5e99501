//! The world outside the actors: the clock, the connections, the switch, and the judge who
//! overhears every byte at the switch's sockets.

mod link;
mod schedule;
mod streams;
mod switch_side;

use std::collections::BTreeMap;
use std::time::Duration;

use aegis_nats::PeerId;
use aegis_nats::switch::{Switch, SwitchConfig, SwitchLimits};
use aegis_router::{Driver, DriverOptions};
use aegis_wire::Subjects;

pub(crate) use link::{Link, LinkId};
pub(crate) use schedule::{Action, SWITCH_TIMER, Schedule};
pub(crate) use streams::{ClientSaid, Letter, ServerSaid};

use crate::actors::Timer;
use crate::chance::Chance;
use crate::judge::Judge;
use crate::plan::{Manners, Plan};
use crate::story::{CallNo, ProcId, Story};

/// What is true of a process whatever it does.
#[derive(Debug)]
pub(crate) struct Process {
    pub(crate) is_alive: bool,
    pub(crate) paused_until: Duration,
    /// What it sends arrives no earlier.
    pub(crate) stalled_until: Duration,
    /// Until then what is sent to it takes long.
    pub(crate) slow_until: Duration,
    pub(crate) links: Vec<LinkId>,
}

pub(crate) struct Net {
    pub(crate) now: Duration,
    pub(crate) plan: Plan,
    pub(crate) schedule: Schedule,
    pub(crate) switch: Switch<Driver>,
    pub(crate) links: Vec<Link>,
    by_peer: BTreeMap<PeerId, LinkId>,
    pub(crate) processes: Vec<Process>,
    pub(crate) router_paused_until: Duration,
    pub(crate) judge: Judge,
    pub(crate) story: Story,
    pub(crate) chance: Chance,
    pub(crate) manners: Manners,
    pub(crate) is_quiet: bool,
    pub(crate) events: u64,
}

impl Net {
    pub(crate) fn new(mut chance: Chance, plan: Plan) -> Net {
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
        Net {
            now: Duration::ZERO,
            judge: Judge::new(plan.lease_ttl),
            manners: plan.manners,
            plan,
            schedule: Schedule::default(),
            switch,
            links: Vec::new(),
            by_peer: BTreeMap::new(),
            processes: Vec::new(),
            router_paused_until: Duration::ZERO,
            story: Story::new(),
            chance,
            is_quiet: false,
            events: 0,
        }
    }

    pub(crate) fn tell(&mut self, process: Option<ProcId>, call: Option<CallNo>, text: String) {
        self.story.tell(self.now, process, call, text);
    }

    pub(crate) fn process(&self, id: ProcId) -> Option<&Process> {
        self.processes.get(id.0 as usize)
    }

    pub(crate) fn process_mut(&mut self, id: ProcId) -> Option<&mut Process> {
        self.processes.get_mut(id.0 as usize)
    }

    pub(crate) fn is_alive(&self, id: ProcId) -> bool {
        self.process(id).is_some_and(|process| process.is_alive)
    }

    pub(crate) fn link(&mut self, id: LinkId) -> Option<&mut Link> {
        self.links.get_mut(id.0 as usize)
    }

    pub(crate) fn owner_of(&self, id: LinkId) -> Option<ProcId> {
        self.links.get(id.0 as usize).map(|link| link.owner)
    }

    pub(crate) fn new_process(&mut self) -> ProcId {
        let id = ProcId(self.processes.len() as u32);
        self.processes.push(Process {
            is_alive: true,
            paused_until: Duration::ZERO,
            stalled_until: Duration::ZERO,
            slow_until: Duration::ZERO,
            links: Vec::new(),
        });
        id
    }

    pub(crate) fn timer(&mut self, process: ProcId, after: Duration, timer: Timer) {
        let action = Action::Timer(process, timer);
        self.schedule.at(self.now + after, action);
    }

    /// A process connects.
    pub(crate) fn open(&mut self, owner: ProcId, name: &'static str) -> LinkId {
        let id = LinkId(self.links.len() as u32);
        let at = self.now + self.chance.micros(10, 300);
        self.links.push(Link::new(owner, name, at));
        if let Some(process) = self.process_mut(owner) {
            process.links.push(id);
        }
        self.schedule.at(at, Action::Accept(id));
        id
    }

    /// A process writes: the bytes come later, in chunks.
    pub(crate) fn send(&mut self, id: LinkId, bytes: &[u8]) {
        let Some(link) = self.links.get_mut(id.0 as usize) else {
            return;
        };
        if !link.open_at_peer {
            return;
        }
        let stalled_until = self
            .processes
            .get(link.owner.0 as usize)
            .map_or(Duration::ZERO, |process| process.stalled_until);
        let mut rest = bytes;
        while !rest.is_empty() {
            let len = if self.chance.percent(70) {
                rest.len()
            } else {
                self.chance.between(1, rest.len() as u64) as usize
            };
            let (chunk, later) = rest.split_at(len);
            rest = later;
            let delay = match self.chance.percent(97) {
                true => self.chance.micros(10, 400),
                false => self.chance.millis(1, 20),
            };
            let arrival = (self.now + delay).max(link.up_last).max(stalled_until);
            link.up_last = arrival;
            link.up.push_back(chunk.to_vec());
            self.schedule.at(arrival, Action::ToSwitch(id));
        }
    }

    /// A process closes one of its connections; what it sent before comes before.
    pub(crate) fn close(&mut self, id: LinkId) {
        let after = self.chance.micros(1, 500);
        if let Some(link) = self.link(id)
            && std::mem::replace(&mut link.open_at_peer, false)
        {
            let at = link.up_last + after;
            self.schedule.at(at.max(self.now), Action::PeerCloses(id));
        }
    }

    /// A process ends; the kernel closes its sockets in any order, after all that any of them
    /// sent has arrived, as on one machine. Without `closes` its machine is gone.
    pub(crate) fn end_process(&mut self, id: ProcId, closes: bool) {
        let Some(process) = self.process_mut(id) else {
            return;
        };
        if !std::mem::replace(&mut process.is_alive, false) {
            return;
        }
        let links = std::mem::take(&mut process.links);
        let arrived = links
            .iter()
            .filter_map(|link| self.links.get(link.0 as usize))
            .map(|link| link.up_last)
            .fold(self.now, Duration::max);
        for link in links {
            let at = arrived + self.chance.micros(1, 3_000);
            if let Some(link) = self.link(link)
                && std::mem::replace(&mut link.open_at_peer, false)
            {
                // What was on its way to it goes nowhere; without a close the room stays taken.
                if !closes {
                    continue;
                }
            } else {
                continue;
            }
            self.schedule.at(at, Action::PeerCloses(link));
        }
    }

    /// Bytes have come to a peer: what it reads from them.
    pub(crate) fn take_delivered(&mut self, id: LinkId) -> Vec<ServerSaid> {
        let now = self.now;
        let Some(link) = self.link(id) else {
            return Vec::new();
        };
        let Some(chunk) = link.down.pop_front() else {
            return Vec::new();
        };
        if !link.open_at_peer {
            return Vec::new();
        }
        link.down_bytes -= chunk.len();
        let read = link.reader.feed(&chunk);
        self.schedule
            .at(now + Duration::from_micros(1), Action::Writable(id));
        match read {
            Ok(said) => said,
            Err(error) => {
                self.judge
                    .accuse(format!("a client cannot read: {error}"), None, None);
                Vec::new()
            }
        }
    }
}

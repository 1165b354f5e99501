//! The world outside the actors: the clock, the connections, the switch, and the judge who
//! overhears every byte at the switch's sockets.

mod link;
mod process;
mod router_life;
mod schedule;
mod streams;
mod switch_side;
mod weather;

use std::collections::BTreeMap;
use std::time::Duration;

use aegis_nats::PeerId;
use aegis_wire::Subjects;

pub(crate) use link::{Link, LinkId};
pub(crate) use process::{Clock, Process};
use router_life::RouterLife;
pub(crate) use schedule::{Action, SWITCH_TIMER, Schedule};
pub(crate) use streams::{ClientSaid, Letter, ServerSaid};
pub(crate) use weather::Weather;

use crate::actors::Timer;
use crate::chance::Chance;
use crate::coverage::{Coverage, WEATHER};
use crate::judge::Judge;
use crate::plan::{Manners, Plan};
use crate::story::{CallNo, ProcId, Story};

pub(crate) struct Net {
    pub(crate) now: Duration,
    pub(crate) plan: Plan,
    pub(crate) schedule: Schedule,
    pub(crate) router: RouterLife,
    pub(crate) links: Vec<Link>,
    by_peer: BTreeMap<PeerId, LinkId>,
    pub(crate) processes: Vec<Process>,
    pub(crate) router_paused_until: Duration,
    /// Nobody listens until then.
    pub(crate) router_down_until: Duration,
    /// By how much the router's clock has leapt ahead.
    pub(crate) router_leapt: Duration,
    pub(crate) judge: Judge,
    pub(crate) story: Story,
    pub(crate) chance: Chance,
    pub(crate) manners: Manners,
    /// No weather any more.
    pub(crate) is_fair: bool,
    pub(crate) is_quiet: bool,
    /// Processes that have ended by themselves: somebody starts them again.
    pub(crate) left: Vec<ProcId>,
    pub(crate) met: Coverage,
    pub(crate) events: u64,
    subjects: Subjects,
}

impl Net {
    pub(crate) fn new(mut chance: Chance, plan: Plan) -> Net {
        let router = RouterLife::new(&plan, &mut chance);
        Net {
            now: Duration::ZERO,
            judge: Judge::new(plan.lease_ttl),
            manners: plan.manners,
            plan,
            schedule: Schedule::default(),
            router,
            links: Vec::new(),
            by_peer: BTreeMap::new(),
            processes: Vec::new(),
            router_paused_until: Duration::ZERO,
            router_down_until: Duration::ZERO,
            router_leapt: Duration::ZERO,
            story: Story::new(),
            chance,
            is_fair: false,
            is_quiet: false,
            left: Vec::new(),
            met: Coverage::default(),
            events: 0,
            subjects: Subjects::default(),
        }
    }

    pub(crate) fn tell(&mut self, process: Option<ProcId>, call: Option<CallNo>, text: String) {
        self.story.tell(self.watch(), process, call, text);
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
        let (shown, drift) = (self.chance.below(100_000), self.plan.max_drift_ppm);
        let rate = self.chance.between(1_000_000 - drift, 1_000_000 + drift);
        let shown = Duration::from_secs(shown);
        let clock = Clock::new(self.now, shown, u32::try_from(rate).unwrap_or(1_000_000));
        self.processes.push(Process::new(clock));
        id
    }

    pub(crate) fn timer(&mut self, process: ProcId, after: Duration, timer: Timer) {
        let action = Action::Timer(process, timer);
        self.schedule.at(self.now + after, action);
    }

    /// A process connects.
    pub(crate) fn open(&mut self, owner: ProcId, name: &'static str) -> LinkId {
        let id = LinkId(self.links.len() as u32);
        let reached = self.process(owner);
        let reached = reached.map_or(Duration::ZERO, |p| p.stalled_until.max(p.unheard_until));
        let at = (self.now + self.chance.micros(10, 300)).max(reached);
        self.links.push(Link::new(owner, name, at));
        if let Some(process) = self.process_mut(owner) {
            process.links.push(id);
        }
        self.schedule.at(at, Action::Accept(id));
        id
    }

    /// A process writes: the bytes come later, in chunks.
    pub(crate) fn send(&mut self, id: LinkId, bytes: &[u8]) {
        if self.link(id).is_some_and(|link| link.open_at_peer) {
            let bytes = self.weather_in(id, bytes);
            self.put_on_the_way(id, &bytes);
        }
    }

    fn put_on_the_way(&mut self, id: LinkId, bytes: &[u8]) {
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
        if stalled_until > self.now && !bytes.is_empty() {
            self.met.count("weather", WEATHER[5]);
        }
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
        let stalled_until = self.stalled_until(id);
        if let Some(link) = self.link(id)
            && std::mem::replace(&mut link.open_at_peer, false)
        {
            let at = link.up_last.max(stalled_until) + after;
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
        self.judge.acts_abandoned(id);
        let Some(process) = self.process_mut(id) else {
            return;
        };
        let links = std::mem::take(&mut process.links);
        let stalled_until = process.stalled_until;
        let arrived = links
            .iter()
            .filter_map(|link| self.links.get(link.0 as usize))
            .map(|link| link.up_last)
            .fold(self.now.max(stalled_until), Duration::max);
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

    /// Bytes have come to a peer: what the weather leaves of them.
    pub(crate) fn take_delivered(&mut self, id: LinkId) -> Vec<u8> {
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
        self.schedule
            .at(now + Duration::from_micros(1), Action::Writable(id));
        self.weather_out(id, chunk)
    }

    /// What a peer without a reader of its own reads in bytes that have come to it.
    pub(crate) fn read(&mut self, id: LinkId, bytes: &[u8]) -> Vec<ServerSaid> {
        let Some(link) = self.link(id) else {
            return Vec::new();
        };
        match link.reader.feed(bytes) {
            Ok(said) => said,
            Err(error) => {
                self.judge
                    .accuse(format!("a client cannot read: {error}"), None, None);
                Vec::new()
            }
        }
    }

    fn stalled_until(&self, id: LinkId) -> Duration {
        let owner = self.owner_of(id).and_then(|owner| self.process(owner));
        owner.map_or(Duration::ZERO, |process| process.stalled_until)
    }
}

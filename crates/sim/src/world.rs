//! One seed's world: what comes up, in the order of its time.

use std::time::Duration;

use crate::actors::{Actor, Io, Nudge};
use crate::chance::Chance;
use crate::fleet::{Fleet, Kind};
use crate::net::{Action, LinkId, Net, SWITCH_TIMER};
use crate::plan::{Manners, Plan};
use crate::story::ProcId;

/// Nothing may come after the last answer: watched for so long.
const TAIL: Duration = Duration::from_millis(500);

pub(crate) struct World {
    pub(crate) net: Net,
    pub(crate) fleet: Fleet,
    pub(crate) chance: Chance,
    pub(crate) is_calm: bool,
}

impl World {
    pub(crate) fn new(seed: u64) -> World {
        let mut chance = Chance::new(seed ^ 0x5eed_ae91_5000_0001);
        let plan = Plan::draw(&mut chance);
        let fleet = Fleet::new(&plan);
        let mut net = Net::new(chance.fork(), plan);
        for post in 0..fleet.posts.len() {
            let at = chance.micros(0, 1_000_000);
            net.schedule.at(at, Action::Start(post));
        }
        if !net.plan.faults.is_empty() {
            net.schedule.at(Duration::from_secs(1), Action::Fault);
        }
        net.schedule.at(net.plan.calm_at, Action::Calm);
        net.schedule.at(net.plan.polite_at, Action::Polite);
        net.schedule.at(net.plan.quiet_at, Action::Quiet);
        World {
            net,
            fleet,
            chance,
            is_calm: false,
        }
    }

    /// To the end of its time, or to the first promise that is not kept.
    pub(crate) fn run(&mut self) {
        while self.net.judge.violation().is_none() && self.step() {}
        if self.net.judge.violation().is_none() {
            self.net.judge.ended();
        }
    }

    fn step(&mut self) -> bool {
        let next = self.net.schedule.next();
        let timer = self.net.switch_due().map(|at| (at, SWITCH_TIMER));
        let Some((at, class)) = next.into_iter().chain(timer).min() else {
            return false;
        };
        let is_over = at > self.net.plan.calls_end_at + TAIL && self.net.judge.nobody_waits();
        if at > self.net.plan.end_at || is_over {
            return false;
        }
        self.net.now = self.net.now.max(at);
        self.net.events += 1;
        if timer == Some((at, class)) {
            self.net.switch_timer();
            return true;
        }
        let Some(due) = self.net.schedule.pop() else {
            return false;
        };
        let (now, router) = (self.net.now, self.net.router_paused_until);
        if due.action.needs_router() && router > now {
            self.net.schedule.put_off(router, due);
            return true;
        }
        if let Some(until) = self.paused(&due.action) {
            self.net.schedule.put_off(until, due);
            return true;
        }
        self.act(due.action);
        self.start_again();
        true
    }

    /// Until when the process that an action concerns stands still.
    fn paused(&self, action: &Action) -> Option<Duration> {
        let process = match action {
            Action::ToPeer(link) | Action::LateOut(link) | Action::LostAtPeer(link) => {
                self.net.owner_of(*link)?
            }
            Action::Timer(process, _) | Action::Nudge(process, _) => *process,
            _ => return None,
        };
        let until = self.net.process(process)?.paused_until;
        (until > self.net.now).then_some(until)
    }

    fn act(&mut self, action: Action) {
        match action {
            Action::Accept(link) => self.net.accept(link),
            Action::ToSwitch(link) => self.net.bytes_arrive(link),
            Action::Writable(link) => self.net.writable(link),
            Action::PeerCloses(link) => self.net.peer_closes(link),
            Action::CallDue(call) => self.net.judge.due(call),
            Action::ToPeer(link) => {
                let bytes = self.net.take_delivered(link);
                self.deliver(link, &bytes);
            }
            Action::LateIn(link) => self.net.late_in(link),
            Action::LateOut(link) => {
                let bytes = self.net.take_late_out(link);
                self.deliver(link, &bytes);
            }
            Action::LostAtPeer(link) => self.lose(link),
            Action::Timer(process, timer) => {
                self.with(process, |actor, io| actor.on_timer(io, timer));
            }
            Action::Nudge(process, nudge) => {
                self.net.tell(Some(process), None, format!("{nudge:?}"));
                self.with(process, |actor, io| actor.on_nudge(io, nudge));
            }
            Action::Start(post) => self.start(post),
            Action::Fault => self.fault(),
            Action::Calm => self.calm(),
            Action::Polite => self.polite(),
            Action::Quiet => self.quiet(),
        }
    }

    fn with(&mut self, process: ProcId, act: impl FnOnce(&mut dyn Actor, &mut Io<'_>)) {
        self.fleet.with(&mut self.net, process, act);
    }

    fn deliver(&mut self, link: LinkId, bytes: &[u8]) {
        let Some(owner) = self.net.owner_of(link).filter(|_| !bytes.is_empty()) else {
            return;
        };
        self.with(owner, |actor, io| actor.on_bytes(io, link, bytes));
    }

    fn lose(&mut self, id: LinkId) {
        let Some(link) = self.net.link(id) else {
            return;
        };
        let owner = link.owner;
        if std::mem::replace(&mut link.open_at_peer, false) {
            self.with(owner, |actor, io| actor.on_lost(io, id));
        }
    }

    /// Who has ended by itself is started again, as by whoever looks after processes.
    fn start_again(&mut self) {
        for left in std::mem::take(&mut self.net.left) {
            let posts = self.fleet.posts.iter();
            let post = posts
                .into_iter()
                .position(|post| post.process == Some(left));
            if let Some(post) = post {
                let at = self.net.now + self.chance.millis(20, 1_500);
                self.net.schedule.at(at, Action::Start(post));
            }
        }
    }

    /// A post is filled unless somebody has it and runs; one who stands still counts as gone.
    fn start(&mut self, post: usize) {
        let now = self.net.now;
        let runs = self.fleet.posts.get(post).and_then(|at| {
            let process = self.net.process(at.process?)?;
            let stands_still = process.paused_until > now && at.kind.is_native();
            Some(process.is_alive && !stands_still)
        });
        if runs != Some(true) {
            self.fleet.start(&mut self.net, &mut self.chance, post);
        }
    }

    fn calm(&mut self) {
        self.is_calm = true;
        self.net.is_fair = true;
        self.net
            .tell(None, None, "from here nothing goes wrong".to_owned());
        for post in 0..self.fleet.posts.len() {
            if let Some(at) = self.fleet.posts.get_mut(post) {
                at.next_is_stale = false;
            }
            // Again later: one whose clock was wrong may yet be told so, and end.
            for after in [0, 1_500, 5_500] {
                let at = self.net.now + Duration::from_millis(after);
                self.net.schedule.at(at, Action::Start(post));
            }
        }
        self.nudge_all(Nudge::Drain(false));
        self.nudge_all(Nudge::Awake);
    }

    /// Also those whose post another has: they may live on.
    fn nudge_all(&mut self, nudge: Nudge) {
        for process in 0..self.net.processes.len() as u32 {
            if self.net.is_alive(ProcId(process)) {
                self.nudge(ProcId(process), Duration::ZERO, nudge);
            }
        }
    }

    fn polite(&mut self) {
        self.net.manners = Manners::POLITE;
        self.nudge_all(Nudge::Awake);
    }

    fn quiet(&mut self) {
        self.net
            .tell(None, None, "from here every call must succeed".to_owned());
        self.net.is_quiet = true;
        let core = self.net.router.switch.local().core();
        let missing = self.fleet.posts.iter().find_map(|post| {
            let Kind::Native { service, .. } = post.kind else {
                return None;
            };
            let service = self.net.plan.services.get(service)?;
            let key = core.find_instance(&service.name, &post.id);
            let view = key.and_then(|key| core.instance(key));
            match view {
                // Handlers were rude until now: who is kept out for that lives.
                Some(view) if view.routable || view.ejected_until.is_some() => None,
                view => Some((post.process, view.map(|view| view.reason))),
            }
        });
        if let Some((process, reason)) = missing {
            let text = match reason {
                Some(reason) => format!("lives, and is not routable ({reason})"),
                None => "lives, and is not registered".to_owned(),
            };
            self.net.judge.accuse(text, None, process);
        }
    }
}

//! One seed's world: what comes up, in the order of its time.

use std::time::Duration;

use crate::actors::{Actor, Io, Nudge};
use crate::chance::Chance;
use crate::faults::Fault;
use crate::fleet::{Fleet, Kind};
use crate::net::{Action, LinkId, Net, SWITCH_TIMER, ServerSaid};
use crate::plan::{Manners, Plan};
use crate::story::ProcId;

/// Nothing may come after the last answer: watched for so long.
const TAIL: Duration = Duration::from_millis(500);

pub(crate) struct World {
    pub(crate) net: Net,
    fleet: Fleet,
    chance: Chance,
    is_calm: bool,
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
        true
    }

    /// Until when the process that an action concerns stands still.
    fn paused(&self, action: &Action) -> Option<Duration> {
        let process = match action {
            Action::ToPeer(link) | Action::LostAtPeer(link) => self.net.owner_of(*link)?,
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
            Action::ToPeer(link) => self.deliver(link),
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
            Action::Quiet => self.quiet(),
        }
    }

    fn with(&mut self, process: ProcId, act: impl FnOnce(&mut dyn Actor, &mut Io<'_>)) {
        self.fleet.with(&mut self.net, process, act);
    }

    fn deliver(&mut self, link: LinkId) {
        let said = self.net.take_delivered(link);
        let Some(owner) = self.net.owner_of(link) else {
            return;
        };
        for said in said {
            self.with(owner, |actor, io| match said {
                ServerSaid::Letter(letter) => actor.on_letter(io, link, &letter),
                ServerSaid::Ping => io.net.send(link, b"PONG\r\n"),
                ServerSaid::Pong => actor.on_pong(io, link),
                ServerSaid::Error(_) => {}
            });
        }
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

    /// A post is filled unless somebody has it and runs; one who stands still counts as gone.
    fn start(&mut self, post: usize) {
        let now = self.net.now;
        let runs = self.fleet.posts.get(post).and_then(|at| {
            let process = self.net.process(at.process?)?;
            let stands_still = process.paused_until > now && matches!(at.kind, Kind::Native { .. });
            Some(process.is_alive && !stands_still)
        });
        if runs != Some(true) {
            self.fleet.start(&mut self.net, &mut self.chance, post);
        }
    }

    fn fault(&mut self) {
        if self.is_calm {
            return;
        }
        if let Some(fault) = self.net.plan.faults.next(&mut self.chance) {
            self.apply(fault);
        }
        let gap = self.chance.millis(20, self.net.plan.max_fault_gap_ms);
        self.net.schedule.at(self.net.now + gap, Action::Fault);
    }

    fn victim(&mut self, wanted: impl Fn(Kind) -> bool) -> Option<(usize, ProcId)> {
        let now = self.net.now;
        let candidates: Vec<(usize, ProcId)> = self
            .fleet
            .posts
            .iter()
            .enumerate()
            .filter(|(_, post)| wanted(post.kind))
            .filter_map(|(at, post)| Some((at, post.process?)))
            .filter(|(_, process)| {
                let process = self.net.process(*process);
                process.is_some_and(|p| p.is_alive && p.paused_until <= now)
            })
            .collect();
        self.chance.pick(&candidates).copied()
    }

    fn apply(&mut self, fault: Fault) {
        let wanted: fn(Kind) -> bool = match fault {
            Fault::PauseRouter => return self.pause_router(),
            Fault::KillCaller => |kind| matches!(kind, Kind::Caller { .. }),
            Fault::Zombie | Fault::DropWork | Fault::Drain | Fault::Leave => {
                |kind| matches!(kind, Kind::Native { .. })
            }
            Fault::Meddle => return self.meddle(),
            _ => Kind::is_instance,
        };
        let Some((post, process)) = self.victim(wanted) else {
            return;
        };
        self.net
            .tell(Some(process), None, format!("fault: {fault:?}"));
        match fault {
            Fault::KillInstance => {
                self.net.end_process(process, true);
                self.come_again(post, 5, 2_500, 20);
            }
            Fault::SilenceInstance => {
                self.net.end_process(process, false);
                // Two subscribers of one legacy inbox would both be called: that is how it is.
                let is_legacy = matches!(self.kind(post), Some(Kind::Legacy { .. }));
                self.come_again(post, 5, 2_500, if is_legacy { 100 } else { 30 });
            }
            Fault::PauseInstance => {
                let span = self.chance.millis(20, 1_500);
                self.pause(process, span);
            }
            Fault::Zombie => {
                let span = self.net.plan.lease_ttl.mul_f64(1.1)
                    + self
                        .chance
                        .micros(0, self.net.plan.lease_ttl.as_micros() as u64 / 2);
                self.pause(process, span);
                self.come_again(post, 1, 900, 0);
            }
            Fault::DropWork => self.nudge(process, Duration::ZERO, Nudge::DropWork),
            Fault::CutByUs => self.nudge(process, Duration::ZERO, Nudge::Garbage),
            Fault::Leave => self.nudge(process, Duration::ZERO, Nudge::Leave),
            Fault::Drain => {
                let span = self.chance.millis(300, 2_000);
                self.nudge(process, Duration::ZERO, Nudge::Drain(true));
                self.nudge(process, span, Nudge::Drain(false));
            }
            Fault::Stall => {
                let until = self.net.now + self.chance.millis(10, 1_500);
                if let Some(process) = self.net.process_mut(process) {
                    process.stalled_until = until;
                }
            }
            Fault::SlowReader => {
                let until = self.net.now + self.chance.millis(500, 3_000);
                if let Some(process) = self.net.process_mut(process) {
                    process.slow_until = until;
                }
            }
            Fault::KillCaller => {
                self.net.end_process(process, true);
                self.come_again(post, 5, 500, 0);
            }
            Fault::PauseRouter | Fault::Meddle => {}
        }
    }

    fn kind(&self, post: usize) -> Option<Kind> {
        self.fleet.posts.get(post).map(|post| post.kind)
    }

    /// A post is filled again after a while, maybe under another id, maybe with a clock that has
    /// stepped back.
    fn come_again(&mut self, post: usize, low: u64, high: u64, other_id: u64) {
        let after = self.chance.millis(low, high);
        self.net
            .schedule
            .at(self.net.now + after, Action::Start(post));
        let is_stale = self.chance.percent(8);
        let new_id = self.chance.percent(other_id).then(|| self.fleet.new_id());
        let Some(at) = self.fleet.posts.get_mut(post) else {
            return;
        };
        if let Some(id) = new_id {
            at.id = id;
        } else if is_stale && matches!(at.kind, Kind::Native { .. }) {
            at.next_is_stale = true;
            // It is told so and ends: another one must come.
            let later = self.net.now + after + Duration::from_millis(700);
            self.net.schedule.at(later, Action::Start(post));
        }
    }

    fn nudge(&mut self, process: ProcId, after: Duration, nudge: Nudge) {
        let action = Action::Nudge(process, nudge);
        self.net.schedule.at(self.net.now + after, action);
    }

    fn pause(&mut self, process: ProcId, span: Duration) {
        let until = self.net.now + span;
        if let Some(process) = self.net.process_mut(process) {
            process.paused_until = until;
        }
    }

    fn pause_router(&mut self) {
        let longest = if self.chance.percent(15) { 5_000 } else { 400 };
        let span = self.chance.millis(5, longest);
        self.net.tell(
            None,
            None,
            format!("fault: the router stands still for {span:?}"),
        );
        let until = self.net.now + span;
        self.net.router_paused_until = self.net.router_paused_until.max(until);
    }

    /// With one that has died, if there is one: it must stay dead.
    fn meddle(&mut self) {
        let natives = self.fleet.posts.iter();
        let natives = natives.filter(|post| matches!(post.kind, Kind::Native { .. }));
        let mut processes: Vec<ProcId> = natives.filter_map(|post| post.process).collect();
        if processes.iter().any(|process| !self.net.is_alive(*process)) {
            processes.retain(|process| !self.net.is_alive(*process));
        }
        if let Some(victim) = self.chance.pick(&processes).copied() {
            self.fleet
                .start_meddler(&mut self.net, &mut self.chance, victim);
        }
    }

    fn calm(&mut self) {
        self.is_calm = true;
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
            let process = self.fleet.posts.get(post).and_then(|at| at.process);
            if let Some(process) = process {
                self.nudge(process, Duration::ZERO, Nudge::Drain(false));
            }
        }
    }

    fn quiet(&mut self) {
        self.net
            .tell(None, None, "from here every call must succeed".to_owned());
        self.net.manners = Manners::POLITE;
        self.net.is_quiet = true;
        let core = self.net.switch.local().core();
        let missing = self.fleet.posts.iter().find_map(|post| {
            let Kind::Native { service } = post.kind else {
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

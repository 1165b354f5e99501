//! What goes wrong, done to the world.

use std::time::Duration;

use aegis_types::SelfReport;

use crate::actors::Nudge;
use crate::faults::Fault;
use crate::fleet::Kind;
use crate::net::Action;
use crate::story::ProcId;
use crate::world::World;

impl World {
    pub(crate) fn fault(&mut self) {
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
            Fault::PauseRouter | Fault::CrashRouter | Fault::LeapRouter => {
                return self.disturb_router(fault);
            }
            Fault::Meddle => return self.meddle(),
            Fault::KillCaller | Fault::PauseCaller => |kind| matches!(kind, Kind::Caller { .. }),
            Fault::Zombie | Fault::DropWork | Fault::Drain | Fault::Leave => Kind::is_native,
            Fault::Report | Fault::Lag => Kind::is_native,
            Fault::Partition | Fault::PartitionIn | Fault::PartitionOut | Fault::LeapClock => {
                |kind| kind != Kind::Operator
            }
            _ => Kind::is_instance,
        };
        let Some((post, process)) = self.victim(wanted) else {
            return;
        };
        self.net
            .tell(Some(process), None, format!("fault: {fault:?}"));
        self.net.met.count("fault", format!("{fault:?}"));
        match fault {
            Fault::KillInstance | Fault::SilenceInstance | Fault::Zombie | Fault::KillCaller => {
                self.end_life(fault, post, process);
            }
            Fault::PauseInstance | Fault::PauseCaller => {
                let span = self.chance.millis(20, 2_500);
                self.pause(process, span);
            }
            Fault::DropWork => self.nudge(process, Duration::ZERO, Nudge::DropWork),
            Fault::CutByUs => self.nudge(process, Duration::ZERO, Nudge::Garbage),
            Fault::Leave => self.nudge(process, Duration::ZERO, Nudge::Leave),
            Fault::Drain => {
                let span = self.chance.millis(300, 2_000);
                self.nudge(process, Duration::ZERO, Nudge::Drain(true));
                self.nudge(process, span, Nudge::Drain(false));
            }
            Fault::Report => {
                let reports = [SelfReport::Degraded, SelfReport::Unhealthy];
                let report = *self.chance.pick(&reports).unwrap_or(&SelfReport::Degraded);
                let span = self.chance.millis(300, 2_000);
                self.nudge(process, Duration::ZERO, Nudge::Report(report));
                self.nudge(process, span, Nudge::Report(SelfReport::Healthy));
            }
            Fault::Lag => {
                let (lag, span) = (
                    self.chance.millis(500, 3_000),
                    self.chance.millis(500, 3_000),
                );
                self.nudge(process, Duration::ZERO, Nudge::Lag(lag));
                self.nudge(process, span, Nudge::Lag(Duration::ZERO));
            }
            Fault::LeapClock => {
                let (now, by) = (self.net.now, self.chance.millis(10, 5_000));
                if let Some(process) = self.net.process_mut(process) {
                    process.clock.leap(now, by);
                }
                self.nudge(process, Duration::ZERO, Nudge::ClockLeapt);
            }
            _ => self.disturb_network(fault, process),
        }
    }

    /// A process ends, or seems to, and another takes its post.
    fn end_life(&mut self, fault: Fault, post: usize, process: ProcId) {
        match fault {
            Fault::Zombie => {
                let ttl = self.net.plan.lease_ttl;
                let more = self.chance.micros(0, ttl.as_micros() as u64 / 2);
                self.pause(process, ttl.mul_f64(1.1) + more);
                self.come_again(post, 1, 900, 0);
            }
            Fault::KillCaller => {
                self.net.end_process(process, true);
                self.come_again(post, 5, 500, 0);
            }
            Fault::SilenceInstance => {
                self.net.end_process(process, false);
                // Two subscribers of one legacy inbox would both be called: that is how it is.
                let is_legacy = matches!(self.kind(post), Some(Kind::Legacy { .. }));
                self.come_again(post, 5, 2_500, if is_legacy { 100 } else { 30 });
            }
            _ => {
                self.net.end_process(process, true);
                self.come_again(post, 5, 2_500, 20);
            }
        }
    }

    /// Ends when nothing goes wrong any more, at the latest.
    fn disturb_network(&mut self, fault: Fault, process: ProcId) {
        let longest = if self.chance.percent(30) {
            8_000
        } else {
            1_500
        };
        let span = match fault {
            Fault::Stall => self.chance.millis(10, 1_500),
            Fault::SlowReader => self.chance.millis(500, 3_000),
            _ => self.chance.millis(50, longest),
        };
        let until = (self.net.now + span).min(self.net.plan.calm_at);
        let Some(process) = self.net.process_mut(process) else {
            return;
        };
        match fault {
            Fault::Stall | Fault::PartitionIn => process.stalled_until = until,
            Fault::PartitionOut => process.unheard_until = until,
            Fault::Partition => {
                process.stalled_until = until;
                process.unheard_until = until;
            }
            _ => process.slow_until = until,
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
        } else if is_stale && at.kind.is_native() {
            at.next_is_stale = true;
            // It is told so and ends: another one must come.
            let later = self.net.now + after + Duration::from_millis(700);
            self.net.schedule.at(later, Action::Start(post));
        }
    }

    pub(crate) fn nudge(&mut self, process: ProcId, after: Duration, nudge: Nudge) {
        let action = Action::Nudge(process, nudge);
        self.net.schedule.at(self.net.now + after, action);
    }

    fn pause(&mut self, process: ProcId, span: Duration) {
        let until = self.net.now + span;
        if let Some(process) = self.net.process_mut(process) {
            process.paused_until = until;
        }
    }

    fn disturb_router(&mut self, fault: Fault) {
        let longest = if self.chance.percent(15) { 5_000 } else { 400 };
        let span = self.chance.millis(5, longest);
        let text = format!("fault: the router, {fault:?}, {span:?}");
        self.net.tell(None, None, text);
        self.net.met.count("fault", format!("{fault:?}"));
        let until = self.net.now + span;
        match fault {
            Fault::CrashRouter => self.net.crash_router(span),
            Fault::LeapRouter => self.net.leap_router(span),
            _ => self.net.router_paused_until = self.net.router_paused_until.max(until),
        }
    }

    /// With one that has died, if there is one: it must stay dead.
    fn meddle(&mut self) {
        let natives = self.fleet.posts.iter();
        let natives = natives.filter(|post| post.kind.is_native());
        let mut processes: Vec<ProcId> = natives.filter_map(|post| post.process).collect();
        if processes.iter().any(|process| !self.net.is_alive(*process)) {
            processes.retain(|process| !self.net.is_alive(*process));
        }
        if let Some(victim) = self.chance.pick(&processes).copied() {
            self.net.met.count("fault", format!("{:?}", Fault::Meddle));
            self.fleet
                .start_meddler(&mut self.net, &mut self.chance, victim);
        }
    }
}

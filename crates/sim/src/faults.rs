//! What goes wrong. Each seed draws its own mix, so that faults also meet without the others.

use crate::chance::Chance;

/// One thing that goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// An instance's process is killed: its sockets are closed by the kernel, in any order.
    KillInstance,
    /// An instance's process vanishes without a close, as when its machine loses power.
    SilenceInstance,
    /// An instance's process stands still for a moment, then goes on.
    PauseInstance,
    /// An instance's process stands still for longer than its lease, and a new life takes its id
    /// meanwhile.
    Zombie,
    /// A native instance closes its work connection and opens another.
    DropWork,
    /// A connection of an instance sends something that cannot be understood: the switch cuts it.
    CutByUs,
    /// Everything an instance sends comes late for a moment.
    Stall,
    /// An instance reads slowly for a while.
    SlowReader,
    /// An instance finishes what it has and takes no more, for a while.
    Drain,
    /// An instance deregisters and registers again after a while.
    Leave,
    /// A caller's process is killed, and comes again.
    KillCaller,
    /// The router stands still for a moment.
    PauseRouter,
    /// Somebody speaks for an instance without knowing its lease token.
    Meddle,
    /// A caller's process stands still for a moment, then goes on.
    PauseCaller,
    /// The network between a process and the router is cut, both ways.
    Partition,
    /// What a process sends is held; what is sent to it comes.
    PartitionIn,
    /// What is sent to a process is held; what it sends comes.
    PartitionOut,
    /// The router's process is killed, and comes again knowing nothing.
    CrashRouter,
    /// The router's clock leaps ahead.
    LeapRouter,
    /// A process's clock leaps ahead.
    LeapClock,
    /// An instance says for a while that it works badly, or not at all.
    Report,
    /// An instance's handlers run late for a while, and its heartbeats say so.
    Lag,
}

impl Fault {
    pub(crate) const ALL: [Fault; 22] = [
        Fault::KillInstance,
        Fault::SilenceInstance,
        Fault::PauseInstance,
        Fault::Zombie,
        Fault::DropWork,
        Fault::CutByUs,
        Fault::Stall,
        Fault::SlowReader,
        Fault::Drain,
        Fault::Leave,
        Fault::KillCaller,
        Fault::PauseRouter,
        Fault::Meddle,
        Fault::PauseCaller,
        Fault::Partition,
        Fault::PartitionIn,
        Fault::PartitionOut,
        Fault::CrashRouter,
        Fault::LeapRouter,
        Fault::LeapClock,
        Fault::Report,
        Fault::Lag,
    ];
}

/// The faults of one seed, each as often as it stands here.
#[derive(Clone, Debug)]
pub(crate) struct Mix(Vec<Fault>);

impl Mix {
    /// One seed in ten has no faults at all: nothing may look like one there.
    pub(crate) fn draw(chance: &mut Chance) -> Mix {
        let mut mix = Vec::new();
        if chance.percent(90) {
            for fault in Fault::ALL {
                if chance.percent(30) {
                    let weight = chance.between(1, 4) as usize;
                    mix.extend(std::iter::repeat_n(fault, weight));
                }
            }
        }
        Mix(mix)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn next(&self, chance: &mut Chance) -> Option<Fault> {
        chance.pick(&self.0).copied()
    }
}

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
}

const ALL: [Fault; 13] = [
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
];

/// The faults of one seed, each as often as it stands here.
#[derive(Clone, Debug)]
pub(crate) struct Mix(Vec<Fault>);

impl Mix {
    /// One seed in ten has no faults at all: nothing may look like one there.
    pub(crate) fn draw(chance: &mut Chance) -> Mix {
        let mut mix = Vec::new();
        if chance.percent(90) {
            for fault in ALL {
                if chance.percent(45) {
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

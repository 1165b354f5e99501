use aegis_types::Lifecycle;
use aegis_wire::instance::SelfReport;

/// What an instance says of itself in every heartbeat.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Word {
    /// How well it works, as its owner sees it.
    pub(crate) report: SelfReport,
    /// Whether it wants work.
    pub(crate) lifecycle: Lifecycle,
}

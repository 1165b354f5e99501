use aegis_types::Lifecycle;
use aegis_wire::instance::SelfReport;

/// What an instance says of itself in every heartbeat.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Word {
    /// How well it works, as its owner sees it.
    pub(crate) report: SelfReport,
    /// Whether it wants work.
    pub(crate) lifecycle: Lifecycle,
    /// It takes nothing while its work connection goes to another server.
    pub(crate) is_moving: bool,
}

impl Word {
    /// Whether work may be sent to it now.
    pub(crate) fn lifecycle_now(self) -> Lifecycle {
        if self.is_moving {
            Lifecycle::Draining
        } else {
            self.lifecycle
        }
    }
}

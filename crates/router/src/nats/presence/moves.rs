//! What a router does about the others, and who they are.

use aegis_wire::event::Presence as Announcement;

/// Another router, as it announced itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OtherRouter {
    /// Id of its life.
    pub router: String,
    /// Since when it serves: milliseconds since 1970, by its clock.
    pub since_ms: u64,
    /// Id of its data directory; empty if it has none.
    pub store: String,
    /// The machine it runs on.
    pub host: String,
    /// Its process there.
    pub pid: u64,
    /// The version of its program.
    pub version: String,
}

/// What a router does about the others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::nats) enum Move {
    /// Say that it is there.
    Announce,
    /// Wait for this one to go away.
    StandBy(OtherRouter),
    /// This one is silent for so long that it handles no request any more, if it works: see to it
    /// that the server gives it none.
    Unseat(OtherRouter),
    /// Answer requests from now on.
    Serve(Reason),
    /// Handle no request until the next [`Move::Serve`]: another may have taken over.
    Doubt,
    /// What had been waiting in the socket is read: take no requests until the next [`Move::Serve`].
    Withdraw,
    /// Go away: this one serves.
    Yield(OtherRouter),
}

/// Why a router serves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::nats) enum Reason {
    /// There is no other.
    Started,
    /// This one fell silent.
    TookOver(OtherRouter),
    /// This one said goodbye, and still answers what it has.
    HandedOver(OtherRouter),
    /// It was not sure for a while, and nobody took over.
    Resumed,
}

impl OtherRouter {
    pub(super) fn of(heard: &Announcement<'_>) -> OtherRouter {
        OtherRouter {
            router: heard.router.to_owned(),
            since_ms: heard.since_ms,
            store: heard.store.to_owned(),
            host: heard.host.to_owned(),
            pid: heard.pid,
            version: heard.version.to_owned(),
        }
    }
}

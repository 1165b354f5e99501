//! Seeded simulator of the real core, driver, switch, client link and session machines.
//!
//! A seed draws a world: services, native and legacy instances, callers, how handlers behave, and
//! which faults come. The world runs on a virtual clock around the real
//! [`Switch`](aegis_nats::switch::Switch) with the real [`Driver`](aegis_router::Driver) in it;
//! around them are instances and callers in which the machines of [`aegis_session`] decide, on
//! [`aegis_nats::client`], and small odd and legacy programs beside them. A judge overhears
//! every byte at the switch's sockets, keeps a ledger of what handlers did, and compares both with
//! what was promised. The same seed always gives the same run.

mod actors;
mod chance;
mod coverage;
mod disturb;
mod faults;
mod fleet;
#[cfg(feature = "planted-bugs")]
mod hunt;
mod judge;
mod net;
mod plan;
mod regressions;
mod run;
mod story;
mod sweep;
mod world;

pub use coverage::Coverage;
#[cfg(feature = "planted-bugs")]
pub use hunt::{Hunted, MAX_SEEDS, Outcome, hunt};
pub use regressions::{REGRESSIONS, regressions};
pub use run::{Failure, Report, run};
pub use sweep::sweep;

//! What an operator asks on `ipc.admin.<noun>.<verb>`: lists of services and instances, the
//! operator's word about one instance, and what the router says of itself.
//!
//! Requests are walked like everything else from outside. Replies are off the hot path and go
//! through serde, so that the command line prints the same field names as JSON; they too are
//! walked before serde sees them.

mod entries;
mod error;
mod list_request;
mod listing;
mod operator;
mod reply;
mod router_info;

#[cfg(test)]
mod tests;

pub use entries::{InstanceEntry, MethodEntry, RouterEntry, ServiceEntry};
pub use error::{AdminError, EncodeError};
pub use list_request::{ListRequest, MAX_PAGE};
pub use listing::{InstanceList, Listing, ServiceList};
pub use operator::{OperatorReply, OperatorRequest};
pub use router_info::RouterInfo;

/// The noun of `ipc.admin.service.ls`.
pub const SERVICE: &str = "service";
/// The noun of `ipc.admin.instance.ls` and of the operator's words.
pub const INSTANCE: &str = "instance";
/// The noun of `ipc.admin.router.info`.
pub const ROUTER: &str = "router";
/// The verb of `ipc.admin.router.info`.
pub const INFO: &str = "info";
/// The verb of a listing.
pub const LIST: &str = "ls";
/// The verb of `ipc.admin.instance.drain`: no new calls; what is in flight finishes.
pub const DRAIN: &str = "drain";
/// The verb of `ipc.admin.instance.undrain`: takes the operator's word back.
pub const UNDRAIN: &str = "undrain";
/// The verb of `ipc.admin.instance.evict`: the registration ends, and it may not come back.
pub const EVICT: &str = "evict";

//! What an operator asks on `ipc.admin.<noun>.<verb>`: lists of services and instances.
//!
//! Requests are walked like everything else from outside. Replies are off the hot path and go
//! through serde, so that the command line prints the same field names as JSON; they too are
//! walked before serde sees them.

mod list_request;
mod listing;

#[cfg(test)]
mod tests;

pub use list_request::{ListRequest, MAX_PAGE};
pub use listing::{
    AdminError, EncodeError, InstanceEntry, InstanceList, Listing, MethodEntry, ServiceEntry,
    ServiceList,
};

/// The noun of `ipc.admin.service.ls`.
pub const SERVICE: &str = "service";
/// The noun of `ipc.admin.instance.list`.
pub const INSTANCE: &str = "instance";
/// The verb of both.
pub const LIST: &str = "ls";

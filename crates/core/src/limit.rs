//! The limits that the core keeps, by the names under which they are set, refused and counted.

/// Services known at once.
pub const SERVICES: &str = "services";
/// Instances registered at once.
pub const INSTANCES: &str = "instances";
/// Different methods of one service.
pub const METHODS_PER_SERVICE: &str = "methods_per_service";
/// Registrations that one connection may make at once.
pub const REGISTRATIONS_PER_CONNECTION: &str = "registrations_per_connection";
/// Calls in flight at once.
pub const CALLS_IN_FLIGHT: &str = "calls_in_flight";
/// Calls that one connection may wait for at once.
pub const CALLS_PER_CALLER: &str = "calls_per_caller";
/// Calls that one instance has at once: as many as it said that it takes, else as many as are set.
pub const CALLS_PER_INSTANCE: &str = "calls_per_instance";

/// All of them.
pub const ALL: [&str; 7] = [
    SERVICES,
    INSTANCES,
    METHODS_PER_SERVICE,
    REGISTRATIONS_PER_CONNECTION,
    CALLS_IN_FLIGHT,
    CALLS_PER_CALLER,
    CALLS_PER_INSTANCE,
];

//! The router as a pure state machine: registry, leases, health, routing, delivery.

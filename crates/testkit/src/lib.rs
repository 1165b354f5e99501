#![expect(clippy::expect_used, reason = "a panic is how a test fails")]

//! Start routers, NATS servers and programs on free ports, break the network between them, and wait for
//! conditions.
//!
//! For tests only. Nothing here waits for time to pass: everything waits for a condition, and
//! [`PATIENCE`] is how long until it gives up on one.

mod accounts;
mod nats_server;
mod pki;
mod private_file;
mod program;
mod proxy;
mod router;
mod wait;

pub use accounts::{Accounts, Credentials};
pub use aegis_core::Config;
pub use nats_server::NatsServer;
pub use pki::Authority;
pub use private_file::private_file;
pub use program::{Program, end_with_parent};
pub use proxy::{Direction, FaultProxy, ProxiedConnection, Then};
pub use router::{
    TestBroker, TestRouter, WITH_SYSTEM_ACCOUNT, serving_router, standby_router, system_account,
    tell_router,
};
pub use wait::{PATIENCE, wait_for, wait_within};

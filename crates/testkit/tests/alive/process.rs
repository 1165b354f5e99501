use std::process::Command;

use aegis_testkit::Program;

use crate::world::LEASE_TTL;

/// An instance in a process of its own.
pub(crate) fn instance(url: &str, service: &str, instance: &str) -> Program {
    let program = Program::start(
        Command::new(env!("CARGO_BIN_EXE_test_service")).args([url, service, instance]),
    );
    program.line_with("serving");
    program
}

/// A router in a process of its own, and its port.
pub(crate) fn router(port: u16) -> (Program, u16) {
    let program = Program::start(
        Command::new(env!("CARGO_BIN_EXE_test_router"))
            .args([port.to_string(), LEASE_TTL.as_millis().to_string()]),
    );
    let line = program.line_with("listening on ");
    let port = line.rsplit(' ').next().and_then(|port| port.parse().ok());
    (program, port.expect("a port"))
}

pub(crate) fn url(port: u16) -> String {
    format!("nats://127.0.0.1:{port}")
}

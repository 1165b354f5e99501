use std::process::Command;

use aegis_testkit::{NatsServer, Program, TestBroker};

use crate::world::LEASE_TTL;

/// An instance in a process of its own.
pub(crate) fn instance(url: &str, service: &str, instance: &str) -> Program {
    let program = Program::start(
        Command::new(env!("CARGO_BIN_EXE_test_service")).args([url, service, instance]),
    );
    program.line_with("serving");
    program
}

/// A router in a process of its own. On a real NATS server the broker is another process, which lives on
/// when the router is paused or dies.
pub(crate) struct RouterProcess {
    program: Program,
    server: Option<NatsServer>,
    port: u16,
}

impl RouterProcess {
    pub(crate) fn start() -> RouterProcess {
        let server = TestBroker::server_of_this_run(0);
        let (program, port) = launch(server.as_ref(), 0);
        RouterProcess {
            program,
            server,
            port,
        }
    }

    /// Where clients connect; the same after a restart.
    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    pub(crate) fn url(&self) -> String {
        format!("nats://127.0.0.1:{}", self.port)
    }

    /// Whether every connection ends when the router does: its broker is in it.
    pub(crate) fn takes_connections_along(&self) -> bool {
        self.server.is_none()
    }

    pub(crate) fn crash(&mut self) {
        self.program.crash();
    }

    /// Another router where the one before died.
    pub(crate) fn start_again(&mut self) {
        (self.program, _) = launch(self.server.as_ref(), self.port);
    }

    pub(crate) fn pause(&self) {
        self.program.pause();
    }

    pub(crate) fn resume(&self) {
        self.program.resume();
    }
}

fn launch(server: Option<&NatsServer>, port: u16) -> (Program, u16) {
    let place = server.map_or_else(|| port.to_string(), NatsServer::url);
    let program = Program::start(
        Command::new(env!("CARGO_BIN_EXE_test_router"))
            .args([place, LEASE_TTL.as_millis().to_string()]),
    );
    let line = program.line_with("listening on ");
    let port = line.rsplit(' ').next().and_then(|port| port.parse().ok());
    (program, port.expect("a port"))
}

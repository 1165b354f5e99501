//! A router with short leases, and instances of the toy service, as programs.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::{Command, Stdio};

use aegis_testkit::{NatsServer, PATIENCE, Program, tell_router};
use serde_json::Value;
use tempfile::TempDir;

/// Of routers and instances alike: a lease is ten of them.
const HEARTBEAT_INTERVAL: &str = "300ms";
const LEASE_TTL: &str = "3s";

/// Instances that a router of these tests takes.
pub(crate) const MAX_INSTANCES: usize = 4;

pub(crate) struct Router {
    pub(crate) program: Program,
    pub(crate) admin: String,
    url: String,
    _folder: TempDir,
}

impl Router {
    /// With its own broker.
    pub(crate) fn embedded() -> Router {
        Router::start(None)
    }

    /// On this NATS server.
    pub(crate) fn on(server: &NatsServer) -> Router {
        Router::start(Some(server))
    }

    fn start(server: Option<&NatsServer>) -> Router {
        let folder = tempfile::tempdir().unwrap();
        let mut command = aegis();
        command
            .args(["router", "-o", "json", "--admin", "127.0.0.1:0"])
            .args(["--lease-ttl", LEASE_TTL])
            .env("AEGIS_HEARTBEAT_INTERVAL", HEARTBEAT_INTERVAL)
            .env("AEGIS_LIMITS__INSTANCES", MAX_INSTANCES.to_string())
            .arg("--data-dir")
            .arg(folder.path().join("state"));
        tell_router(&mut command, server, 0);
        let program = Program::start(&mut command);
        let started: Value = serde_json::from_str(&program.line_with("{")).unwrap();
        let url = match server {
            Some(server) => server.url(),
            None => format!("nats://{}", started["listen"][0].as_str().unwrap()),
        };
        Router {
            program,
            admin: started["admin"].as_str().unwrap().to_owned(),
            url,
            _folder: folder,
        }
    }

    /// An instance that asks to be registered.
    pub(crate) fn starting_toy(&self, id: &str) -> Program {
        let mut command = aegis();
        command
            .args(["toy-service", "--server", &self.url, "--instance", id])
            .args(["--heartbeat-interval", HEARTBEAT_INTERVAL]);
        Program::start(&mut command)
    }

    /// An instance that serves.
    pub(crate) fn toy(&self, id: &str) -> Program {
        let toy = self.starting_toy(id);
        toy.line_with("serving toy");
        toy
    }

    /// Instances of the toy service with this health, as the router shows them.
    pub(crate) fn instances(&self, health: &str) -> u64 {
        let series = format!(
            "aegis_instances{{service=\"toy\",health=\"{health}\",lifecycle=\"serving\"}} "
        );
        let scrape = http_get(&self.admin, "/metrics");
        let line = scrape.lines().find_map(|line| line.strip_prefix(&series));
        let number = line.and_then(|number| number.split('.').next());
        number.map_or(0, |number| number.parse().unwrap())
    }

    /// Some calls, whatever comes of them.
    pub(crate) fn call(&self, params: &str) {
        let mut call = aegis();
        call.args([
            "call",
            "toy",
            "quote",
            params,
            "-s",
            &self.url,
            "--timeout",
            "1s",
        ])
        .args(["--count", "5"]);
        call.output().unwrap();
    }
}

fn aegis() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_aegis"));
    command
        .env_clear()
        .stdin(Stdio::null())
        .stderr(Stdio::null());
    command
}

/// One HTTP request; the whole answer. The old version of HTTP keeps the body in one piece.
pub(crate) fn http_get(address: &str, path: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    write!(stream, "GET {path} HTTP/1.0\r\nHost: {address}\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

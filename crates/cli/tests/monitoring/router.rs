//! A router with short leases, and instances of the toy service, as programs.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::{Command, Stdio};

use aegis_testkit::{NatsServer, PATIENCE, Program, tell_router};
use serde_json::{Value, json};
use tempfile::TempDir;

/// Of routers and instances alike: a lease is twenty of them, so that a machine may be slow.
const HEARTBEAT_INTERVAL: &str = "300ms";
const LEASE_TTL: &str = "6s";

/// Instances that a router of these tests takes.
const MAX_INSTANCES: usize = 4;

/// Connections that the broker of a router of these tests takes.
pub(crate) const MAX_CONNECTIONS: usize = 32;

pub(crate) struct Router {
    pub(crate) program: Program,
    pub(crate) admin: String,
    url: String,
    _folder: TempDir,
}

impl Router {
    /// With its own broker.
    pub(crate) fn embedded() -> Router {
        Router::start(None, &[])
    }

    /// On this NATS server.
    pub(crate) fn on(server: &NatsServer) -> Router {
        Router::start(Some(server), &[])
    }

    /// On this NATS server, waiting for the first to go away.
    pub(crate) fn standing_by(server: &NatsServer) -> Router {
        Router::start(Some(server), &["--standby"])
    }

    fn start(server: Option<&NatsServer>, more: &[&str]) -> Router {
        let folder = tempfile::tempdir().unwrap();
        let mut command = aegis();
        command
            .args(["router", "-o", "json", "--admin", "127.0.0.1:0"])
            .args(["--lease-ttl", LEASE_TTL])
            .env("AEGIS_HEARTBEAT_INTERVAL", HEARTBEAT_INTERVAL)
            .env("AEGIS_LIMITS__INSTANCES", MAX_INSTANCES.to_string())
            .env("AEGIS_LIMITS__CONNECTIONS", MAX_CONNECTIONS.to_string())
            .args(more)
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

    /// Where its broker listens, if it is its own.
    pub(crate) fn port(&self) -> u16 {
        let (_, port) = self.url.rsplit_once(':').unwrap();
        port.parse().unwrap()
    }

    /// An instance that serves.
    pub(crate) fn toy(&self, id: &str) -> Program {
        toy(&self.url, id)
    }

    /// Instances of the toy service with this health, as the router shows them.
    pub(crate) fn instances(&self, health: &str) -> u64 {
        self.number(&format!(
            "aegis_instances{{service=\"toy\",health=\"{health}\",lifecycle=\"serving\"}}"
        ))
    }

    /// A whole number that it shows; 0 if it does not.
    pub(crate) fn number(&self, series: &str) -> u64 {
        let scrape = http_get(&self.admin, "/metrics");
        let mut lines = scrape.lines();
        let line = lines.find_map(|line| line.strip_prefix(series)?.strip_prefix(' '));
        let number = line.and_then(|number| number.split('.').next());
        number.map_or(0, |number| number.parse().unwrap())
    }

    /// The operator's word about an instance of the toy service.
    pub(crate) fn tell(&self, word: &str, id: &str) {
        let mut command = aegis();
        let told = command.args(["instance", word, "toy", id, "-s", &self.url]);
        let told = told.output().unwrap();
        assert!(told.status.success(), "{told:?}");
    }

    /// A connection that sends heartbeats of nobody, as fast as it can: who asks is told, and not taken in.
    pub(crate) fn flood(&self) -> impl FnMut() {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port())).unwrap();
        stream
            .write_all(b"CONNECT {\"verbose\":false}\r\n")
            .unwrap();
        let body = json!({"service_name": "flood", "instance_id": "nobody", "status": "healthy"});
        let body = rmp_serde::to_vec_named(&body).unwrap();
        let head = format!("PUB ipc.service.heartbeat nobody.reads {}\r\n", body.len());
        let heartbeat = [head.as_bytes(), &body, b"\r\n"].concat();
        let heartbeats = heartbeat.repeat(1_000);
        move || stream.write_all(&heartbeats).unwrap()
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

/// An instance that serves through this address.
pub(crate) fn toy(url: &str, id: &str) -> Program {
    let mut command = aegis();
    command
        .args(["toy-service", "--server", url, "--instance", id])
        .args(["--heartbeat-interval", HEARTBEAT_INTERVAL]);
    let toy = Program::start(&mut command);
    toy.line_with("serving toy");
    toy
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

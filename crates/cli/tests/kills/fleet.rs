use std::collections::HashMap;
use std::process::{Command, Stdio};
use std::time::Duration;

use aegis_testkit::{NatsServer, Program, TestBroker, tell_router};
use serde_json::Value;

/// Instances of the toy service.
pub(crate) const INSTANCES: usize = 3;

/// Whoever starts again under its id does not wait for the end of the old life's lease: on our own broker
/// the end of its lifeline frees it, on a NATS server the router asks the old one's inbox. With the time
/// that a restart takes here, waiting would be seen.
pub(crate) const LEASE_TTL: Duration = Duration::from_secs(30);

/// What a toy writes when a handler that must not start twice starts: its own record, which the
/// product under test neither writes nor reads.
const STARTED: &str = "charged ";

/// A router and its instances, each in a process of its own, and the NATS server if there is one.
pub(crate) struct Fleet {
    router: Program,
    server: Option<NatsServer>,
    url: String,
    instances: Vec<Program>,
    /// How often each charge started, as told by processes that have ended.
    starts: HashMap<u64, u32>,
}

impl Fleet {
    pub(crate) fn start() -> Fleet {
        let server = TestBroker::server_of_this_run(0);
        let mut command = aegis();
        command.args(["router", "-o", "json", "--admin", "127.0.0.1:0"]);
        command.args(["--data-dir", &scratch()]);
        command.args(["--lease-ttl", &format!("{}s", LEASE_TTL.as_secs())]);
        command.args(["--heartbeat-interval", "1s"]);
        tell_router(&mut command, server.as_ref(), 0);
        let router = Program::start(&mut command);
        let started: Value =
            serde_json::from_str(&router.line_with("{")).expect("what it announced");
        let url = match &server {
            Some(server) => server.url(),
            None => format!(
                "nats://{}",
                started["listen"][0].as_str().expect("an address")
            ),
        };
        let mut fleet = Fleet {
            router,
            server,
            url,
            instances: Vec::new(),
            starts: HashMap::new(),
        };
        for index in 0..INSTANCES {
            let toy = fleet.toy(index);
            fleet.instances.push(toy);
        }
        fleet
    }

    pub(crate) fn url(&self) -> String {
        self.url.clone()
    }

    pub(crate) fn id(&self, index: usize) -> &'static str {
        ["toy-1", "toy-2", "toy-3"][index]
    }

    /// SIGKILL. What the process said before stays in its pipe.
    pub(crate) fn crash(&mut self, index: usize) {
        self.instances[index].kill();
    }

    pub(crate) fn restart(&mut self, index: usize) {
        let toy = self.toy(index);
        let dead = std::mem::replace(&mut self.instances[index], toy);
        self.record(dead.last_lines());
    }

    /// Ends everything; how often each charge started.
    pub(crate) fn stop(mut self) -> HashMap<u64, u32> {
        for instance in std::mem::take(&mut self.instances) {
            instance.ask_to_end();
            self.record(instance.last_lines());
        }
        self.router.ask_to_end();
        assert!(self.router.wait().success(), "the router ends well");
        drop(self.server);
        self.starts
    }

    /// Starts one. It may have work before it has said that it serves.
    fn toy(&mut self, index: usize) -> Program {
        let toy = Program::start(aegis().args([
            "toy-service",
            "--server",
            &self.url,
            "--instance",
            self.id(index),
            "--work",
            "20ms",
            "--heartbeat-interval",
            "500ms",
        ]));
        self.record(toy.lines_until("serving toy"));
        toy
    }

    fn record(&mut self, lines: Vec<String>) {
        for line in lines {
            if let Some(id) = line.strip_prefix(STARTED) {
                let id = id.parse().expect("a number");
                *self.starts.entry(id).or_default() += 1;
            }
        }
    }
}

fn aegis() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_aegis"));
    command.stderr(Stdio::null());
    command
}

/// A directory of this test's own.
fn scratch() -> String {
    let directory = env!("CARGO_TARGET_TMPDIR");
    format!("{directory}/kills-{}", std::process::id())
}

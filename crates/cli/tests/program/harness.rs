//! Runs the real binary, away from the settings of whoever runs the tests.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use aegis_testkit::{NatsServer, TestBroker, tell_router};
use rustix::process::Signal;
use serde_json::Value;
use tempfile::TempDir;

/// No test waits longer than this for anything.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// What a finished run left.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ran {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

/// A command with nothing of ours in its environment.
pub(crate) fn aegis(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_aegis"));
    command.args(arguments).env_clear().stdin(Stdio::null());
    command
}

/// Runs to the end.
pub(crate) fn run(arguments: &[&str]) -> Ran {
    finished(&mut aegis(arguments))
}

/// Runs to the end with this on stdin.
pub(crate) fn run_with_input(arguments: &[&str], input: &str) -> Ran {
    let mut child = aegis(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(input.as_bytes())
        .unwrap();
    ran(child.wait_with_output().unwrap())
}

pub(crate) fn finished(command: &mut Command) -> Ran {
    ran(command.output().unwrap())
}

fn ran(output: std::process::Output) -> Ran {
    Ran {
        code: output.status.code(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// A program that stays; killed when dropped.
pub(crate) struct Running {
    child: Child,
    /// What it announced on stdout.
    pub(crate) started: Value,
    /// Its own directory, if it was not given one.
    pub(crate) folder: TempDir,
    /// The NATS server of a router that does not bring its own broker.
    server: Option<NatsServer>,
}

impl Running {
    /// A router on free ports with a directory of its own, on the broker of this test run.
    pub(crate) fn router() -> Self {
        Self::router_at(0)
    }

    /// The same on this port.
    pub(crate) fn router_at(port: u16) -> Self {
        let server = TestBroker::server_of_this_run(port);
        let folder = tempfile::tempdir().unwrap();
        let mut command = aegis(&["router", "-o", "json", "--admin", "127.0.0.1:0"]);
        command.arg("--data-dir").arg(folder.path().join("state"));
        tell_router(&mut command, server.as_ref(), port);
        let mut router = Self::start(&mut command, folder);
        router.server = server;
        router
    }

    /// Starts a command that announces itself with one line of JSON.
    pub(crate) fn start(command: &mut Command, folder: TempDir) -> Self {
        let log = std::fs::File::create(folder.path().join("stderr")).unwrap();
        let mut child = command.stdout(Stdio::piped()).stderr(log).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let started = serde_json::from_str(&line).unwrap_or_else(|error| {
            let log = std::fs::read_to_string(folder.path().join("stderr")).unwrap();
            panic!("{error}: {line:?}, and on stderr: {log}")
        });
        Self {
            child,
            started,
            folder,
            server: None,
        }
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// The first address it listens on, or the one of its NATS server.
    pub(crate) fn address(&self) -> SocketAddr {
        if let Some(server) = &self.server {
            return ([127, 0, 0, 1], server.port()).into();
        }
        self.started["listen"][0].as_str().unwrap().parse().unwrap()
    }

    /// The URL for `--server`.
    pub(crate) fn url(&self) -> String {
        format!("nats://{}", self.address())
    }

    pub(crate) fn stderr(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("stderr")).unwrap()
    }

    /// Asks it to stop and says how it did.
    pub(crate) fn terminate(mut self) -> ExitStatus {
        self.signal(Signal::TERM);
        self.ended()
    }

    pub(crate) fn signal(&self, signal: Signal) {
        let pid = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(pid, signal).unwrap();
    }

    /// Waits for its end and says how that was.
    pub(crate) fn ended(&mut self) -> ExitStatus {
        wait_for("the end of the program", || self.child.try_wait().unwrap())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// How often a test looks: the programs that it waits for need the machine as well.
const LOOK_EVERY: Duration = Duration::from_millis(3);

/// Asks until there is an answer.
pub(crate) fn wait_for<T>(what: &str, ask: impl FnMut() -> Option<T>) -> T {
    wait_and_measure(what, ask).0
}

/// The same where the span matters: from now until the answer was there, however long that one question
/// took.
pub(crate) fn wait_and_measure<T>(what: &str, mut ask: impl FnMut() -> Option<T>) -> (T, Duration) {
    let began = Instant::now();
    loop {
        if let Some(answer) = ask() {
            return (answer, began.elapsed());
        }
        assert!(began.elapsed() < PATIENCE, "waited {PATIENCE:?} for {what}");
        // tidy: allow sleep: the pause between two looks
        std::thread::sleep(LOOK_EVERY);
    }
}

/// One HTTP request; the whole answer.
pub(crate) fn http_get(address: &str, path: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    write!(
        stream,
        "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n"
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

/// A path as an argument.
pub(crate) fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

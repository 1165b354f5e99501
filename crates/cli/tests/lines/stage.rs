//! A router as a program, commands, and the lines of all of them.

use std::fs::File;
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{Mutex, Once};

use aegis_testkit::{NatsServer, PATIENCE, Program, TestBroker, tell_router};
use serde_json::Value;
use tempfile::TempDir;

/// The lines of this process, of all tests.
static LINES: Mutex<Vec<u8>> = Mutex::new(Vec::new());

struct Sink;

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        LINES.lock().unwrap().write(bytes)
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Catches every line of this process from now on.
pub(crate) fn listen() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        tracing_subscriber::fmt()
            .json()
            .flatten_event(true)
            .with_max_level(tracing::Level::TRACE)
            .with_writer(|| Sink)
            .init();
    });
}

/// What this process logged so far.
pub(crate) fn own_lines() -> String {
    String::from_utf8(LINES.lock().unwrap().clone()).unwrap()
}

/// Those of the lines that are log lines.
pub(crate) fn events(text: &str) -> Vec<Value> {
    let lines = text
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok());
    lines
        .filter(|line: &Value| line["event"].is_string())
        .collect()
}

/// Codes of the lines with this trace id, in their order.
pub(crate) fn of_trace(text: &str, trace_id: &str) -> Vec<String> {
    let events = events(text);
    let traced = events.iter().filter(|line| line["trace_id"] == trace_id);
    traced
        .map(|line| line["event"].as_str().unwrap().to_owned())
        .collect()
}

/// A command with nothing of ours in its environment.
pub(crate) fn aegis(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_aegis"));
    command.args(arguments).env_clear().stdin(Stdio::null());
    command
}

/// What a finished command left.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

pub(crate) async fn finished(mut command: Command) -> Ran {
    let output = tokio::task::spawn_blocking(move || command.output().unwrap());
    let output = output.await.unwrap();
    Ran {
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// A router that logs everything.
pub(crate) struct Router {
    pub(crate) url: String,
    /// Its announcement.
    pub(crate) stdout: String,
    admin: String,
    folder: TempDir,
    _program: Program,
    _server: Option<NatsServer>,
}

impl Router {
    /// On the broker of this test run.
    pub(crate) fn start() -> Router {
        let server = TestBroker::server_of_this_run(0);
        Router::start_with(|command| tell_router(command, server.as_ref(), 0)).on_server(server)
    }

    pub(crate) fn start_with(place: impl FnOnce(&mut Command)) -> Router {
        let folder = tempfile::tempdir().unwrap();
        let mut command = aegis(&["router", "-o", "json", "--log", "trace"]);
        command.args(["--no-config", "--admin", "127.0.0.1:0"]);
        command.arg("--data-dir").arg(folder.path().join("state"));
        place(&mut command);
        command.stderr(File::create(folder.path().join("stderr")).unwrap());
        let program = Program::start(&mut command);
        let stdout = program.line_with("{");
        let started: Value = serde_json::from_str(&stdout).unwrap();
        let address = started["listen"][0].as_str().unwrap_or_default();
        Router {
            url: format!("nats://{address}"),
            admin: started["admin"].as_str().unwrap().to_owned(),
            stdout,
            folder,
            _program: program,
            _server: None,
        }
    }

    fn on_server(mut self, server: Option<NatsServer>) -> Router {
        if let Some(server) = &server {
            self.url = server.url();
        }
        self._server = server;
        self
    }

    /// What its admin listener answers on every path there is, `/metrics` among them.
    pub(crate) fn told_over_http(&self, service: &str, instance: &str) -> String {
        let description: Value = {
            let answer = self.get("/api/v1/openapi.json");
            let (_, body) = answer.split_once("\r\n\r\n").unwrap();
            serde_json::from_str(body).unwrap()
        };
        let described = description["paths"].as_object().unwrap().keys();
        let paths: Vec<String> = described
            .map(|path| {
                path.replace("{name}", service)
                    .replace("{instance}", instance)
            })
            .collect();
        assert!(paths.contains(&"/metrics".to_owned()), "{paths:?}");
        let mut told = String::new();
        for path in paths {
            let answer = self.get(&path);
            let known = ["HTTP/1.1 200", "HTTP/1.1 503"];
            assert!(
                known.iter().any(|it| answer.starts_with(it)),
                "{path}: {answer}"
            );
            told.push_str(&answer);
        }
        told
    }

    fn get(&self, path: &str) -> String {
        let mut stream = TcpStream::connect(&self.admin).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let host = &self.admin;
        let request = format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn stderr(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("stderr")).unwrap()
    }
}

/// `aegis service watch`, from now on.
pub(crate) struct Watch {
    program: Program,
}

impl Watch {
    /// With this in its environment: where, and who it is there.
    pub(crate) fn start(environment: &[(&str, &str)]) -> Watch {
        let mut command = aegis(&["service", "watch", "-o", "jsonl", "--no-config"]);
        command.envs(environment.iter().copied());
        let program = Program::start(&mut command);
        program.line_with("\"listed\"");
        Watch { program }
    }

    /// What it told up to the line with this text.
    pub(crate) fn told_until(&self, text: &str) -> String {
        self.program.lines_until(text).join("\n")
    }
}

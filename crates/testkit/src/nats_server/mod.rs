//! A real NATS server in a process of its own.

mod find;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;

pub(crate) use find::say;

use crate::{PATIENCE, Program, wait_for};

const CONFIG: &str = "nats-server.conf";
const LOG: &str = "nats-server.log";

/// How long a server that listens may take to say its first line.
const GREETING: Duration = Duration::from_secs(5);

/// A `nats-server` on a free loopback port, in a directory of its own. Killed by its process id when
/// dropped.
///
/// ```no_run
/// # use aegis_testkit::NatsServer;
/// let Some(server) = NatsServer::start("authorization { token: s3cret }") else {
///     return; // There is no nats-server here, and stderr says so. Under CI=true it would have panicked.
/// };
/// let url = server.url();
/// ```
#[derive(Debug)]
pub struct NatsServer {
    program_file: PathBuf,
    folder: TempDir,
    running: Program,
    ports: Ports,
    greets: bool,
}

/// Where one listens; all but where it is monitored is kept over restarts.
#[derive(Clone, Copy, Debug)]
struct Ports {
    client: u16,
    cluster: Option<u16>,
    monitor: Option<u16>,
}

impl NatsServer {
    /// Starts one with this configuration, which names no client port. A cluster may listen on
    /// `127.0.0.1:-1`: see [`cluster_port`](Self::cluster_port).
    ///
    /// `None`: there is no `nats-server` on this machine.
    ///
    /// # Panics
    ///
    /// If it does not start, with its log; or if there is none under `CI=true`.
    #[must_use]
    pub fn start(config: &str) -> Option<NatsServer> {
        NatsServer::start_in(tempfile::tempdir().expect("a directory"), config)
    }

    /// As [`start`](Self::start) on this port, or on a free one if it is 0, with its monitoring on.
    #[must_use]
    pub fn start_on(port: u16, config: &str) -> Option<NatsServer> {
        let folder = tempfile::tempdir().expect("a directory");
        let config = format!("http: \"127.0.0.1:-1\"\n{config}");
        NatsServer::start_as(folder, &config, port)
    }

    /// As [`start`](Self::start) in this directory, which may hold certificates and keys: paths in
    /// the configuration may be relative to it.
    #[must_use]
    pub fn start_in(folder: TempDir, config: &str) -> Option<NatsServer> {
        NatsServer::start_as(folder, config, 0)
    }

    fn start_as(folder: TempDir, config: &str, port: u16) -> Option<NatsServer> {
        let program_file = find::find()?;
        std::fs::write(folder.path().join(CONFIG), config).expect("a configuration is written");
        let (running, ports) = started(&program_file, folder.path(), port, None);
        let server = NatsServer {
            program_file,
            folder,
            running,
            ports,
            // One that begins with TLS says nothing before it.
            greets: !config.contains("handshake_first"),
        };
        server.wait_until_ready();
        Some(server)
    }

    /// Where clients connect.
    #[must_use]
    pub fn url(&self) -> String {
        format!("nats://127.0.0.1:{}", self.port())
    }

    /// The port for clients, the same after a restart.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.ports.client
    }

    /// Where other servers of its cluster connect, if it is in one.
    #[must_use]
    pub fn cluster_port(&self) -> Option<u16> {
        self.ports.cluster
    }

    /// Connections of clients at this time, if its monitoring is on.
    ///
    /// # Panics
    ///
    /// If it cannot be asked.
    #[must_use]
    pub fn connections(&self) -> usize {
        usize::try_from(self.statistic("connections")).expect("a small number")
    }

    /// Connections of clients that it ever took, if its monitoring is on.
    ///
    /// # Panics
    ///
    /// If it cannot be asked.
    #[must_use]
    pub fn connects(&self) -> u64 {
        self.statistic("total_connections")
    }

    fn statistic(&self, name: &str) -> u64 {
        let port = self.ports.monitor.expect("its monitoring is on");
        let varz = http_get(port, "/varz").expect("nats-server answers");
        let varz: serde_json::Value = serde_json::from_str(&varz).expect("JSON");
        varz[name].as_u64().unwrap_or_default()
    }

    /// Its process id.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.running.pid()
    }

    /// Its own directory.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Everything it logged so far.
    #[must_use]
    pub fn log(&self) -> String {
        log_in(self.folder.path())
    }

    /// The process, to pause, resume or ask to end.
    #[must_use]
    pub fn process(&self) -> &Program {
        &self.running
    }

    /// Ends it as a crash does.
    pub fn crash(&mut self) {
        self.running.crash();
    }

    /// Starts it again on the same ports with the same configuration, ending it first if it runs.
    pub fn restart(&mut self) {
        self.running.crash();
        let (port, cluster) = (self.ports.client, self.ports.cluster);
        (self.running, self.ports) = started(&self.program_file, self.folder.path(), port, cluster);
        self.wait_until_ready();
    }

    /// As [`restart`](Self::restart) with another configuration.
    pub fn restart_with(&mut self, config: &str) {
        self.running.crash();
        std::fs::write(self.folder.path().join(CONFIG), config)
            .expect("a configuration is written");
        self.greets = !config.contains("handshake_first");
        self.restart();
    }

    /// Has it read its configuration again, with this text in it.
    pub fn reload_with(&self, config: &str) {
        std::fs::write(self.folder.path().join(CONFIG), config)
            .expect("a configuration is written");
        self.signal("reload");
    }

    /// Has it tell its clients to go elsewhere (lame duck mode), and end in its own time.
    pub fn begin_lame_duck(&self) {
        self.signal("ldm");
    }

    fn signal(&self, word: &str) {
        let done = Command::new(&self.program_file)
            .arg("--signal")
            .arg(format!("{word}={}", self.pid()))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .expect("nats-server runs");
        assert!(done.success(), "nats-server takes the signal {word}");
    }

    fn wait_until_ready(&self) {
        let folder = self.folder.path();
        wait_for_server(folder, "its greeting", || {
            is_ready(self.port(), self.greets).then_some(())
        });
    }
}

/// What it logs when somebody was given its port between two of its lives.
const PORT_TAKEN: &str = "address already in use";

/// Starts it, and again for as long as somebody else has its port.
fn started(program: &Path, folder: &Path, port: u16, cluster: Option<u16>) -> (Program, Ports) {
    wait_for("a nats-server on a port of its own", || {
        let mut running = launch(program, folder, port, cluster);
        let ports = announced(&mut running, folder)?;
        Some((running, ports))
    })
}

/// Port 0 lets it choose.
fn launch(program: &Path, folder: &Path, port: u16, cluster: Option<u16>) -> Program {
    let client = if port == 0 { -1 } else { i32::from(port) };
    let mut command = Command::new(program);
    command
        .current_dir(folder)
        .args(["--addr", "127.0.0.1", "--port", &client.to_string()])
        .args(["--config", CONFIG, "--log", LOG, "--ports_file_dir", "."])
        .stderr(Stdio::null());
    if let Some(cluster) = cluster {
        let listen = format!("nats://127.0.0.1:{cluster}");
        command.args(["--cluster_listen", &listen]);
    }
    Program::start(&mut command)
}

/// The ports it chose, from the file it writes once it listens. `None`: one of them was taken.
fn announced(running: &mut Program, folder: &Path) -> Option<Ports> {
    let file = folder.join(format!("nats-server_{}.ports", running.pid()));
    wait_for_server(folder, "its ports", || {
        if running.has_ended() {
            let log = log_in(folder);
            assert!(log.contains(PORT_TAKEN), "nats-server ended:\n{log}");
            return Some(None);
        }
        let text = std::fs::read_to_string(&file).ok()?;
        let said: serde_json::Value = serde_json::from_str(&text).ok()?;
        let port = |of: &str| {
            let url = said.get(of)?.as_array()?.first()?.as_str()?;
            url.rsplit(':').next()?.parse().ok()
        };
        Some(Some(Ports {
            client: port("nats")?,
            cluster: port("cluster"),
            monitor: port("monitoring"),
        }))
    })
}

fn http_get(port: u16, path: &str) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(SocketAddr::from((Ipv4Addr::LOCALHOST, port)))?;
    stream.set_read_timeout(Some(GREETING))?;
    write!(stream, "GET {path} HTTP/1.0\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer
        .split_once("\r\n\r\n")
        .map_or(String::new(), |(_, body)| body.to_owned()))
}

fn is_ready(port: u16, greets: bool) -> bool {
    let Ok(stream) = TcpStream::connect(SocketAddr::from((Ipv4Addr::LOCALHOST, port))) else {
        return false;
    };
    let mut line = String::new();
    !greets
        || stream.set_read_timeout(Some(GREETING)).is_ok()
            && BufReader::new(stream).read_line(&mut line).is_ok()
            && line.starts_with("INFO ")
}

/// As [`wait_for`], with the server's log where it is in vain.
fn wait_for_server<T>(folder: &Path, what: &str, mut condition: impl FnMut() -> Option<T>) -> T {
    let begun = std::time::Instant::now();
    wait_for("a nats-server", || {
        let found = condition();
        assert!(
            found.is_some() || begun.elapsed() < PATIENCE,
            "waited for {what} of nats-server; its log:\n{}",
            log_in(folder)
        );
        found
    })
}

fn log_in(folder: &Path) -> String {
    std::fs::read_to_string(folder.join(LOG)).unwrap_or_default()
}

//! Memory of a router process, broker included, that serves very many connections with one instance
//! each. The router runs in a process of its own; this one speaks bytes to it.
//!
//!     cargo bench -p aegis-router --bench memory

#![expect(clippy::print_stdout, reason = "a benchmark shows what it measured")]
#![expect(clippy::unwrap_used, reason = "a panic is how a benchmark fails")]

#[path = "../tests/crowd/mod.rs"]
mod crowd;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, Command, Stdio};

use aegis_nats::codec::encode;
use aegis_router::{RouterConfig, RouterHandle};
use crowd::{inbox, registration};

const CONNECTIONS: usize = 10_000;

/// Says to this program that it is the router.
const SERVE: &str = "--serve";

fn main() {
    if std::env::args().any(|argument| argument == SERVE) {
        return serve();
    }
    raise_descriptors();
    let mut router = Command::new(std::env::current_exe().unwrap())
        .arg(SERVE)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    let mut out = BufReader::new(router.stdout.take().unwrap());
    out.read_line(&mut line).unwrap();
    let address: SocketAddr = line.trim().parse().unwrap();
    println!("{} KiB at the start", resident(&router));
    let connections: Vec<_> = (0..CONNECTIONS).map(|at| join(address, at)).collect();
    println!(
        "{} KiB with {} instances",
        resident(&router),
        connections.len()
    );
    router.kill().unwrap();
    router.wait().unwrap();
}

/// The router, until the other process ends it.
fn serve() {
    let mut config = RouterConfig::default();
    config.broker.listen = "127.0.0.1:0".parse().unwrap();
    let router = RouterHandle::start(config).unwrap();
    println!("{}", router.addresses()[0]);
    let _ended = std::io::stdin().read(&mut [0]);
}

/// A connection that listens to an inbox of its instance, registers it and has the answer.
fn join(address: SocketAddr, at: usize) -> BufReader<TcpStream> {
    let socket = TcpStream::connect(address).unwrap();
    let mut bytes = Vec::new();
    let options = br#"{"verbose":false,"headers":true,"no_responders":true,"protocol":1}"#;
    encode::connect(&mut bytes, options);
    let own = format!("ipc.inbox.orders.{}.7", crowd::id(at));
    encode::subscribe(&mut bytes, &own, None, "1");
    encode::subscribe(&mut bytes, &inbox(at), None, "2");
    bytes.extend_from_slice(&registration(at));
    // Little memory here: this process is not the one that is measured.
    let mut reader = BufReader::with_capacity(512, socket);
    reader.get_mut().write_all(&bytes).unwrap();
    let mut line = String::new();
    while !line.starts_with("MSG _INBOX.") {
        line.clear();
        reader.read_line(&mut line).unwrap();
        // The welcome probe: its answer is what the registration waits for.
        if let ["MSG", _, "1", reply, _] = *line.split_ascii_whitespace().collect::<Vec<_>>() {
            reader
                .get_mut()
                .write_all(&crowd::probe_answer(reply))
                .unwrap();
        }
    }
    reader
}

fn resident(router: &Child) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", router.id())).unwrap();
    let line = status
        .lines()
        .find(|line| line.starts_with("VmRSS"))
        .unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

fn raise_descriptors() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    let current = limit.maximum;
    setrlimit(Resource::Nofile, Rlimit { current, ..limit }).unwrap();
}

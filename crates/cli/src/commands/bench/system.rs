//! The two systems that are measured, as processes.

use std::fs;
use std::io;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use aegis_bench::{Line, Order, Ready, RouterOrder, RouterReport, ServeOrder, Watched};
use anyhow::{Context as _, bail};
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::sync::mpsc;
use tokio::time::{sleep, timeout};

use super::control::Control;
use super::guard::Guard;
use super::own_worker;
use crate::process::Process;

/// A process that has not said anything by then never will.
const START_PATIENCE: Duration = Duration::from_secs(20);
/// Span between two looks for the file in which nats-server says where it listens.
const LOOK_PACE: Duration = Duration::from_millis(5);

/// Whoever does not say who it is is in the account of services and callers; the router has a user of
/// the system account besides.
const SYSTEM_ACCOUNT: &str = "accounts { APP: { users: [ { user: app, password: app } ] }\n\
     SYS: { users: [ { user: sys, password: sys } ] } }\nsystem_account: SYS\nno_auth_user: app\n";

/// What is measured.
#[derive(Debug, Clone)]
pub(super) enum System {
    /// The product: a router with its embedded broker.
    Aegis,
    /// The product on a NATS server.
    Routed(Control),
    /// Plain NATS.
    Nats(Control),
}

/// A process that takes one order and speaks in lines.
#[derive(Debug)]
pub(super) struct Worker {
    name: String,
    process: Process,
    lines: mpsc::UnboundedReceiver<String>,
}

/// The broker of a system, and with the product the router in it. Ends when dropped.
#[derive(Debug)]
pub(super) struct Broker {
    pub(super) server: String,
    // Before the worker: see there.
    _guard: Option<Guard>,
    worker: Worker,
    /// The NATS server that a router runs on.
    under: Option<Box<Broker>>,
}

impl System {
    /// Its name in figures.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Aegis => "aegis",
            Self::Routed(_) => "aegis on nats",
            Self::Nats(_) => "nats",
        }
    }

    /// Starts its broker on a free port.
    pub(super) async fn start_broker(&self, folder: &Path) -> anyhow::Result<Broker> {
        match self {
            Self::Aegis => {
                let mut router = self.start_worker("router", &Order::Router, folder)?;
                let ready = router.ready().await?;
                Ok(Broker {
                    server: ready.server.context("the router did not say where it is")?,
                    _guard: None,
                    worker: router,
                    under: None,
                })
            }
            Self::Routed(control) => self.start_routed(control, folder).await,
            Self::Nats(control) => start_nats(&control.server, folder, None).await,
        }
    }

    /// A NATS server with a system account, and a router on it.
    async fn start_routed(&self, control: &Control, folder: &Path) -> anyhow::Result<Broker> {
        let config = folder.join("nats-server.conf");
        fs::write(&config, SYSTEM_ACCOUNT)?;
        let under = start_nats(&control.server, folder, Some(&config)).await?;
        let order = Order::RouterOn(RouterOrder {
            server: under.server.clone(),
            system_user: Some(("sys".to_owned(), "sys".to_owned())),
        });
        let mut router = self.start_worker("router", &order, folder)?;
        router.ready().await?;
        Ok(Broker {
            server: under.server.clone(),
            _guard: None,
            worker: router,
            under: Some(Box::new(under)),
        })
    }

    /// Starts one that answers calls, and waits until it does.
    pub(super) async fn start_instance(
        &self,
        server: &str,
        folder: &Path,
    ) -> anyhow::Result<Worker> {
        let order = ServeOrder {
            server: server.to_owned(),
            instance: "bench-1".to_owned(),
            instances: 1,
            work: Duration::ZERO,
        };
        let mut worker = self.start_worker("instance", &Order::Serve(order), folder)?;
        worker.ready().await?;
        Ok(worker)
    }

    /// Starts a worker of this system.
    pub(super) fn start_worker(
        &self,
        name: &str,
        order: &Order,
        folder: &Path,
    ) -> anyhow::Result<Worker> {
        let text = serde_json::to_string(order)?;
        let command = match self {
            Self::Aegis | Self::Routed(_) => own_worker(&text)?,
            Self::Nats(control) => {
                let mut command = Command::new(&control.client);
                command.arg(&text);
                command
            }
        };
        Worker::start(name, command, folder)
    }
}

impl Broker {
    /// As a process whose CPU time is taken.
    pub(super) fn watched(&self) -> Watched {
        self.worker.watched()
    }

    /// The NATS server that a router runs on, as a process whose CPU time is taken.
    pub(super) fn watched_under(&self) -> Option<Watched> {
        self.under.as_ref().map(|under| under.watched())
    }

    /// Ends a router in order; what it counted.
    pub(super) async fn end(mut self) -> anyhow::Result<RouterReport> {
        self.worker.process.ask_to_end();
        self.worker.hear(START_PATIENCE).await
    }
}

impl Worker {
    fn start(name: &str, command: Command, folder: &Path) -> anyhow::Result<Self> {
        let (line, lines) = mpsc::unbounded_channel();
        let process = Process::start(name, command, folder, move |text| {
            let _ = line.send(text.to_owned());
        })?;
        Ok(Self {
            name: name.to_owned(),
            process,
            lines,
        })
    }

    /// Waits until it says that it is there.
    pub(super) async fn ready(&mut self) -> anyhow::Result<Ready> {
        self.hear(START_PATIENCE).await
    }

    /// What it says next.
    pub(super) async fn hear<T: DeserializeOwned>(
        &mut self,
        patience: Duration,
    ) -> anyhow::Result<T> {
        let name = &self.name;
        match timeout(patience, self.lines.recv()).await {
            Ok(Some(line)) => Line::read(&line).with_context(|| format!("{name} said")),
            Ok(None) => bail!("{name} ended early: {}", self.process.last_words()),
            Err(_) => bail!(
                "{name} said nothing within {patience:?}: {}",
                self.process.last_words()
            ),
        }
    }

    /// SIGKILL: no handler, no goodbye. Returns the instant at which kill(2) had returned.
    pub(super) fn kill(&mut self) -> io::Result<Instant> {
        self.process.kill()
    }

    /// As a process whose CPU time is taken.
    pub(super) fn watched(&self) -> Watched {
        Watched {
            name: self.name.clone(),
            pid: self.process.pid(),
        }
    }
}

/// nats-server writes its ports to a file of its own choice in a folder of ours.
async fn start_nats(
    program: &Path,
    folder: &Path,
    config: Option<&Path>,
) -> anyhow::Result<Broker> {
    let mut command = Command::new(program);
    command.args(["--addr", "127.0.0.1", "--port", "-1", "--ports_file_dir"]);
    command.arg(folder);
    if let Some(config) = config {
        command.arg("--config").arg(config);
    }
    let worker = Worker::start("nats-server", command, folder)?;
    let pid = worker.process.pid();
    let guard = Guard::of(pid)?;
    let file = folder.join(format!("nats-server_{pid}.ports"));
    let deadline = Instant::now() + START_PATIENCE;
    let server = loop {
        let ports = fs::read(&file)
            .ok()
            .and_then(|text| serde_json::from_slice(&text).ok());
        let url = ports
            .as_ref()
            .and_then(|ports: &Value| ports.pointer("/nats/0")?.as_str());
        if let Some(url) = url {
            break url.to_owned();
        }
        if Instant::now() > deadline {
            bail!("nats-server did not start: {}", worker.process.last_words());
        }
        sleep(LOOK_PACE).await;
    };
    Ok(Broker {
        server,
        _guard: Some(guard),
        worker,
        under: None,
    })
}

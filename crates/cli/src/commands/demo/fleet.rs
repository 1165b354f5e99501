//! The processes of the demo: a router and the instances of a toy service.

use std::time::{Duration, Instant};

use anyhow::Context as _;
use rustix::process::Signal;
use tempfile::TempDir;

use super::ledger::Ledger;
use super::{HEARTBEAT_INTERVAL, LEASE_TTL, WORK};
use crate::own_router::OwnRouter;
use crate::process::{Process, own_program};

/// A router and its instances. Dropping it ends all of them and removes their folder.
#[derive(Debug)]
pub(super) struct Fleet {
    // In this order: instances go before their router, the folder last.
    instances: Vec<Instance>,
    router: Process,
    url: String,
    ledger: Ledger,
    folder: TempDir,
}

/// One instance as a process.
#[derive(Debug)]
pub(super) struct Instance {
    pub(super) id: String,
    pub(super) process: Process,
}

impl Fleet {
    /// Starts a router on a free port and waits until it listens.
    pub(super) async fn start() -> anyhow::Result<Self> {
        let folder = tempfile::Builder::new()
            .prefix("aegis-demo-")
            .tempdir()
            .context("no temporary directory")?;
        let (heartbeat, lease) = (milliseconds(HEARTBEAT_INTERVAL), milliseconds(LEASE_TTL));
        let settings = ["--heartbeat-interval", &heartbeat, "--lease-ttl", &lease];
        let router = OwnRouter::start(folder.path(), &settings).await?;
        Ok(Self {
            instances: Vec::new(),
            router: router.process,
            url: router.url,
            ledger: Ledger::default(),
            folder,
        })
    }

    /// Starts one instance; that it is there is the router's to say.
    pub(super) fn start_instance(&mut self, id: &str) -> anyhow::Result<u32> {
        let (heartbeat, work) = (milliseconds(HEARTBEAT_INTERVAL), milliseconds(WORK));
        let arguments = [
            "toy-service",
            "--server",
            &self.url,
            "--instance",
            id,
            "--heartbeat-interval",
            &heartbeat,
            "--work",
            &work,
            "--until-stdin-closes",
        ];
        let ledger = self.ledger.clone();
        let process = Process::start(
            id,
            own_program(&arguments)?,
            self.folder.path(),
            move |line| {
                ledger.note(line);
            },
        )?;
        let pid = process.pid();
        self.instances.push(Instance {
            id: id.to_owned(),
            process,
        });
        Ok(pid)
    }

    /// Kills one instance with SIGKILL: the instance, and when kill(2) had returned. The rest of the
    /// process is cleaned up later: nothing must stand between the kill and the first look.
    pub(super) fn kill(&mut self, id: &str) -> anyhow::Result<(Instance, Instant)> {
        let mut killed = self.take(id)?;
        let at = killed
            .process
            .kill()
            .with_context(|| format!("cannot kill {id}"))?;
        Ok((killed, at))
    }

    /// Sends an instance a signal that it survives. Returns when kill(2) had returned.
    pub(super) fn signal(&self, id: &str, signal: Signal) -> anyhow::Result<Instant> {
        let mut instances = self.instances.iter();
        let instance = instances
            .find(|instance| instance.id == id)
            .with_context(|| format!("no instance {id}"))?;
        instance.process.signal(signal)
    }

    /// Takes an instance out of the fleet: whoever takes it ends it.
    pub(super) fn take(&mut self, id: &str) -> anyhow::Result<Instance> {
        let position = self.instances.iter().position(|instance| instance.id == id);
        Ok(self
            .instances
            .remove(position.with_context(|| format!("no instance {id}"))?))
    }

    pub(super) fn url(&self) -> &str {
        &self.url
    }

    pub(super) fn router_pid(&self) -> u32 {
        self.router.pid()
    }

    /// What the instances started, killed ones included.
    pub(super) fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// What each process logged last, for a story that went wrong.
    pub(super) fn last_words(&self) -> String {
        let mut words = format!("router: {}", self.router.last_words());
        for Instance { id, process } in &self.instances {
            words.push_str(&format!("\n{id}: {}", process.last_words()));
        }
        words
    }

    /// The process id of an instance.
    pub(super) fn pid(&self, id: &str) -> Option<u32> {
        self.instances
            .iter()
            .find(|instance| instance.id == id)
            .map(|instance| instance.process.pid())
    }
}

fn milliseconds(span: Duration) -> String {
    format!("{}ms", span.as_millis())
}

//! A router, instances that can be killed, and others beside them.

use std::time::{Duration, Instant};

use aegis_bench::{Order, ServeOrder};
use anyhow::Context as _;
use tempfile::TempDir;

use super::super::scratch;
use super::super::system::{Broker, System, Worker};

/// Instances with a process of their own.
pub(in super::super) const KILLABLE: [&str; 3] = ["bench-1", "bench-2", "bench-3"];
/// How long each call's handler works, so that there are calls in flight on whoever is killed.
const WORK: Duration = Duration::from_millis(5);

/// Ends when dropped: instances before their router, the folder last.
pub(super) struct Fleet {
    killable: Vec<(&'static str, Worker)>,
    _others: Option<Worker>,
    broker: Broker,
    folder: TempDir,
}

impl Fleet {
    /// Starts so many instances; those that cannot be killed share a process.
    pub(super) async fn start(system: &System, registered: usize) -> anyhow::Result<Self> {
        let folder = scratch()?;
        let broker = system.start_broker(folder.path()).await?;
        let others = registered.saturating_sub(KILLABLE.len());
        let others = if others > 0 {
            let mut worker = serve(&broker, "other", others, &folder)?;
            worker.ready().await?;
            Some(worker)
        } else {
            None
        };
        let mut fleet = Self {
            killable: Vec::new(),
            _others: others,
            broker,
            folder,
        };
        for id in KILLABLE {
            fleet.start_instance(id)?;
        }
        for (_, worker) in &mut fleet.killable {
            worker.ready().await?;
        }
        Ok(fleet)
    }

    pub(super) fn server(&self) -> &str {
        &self.broker.server
    }

    /// Starts one; that it is there is the router's to say.
    pub(super) fn start_instance(&mut self, id: &'static str) -> anyhow::Result<()> {
        let worker = serve(&self.broker, id, 1, &self.folder)?;
        self.killable.push((id, worker));
        Ok(())
    }

    /// Kills one with SIGKILL: what is left of it, and when kill(2) had returned.
    pub(super) fn kill(&mut self, id: &str) -> anyhow::Result<(Worker, Instant)> {
        let position = self.killable.iter().position(|(other, _)| *other == id);
        let (_, mut worker) = self
            .killable
            .remove(position.with_context(|| format!("no instance {id}"))?);
        let at = worker.kill().with_context(|| format!("cannot kill {id}"))?;
        Ok((worker, at))
    }
}

fn serve(broker: &Broker, id: &str, instances: usize, folder: &TempDir) -> anyhow::Result<Worker> {
    let order = Order::Serve(ServeOrder {
        server: broker.server.clone(),
        instance: id.to_owned(),
        instances,
        work: WORK,
    });
    System::Aegis.start_worker(id, &order, folder.path())
}

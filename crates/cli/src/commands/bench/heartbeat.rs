//! `bench heartbeat`: heartbeats as fast as they are taken, and a crowd that sends them in peace.

use std::time::Duration;

use aegis_bench::{
    BeatForm, CountOrder, CrowdOrder, CrowdReport, FloodOrder, FloodReport, Order, Usage, Watched,
};
use aegis_wire::Subjects;
use anyhow::{Context as _, ensure};
use serde::Serialize;
use tokio::time::sleep;

use super::runs::Runs;
use super::system::{Broker, System, Worker};
use super::{files, scratch};
use crate::args::bench::{CrowdArgs, HeartbeatBenchArgs};
use crate::exit_code::ExitCode;
use crate::failure::{Failure, Outcome};
use crate::printer::Printer;

/// Where a subscriber says how many heartbeats it has taken.
const CREDIT: &str = "bench.credit";
/// A worker that has not reported this long after it should have ended never will.
pub(super) const REPORT_PATIENCE: Duration = Duration::from_secs(60);
/// Files of a broker that are no connections of a crowd.
pub(super) const FILES_BESIDE: u64 = 256;

/// One way of sending as many as are taken.
#[derive(Debug, Clone, Copy)]
pub(super) struct Flood {
    /// Its stable name.
    pub(super) name: &'static str,
    /// In words.
    pub(super) title: &'static str,
    connections: usize,
    form: BeatForm,
}

/// All of them, in the order of the page.
pub(super) const FLOODS: [Flood; 4] = [
    Flood {
        name: "conn1",
        title: "from 1 connection, fire and forget",
        connections: 1,
        form: BeatForm::FireAndForget,
    },
    Flood {
        name: "conn1000",
        title: "from 1,000 connections, fire and forget",
        connections: 1_000,
        form: BeatForm::FireAndForget,
    },
    Flood {
        name: "conn1-acknowledged",
        title: "from 1 connection, acknowledged",
        connections: 1,
        form: BeatForm::Acknowledged,
    },
    Flood {
        name: "conn1000-acknowledged",
        title: "from 1,000 connections, acknowledged",
        connections: 1_000,
        form: BeatForm::Acknowledged,
    },
];

/// Instances whose heartbeats are sent.
const INSTANCES: usize = 1_000;

/// Everything that was seen of heartbeats.
#[derive(Debug, Serialize)]
pub(super) struct Heartbeats {
    pub(super) floods: Vec<FloodRuns>,
    pub(super) crowd: Crowd,
    /// Share of one core that an instance with heartbeats on and nothing else to do used.
    pub(super) instance_cores: Option<f64>,
}

/// One report per round. Without a control, and for the form that only a router answers, its list is
/// empty.
#[derive(Debug, Serialize)]
pub(super) struct FloodRuns {
    pub(super) flood: &'static str,
    pub(super) title: &'static str,
    pub(super) aegis: Vec<FloodReport>,
    /// Heartbeats that the router did not apply, over all rounds.
    pub(super) lost: u64,
    pub(super) nats: Vec<FloodReport>,
}

/// Many instances at one heartbeat per second.
#[derive(Debug, Serialize)]
pub(super) struct Crowd {
    pub(super) instances: u32,
    pub(super) seconds: f64,
    pub(super) aegis: CrowdReport,
    pub(super) nats: Option<CrowdReport>,
}

pub(super) async fn run(args: &HeartbeatBenchArgs, printer: &Printer) -> Outcome {
    let runs = Runs::new(&args.runs, printer)?;
    let seen = measure(&runs, &args.crowd, printer)
        .await
        .map_err(|error| Failure::new(ExitCode::Failure, error))?;
    printer.object(
        &seen,
        super::page::heartbeat::section(&seen).text().trim_end(),
    )?;
    Ok(())
}

/// Measures all of it.
pub(super) async fn measure(
    runs: &Runs,
    crowd: &CrowdArgs,
    printer: &Printer,
) -> anyhow::Result<Heartbeats> {
    let mut floods: Vec<FloodRuns> = FLOODS.iter().map(FloodRuns::new).collect();
    for round in 1..=runs.rounds {
        for (flood, seen) in FLOODS.iter().zip(&mut floods) {
            measure_flood(flood, seen, runs)
                .await
                .with_context(|| format!("heartbeats {}", flood.title))?;
            let rate = seen.aegis.last().map_or(0.0, |report| report.per_second);
            printer.note(&format!(
                "round {round} of {}: heartbeats {}: {rate:.0}/s",
                runs.rounds, flood.name
            ));
        }
    }
    printer.note(&format!("a crowd of {} instances", crowd.instances));
    Ok(Heartbeats {
        floods,
        crowd: measure_crowd(runs, crowd).await?,
        instance_cores: measure_instance(runs).await?,
    })
}

async fn measure_flood(flood: &Flood, seen: &mut FloodRuns, runs: &Runs) -> anyhow::Result<()> {
    files::allow(flood.connections as u64 + FILES_BESIDE)?;
    let folder = scratch()?;
    let system = System::Aegis;
    let broker = system.start_broker(folder.path()).await?;
    let order = flood.order(&broker, runs, None);
    let report: FloodReport =
        done(&system, "sender", &Order::Flood(order), runs, folder.path()).await?;
    let counted = broker.end().await?;
    ensure!(
        counted.heartbeats_refused == 0 && counted.messages_refused == 0,
        "the router refused heartbeats: {counted:?}"
    );
    seen.lost += report.sent.saturating_sub(counted.heartbeats);
    if flood.form == BeatForm::Acknowledged {
        seen.lost += report.sent.saturating_sub(report.answered);
    }
    seen.aegis.push(report);

    let Some(control) = runs.control.clone() else {
        return Ok(());
    };
    if flood.form == BeatForm::Acknowledged {
        return Ok(());
    }
    let folder = scratch()?;
    let system = System::Nats(control);
    let broker = system.start_broker(folder.path()).await?;
    let subscriber = subscribe(&system, &broker, folder.path()).await?;
    let order = flood.order(&broker, runs, Some(&subscriber));
    // Bare sockets both times: one program sends, whoever takes them.
    let report = done(
        &System::Aegis,
        "sender",
        &Order::Flood(order),
        runs,
        folder.path(),
    )
    .await?;
    seen.nats.push(report);
    Ok(())
}

/// Starts a worker that ends by itself, and hears its report.
async fn done<T: serde::de::DeserializeOwned>(
    system: &System,
    name: &str,
    order: &Order,
    runs: &Runs,
    folder: &std::path::Path,
) -> anyhow::Result<T> {
    let mut worker = system.start_worker(name, order, folder)?;
    let patience = runs.span.warm_up + runs.span.measured + REPORT_PATIENCE;
    worker.hear(patience).await
}

async fn subscribe(
    system: &System,
    broker: &Broker,
    folder: &std::path::Path,
) -> anyhow::Result<Worker> {
    let order = Order::Count(CountOrder {
        server: broker.server.clone(),
        subject: Subjects::default().plain_heartbeat(),
        credit: CREDIT.to_owned(),
    });
    let mut subscriber = system.start_worker("subscriber", &order, folder)?;
    subscriber.ready().await?;
    Ok(subscriber)
}

/// A crowd that registers with the router of a system and is answered by it.
pub(super) async fn crowd_on(
    system: &System,
    instances: u32,
    lasting: Duration,
) -> anyhow::Result<CrowdReport> {
    files::allow(u64::from(instances) + FILES_BESIDE)?;
    let folder = scratch()?;
    let broker = system.start_broker(folder.path()).await?;
    let watched = [Some(broker.watched()), broker.watched_under()];
    let watched = watched.into_iter().flatten().collect();
    let order = crowd_order(broker.server.clone(), instances, lasting, true, watched);
    let mut crowded = System::Aegis.start_worker("crowd", &order, folder.path())?;
    crowded.hear(lasting + REPORT_PATIENCE).await
}

/// What a crowd is told.
pub(super) fn crowd_order(
    server: String,
    instances: u32,
    lasting: Duration,
    register: bool,
    watched: Vec<Watched>,
) -> Order {
    Order::Crowd(CrowdOrder {
        server,
        instances: instances as usize,
        interval: Duration::from_secs(1),
        register,
        lasting,
        watched,
    })
}

/// Once on each system: it lasts, and what it shows is no ratio.
async fn measure_crowd(runs: &Runs, crowd: &CrowdArgs) -> anyhow::Result<Crowd> {
    let (instances, lasting) = if runs.quick {
        (crowd.instances.min(100), Duration::from_millis(1500))
    } else {
        (crowd.instances, crowd.lasting)
    };
    files::allow(u64::from(instances) + FILES_BESIDE)?;
    let order = |broker: &Broker, register, watched| {
        let server = broker.server.clone();
        crowd_order(server, instances, lasting, register, watched)
    };
    let aegis = crowd_on(&System::Aegis, instances, lasting).await?;

    let nats = match runs.control.clone() {
        None => None,
        Some(control) => {
            let folder = scratch()?;
            let system = System::Nats(control);
            let broker = system.start_broker(folder.path()).await?;
            let subscriber = subscribe(&system, &broker, folder.path()).await?;
            let watched = vec![broker.watched(), subscriber.watched()];
            let theirs = order(&broker, false, watched);
            let mut crowded = System::Aegis.start_worker("crowd", &theirs, folder.path())?;
            Some(crowded.hear(lasting + REPORT_PATIENCE).await?)
        }
    };
    Ok(Crowd {
        instances,
        seconds: lasting.as_secs_f64(),
        aegis,
        nats,
    })
}

/// An instance with default settings and nothing to do but its heartbeats.
async fn measure_instance(runs: &Runs) -> anyhow::Result<Option<f64>> {
    let (settling, looked_at) = if runs.quick {
        (Duration::from_millis(100), Duration::from_millis(400))
    } else {
        (Duration::from_secs(1), Duration::from_secs(20))
    };
    let folder = scratch()?;
    let broker = System::Aegis.start_broker(folder.path()).await?;
    let instance = System::Aegis
        .start_instance(&broker.server, folder.path())
        .await?;
    sleep(settling).await;
    let before = Usage::of(instance.watched().pid);
    sleep(looked_at).await;
    let used = Usage::of(instance.watched().pid).cpu_since(&before);
    Ok(used.map(|used| used.as_secs_f64() / looked_at.as_secs_f64()))
}

impl Flood {
    fn order(&self, broker: &Broker, runs: &Runs, subscriber: Option<&Worker>) -> FloodOrder {
        let taking = subscriber.map(Worker::watched);
        FloodOrder {
            server: broker.server.clone(),
            connections: self.connections,
            instances: INSTANCES,
            form: self.form,
            register: subscriber.is_none(),
            credit: subscriber.map(|_| CREDIT.to_owned()),
            span: runs.span,
            watched: [broker.watched()].into_iter().chain(taking).collect(),
        }
    }
}

impl FloodRuns {
    fn new(flood: &Flood) -> Self {
        Self {
            flood: flood.name,
            title: flood.title,
            aegis: Vec::new(),
            lost: 0,
            nats: Vec::new(),
        }
    }
}

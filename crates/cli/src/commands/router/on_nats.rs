//! A router on a NATS server or cluster.

use std::sync::Arc;

use aegis_bus::ConnectOptions;
use aegis_router::{
    NatsRouterConfig, NatsRouterEnd, NatsRouterHandle, NatsStatus, OtherRouter, Phase,
};

use super::serve_admin;
use crate::admin::{AdminPort, Api, Metrics, NotReady, WhereToAsk};
use crate::commands::connect;
use crate::commands::started::Started;
use crate::config::Settings;
use crate::data_dir::DataDir;
use crate::exit_code::ExitCode;
use crate::failure::{Failure, Outcome};
use crate::printer::Printer;
use crate::stop::Stop;

/// Where it runs, and whether it may wait there for another to go away.
pub(super) struct Place {
    pub(super) connect: ConnectOptions,
    pub(super) standby: bool,
}

pub(super) fn run(
    place: Place,
    stop: Stop,
    data_dir: &DataDir,
    admin: Option<AdminPort>,
    settings: &Settings,
    printer: &Printer,
) -> Outcome {
    let embedded = settings.router();
    let api = Api::new(
        WhereToAsk {
            servers: settings.router_servers().unwrap_or_default(),
            options: place.connect.clone(),
            prefix: settings.prefix.value.clone(),
        },
        settings,
    );
    let router = NatsRouterHandle::start(NatsRouterConfig {
        system_auth: settings.system_account(),
        core: embedded.core,
        prefix: embedded.prefix,
        standby: place.standby,
        store: data_dir.store_id()?,
        shutdown_grace: embedded.broker.shutdown_grace,
        ..NatsRouterConfig::new(place.connect)
    })?;
    let handle = router.stop_handle();
    stop.then(move |_| handle.stop())
        .map_err(Failure::system("cannot wait for signals"))?;
    let status = router.status();
    let admin_address = admin.as_ref().map(AdminPort::address);
    let metrics = Metrics {
        source: router.metrics(),
        legacy_names: settings.legacy_names.value,
    };
    let _admin = admin
        .map(|port| serve_admin(port, readiness(status.clone()), api, metrics))
        .transpose()?;
    if let Some(state) = first_state(&status)? {
        let started = Started {
            listen: Vec::new(),
            nats: settings.nats_shown(),
            state: Some(state),
            admin: admin_address,
            data_dir: Some(data_dir.path().to_path_buf()),
            pid: std::process::id(),
        };
        started.announce(printer)?;
    }
    router.join().map_err(failure)
}

/// What it became first: it serves, or stands by. Without a NATS server it is neither for as long as
/// that lasts. `None`: it has ended.
fn first_state(status: &NatsStatus) -> Outcome<Option<&'static str>> {
    let mut phases = status.phases();
    connect::runtime()?.block_on(async {
        let settled = |phase: &Phase| {
            matches!(
                phase,
                Phase::Serving | Phase::StandingBy(_) | Phase::Stopping | Phase::Ended
            )
        };
        let state = match phases.wait_for(settled).await.as_deref() {
            Ok(Phase::Serving) => Some("serving"),
            Ok(Phase::StandingBy(_)) => Some("standby"),
            _ => None,
        };
        Ok(state)
    })
}

/// Ready while it answers requests: one that stands by does not, and says for whom.
fn readiness(status: NatsStatus) -> NotReady {
    Arc::new(move || match status.phase() {
        Phase::Serving => None,
        Phase::Connecting => Some(match status.trouble() {
            Some(trouble) => format!("no NATS server: {trouble}"),
            None => "no NATS server yet".to_owned(),
        }),
        Phase::Looking => Some("looking for other routers".to_owned()),
        Phase::StandingBy(first) => Some(format!("standing by for {}", named(&first))),
        Phase::BrokerLost => Some(match status.trouble() {
            Some(trouble) => format!("lost the NATS server: {trouble}"),
            None => "lost the NATS server".to_owned(),
        }),
        Phase::Stopping => Some("the router is stopping".to_owned()),
        Phase::Ended => Some("the router does not run".to_owned()),
    })
}

fn named(other: &OtherRouter) -> String {
    format!(
        "router {} (process {} on {})",
        other.router, other.pid, other.host
    )
}

fn failure(end: NatsRouterEnd) -> Failure {
    let code = match end {
        NatsRouterEnd::OtherRouter(_) => ExitCode::OtherRouter,
        _ => ExitCode::Failure,
    };
    let hint = end.hint();
    let failure = Failure::new(code, end);
    match hint {
        Some(hint) => failure.hint(hint),
        None => failure,
    }
}

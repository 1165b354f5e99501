//! A router with its embedded broker.

use std::sync::Arc;

use aegis_bus::ConnectOptions;
use aegis_router::{RouterConfig, RouterHandle};

use super::serve_admin;
use crate::admin::{AdminPort, Api, Metrics, NotReady, WhereToAsk};
use crate::commands::started::Started;
use crate::config::Settings;
use crate::data_dir::DataDir;
use crate::exit_code::ExitCode;
use crate::failure::{Failure, Outcome};
use crate::printer::Printer;
use crate::stop::Stop;

pub(super) fn run(
    stop: Stop,
    data_dir: &DataDir,
    admin: Option<AdminPort>,
    settings: &Settings,
    printer: &Printer,
) -> Outcome {
    let router = RouterHandle::start(RouterConfig {
        store: data_dir.store_id()?,
        ..settings.router()
    })?;
    let handle = router.stop_handle();
    stop.then(move |_| handle.stop())
        .map_err(Failure::system("cannot wait for signals"))?;
    let started = Started {
        listen: router.addresses().to_vec(),
        nats: None,
        state: None,
        admin: admin.as_ref().map(AdminPort::address),
        data_dir: Some(data_dir.path().to_path_buf()),
        pid: std::process::id(),
    };
    let metrics = Metrics {
        source: router.metrics(),
        legacy_names: settings.legacy_names.value,
    };
    let _admin = admin
        .map(|port| serve_admin(port, readiness(&router), api(&router, settings), metrics))
        .transpose()?;
    started.announce(printer)?;
    router
        .join()
        .map_err(|error| Failure::new(ExitCode::Failure, error))?;
    Ok(())
}

/// The router is asked over its own broker.
fn api(router: &RouterHandle, settings: &Settings) -> Api {
    let own = router.addresses().first();
    let place = WhereToAsk {
        servers: own.map(|own| format!("nats://{own}")).unwrap_or_default(),
        options: ConnectOptions::new(Vec::new()),
        prefix: settings.prefix.value.clone(),
    };
    Api::new(place, settings)
}

/// Ready while the router's loop runs and takes work.
fn readiness(router: &RouterHandle) -> NotReady {
    let status = router.status();
    Arc::new(move || {
        let status = status.look();
        let why = match (status.is_running, status.is_stopping) {
            (_, true) => "the router is stopping",
            (false, false) => "the router does not run",
            (true, false) => return None,
        };
        Some(why.to_owned())
    })
}

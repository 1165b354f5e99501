//! `router`: run a router with its embedded broker.

use std::net::SocketAddr;
use std::sync::Arc;

use aegis_router::RouterHandle;

use super::started::Started;
use crate::admin::{self, Admin, AdminPort, Bound};
use crate::args::serve::RouterArgs;
use crate::config::Settings;
use crate::data_dir::DataDir;
use crate::exit_code::ExitCode;
use crate::failure::{Failure, Outcome};
use crate::printer::Printer;
use crate::settings::data_dir;
use crate::stop::Stop;

/// Runs until it is asked to stop. What can be refused is refused in this order: settings, data
/// directory, admin address, broker address; nothing has been promised to anybody until then.
pub(super) fn run(args: &RouterArgs, settings: &Settings, printer: &Printer) -> Outcome {
    let stop = Stop::of_a_program(args.stay.until_stdin_closes)?;
    let data_dir = DataDir::lock(&data_dir(settings.data_dir.value.as_deref())?)?;
    let admin = admin_port(settings.admin.value)?;
    let router = RouterHandle::start(settings.router())?;

    let handle = router.stop_handle();
    stop.then(move |_| handle.stop())
        .map_err(Failure::system("cannot wait for signals"))?;
    let started = Started {
        listen: router.addresses().to_vec(),
        admin: admin.as_ref().map(AdminPort::address),
        data_dir: Some(data_dir.path().to_path_buf()),
        pid: std::process::id(),
    };
    let _admin = admin.map(|port| serve_admin(port, &router)).transpose()?;
    started.announce(printer)?;
    router
        .join()
        .map_err(|error| Failure::new(ExitCode::Failure, error))?;
    Ok(())
}

/// The admin port, if there is one to be had.
fn admin_port(asked: Option<SocketAddr>) -> Outcome<Option<AdminPort>> {
    match admin::bind(asked)? {
        Bound::Port(port) => Ok(Some(port)),
        Bound::DefaultTaken(address) => {
            tracing::warn!(
                event = "admin_address_taken",
                %address,
                "the usual admin address is taken: /livez and /readyz are not served; --admin chooses another"
            );
            Ok(None)
        }
    }
}

/// Ready while the router's loop runs and takes work.
fn serve_admin(port: AdminPort, router: &RouterHandle) -> Outcome<Admin> {
    let status = router.status();
    let not_ready = move || {
        let status = status.look();
        let why = match (status.is_running, status.is_stopping) {
            (_, true) => "the router is stopping",
            (false, false) => "the router does not run",
            (true, false) => return None,
        };
        Some(why.to_owned())
    };
    port.serve(Arc::new(not_ready))
        .map_err(Failure::system("cannot start the admin listener"))
}

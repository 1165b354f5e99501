//! `router`: run a router, with its embedded broker or on a NATS server.

mod embedded;
mod on_nats;

use std::net::SocketAddr;

use crate::admin::{self, Admin, AdminPort, Api, Bound, Metrics, NotReady};
use crate::args::serve::RouterArgs;
use crate::config::Settings;
use crate::data_dir::DataDir;
use crate::failure::{Failure, Outcome};
use crate::printer::Printer;
use crate::settings::data_dir;
use crate::stop::Stop;

/// Runs until it is asked to stop. What can be refused is refused in this order: settings, data
/// directory, admin address, broker; nothing has been promised to anybody until then.
pub(super) fn run(args: &RouterArgs, settings: &Settings, printer: &Printer) -> Outcome {
    let stop = Stop::of_a_program(args.stay.until_stdin_closes)?;
    let data_dir = DataDir::lock(&data_dir(settings.data_dir.value.as_deref())?)?;
    let admin = admin_port(settings.admin.value)?;
    match settings.router_broker() {
        None => embedded::run(stop, &data_dir, admin, settings, printer),
        Some(connect) => {
            let place = on_nats::Place {
                connect,
                standby: args.standby,
            };
            on_nats::run(place, stop, &data_dir, admin, settings, printer)
        }
    }
}

/// The admin port, if there is one to be had.
fn admin_port(asked: Option<SocketAddr>) -> Outcome<Option<AdminPort>> {
    match admin::bind(asked)? {
        Bound::Port(port) => Ok(Some(port)),
        Bound::DefaultTaken(address) => {
            tracing::warn!(
                event = "admin_address_taken",
                %address,
                "the usual admin address is taken: /livez, /readyz and /api are not served; --admin chooses another"
            );
            Ok(None)
        }
    }
}

fn serve_admin(port: AdminPort, not_ready: NotReady, api: Api, metrics: Metrics) -> Outcome<Admin> {
    port.serve(not_ready, api, metrics)
        .map_err(Failure::system("cannot start the admin listener"))
}

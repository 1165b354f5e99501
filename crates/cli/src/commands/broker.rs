//! `broker`: the embedded broker alone, for any NATS client.

use aegis_broker::{Broker, NoLocalPeer};

use super::started::Started;
use crate::args::serve::BrokerArgs;
use crate::config::Settings;
use crate::exit_code::ExitCode;
use crate::failure::{Failure, Outcome};
use crate::printer::Printer;
use crate::stop::Stop;

/// Runs until it is asked to stop.
pub(super) fn run(args: &BrokerArgs, settings: &Settings, printer: &Printer) -> Outcome {
    let stop = Stop::of_a_program(args.stay.until_stdin_closes)?;
    let broker = Broker::bind(settings.broker(), NoLocalPeer::default())?;
    let started = Started {
        listen: broker.addresses().to_vec(),
        nats: None,
        state: None,
        admin: None,
        data_dir: None,
        pid: std::process::id(),
    };
    let handle = broker.stop_handle();
    stop.then(move |_| handle.stop())
        .map_err(Failure::system("cannot wait for signals"))?;
    started.announce(printer)?;
    broker
        .run()
        .map_err(|error| Failure::new(ExitCode::Failure, error))?;
    Ok(())
}

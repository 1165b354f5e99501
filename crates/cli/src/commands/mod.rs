//! One file per command: what it does with its arguments.

mod broker;
mod call;
mod connect;
mod demo;
mod instance_ls;
mod router;
mod service_ls;
mod started;
mod toy_service;

use crate::args::{Command, InstanceCommand, ServiceCommand};
use crate::failure::Outcome;
use crate::printer::Printer;

/// Runs one command to its end.
///
/// # Errors
/// Whatever the command has to say; see [`crate::exit_code::ExitCode`].
pub(crate) fn run(command: &Command, printer: &Printer) -> Outcome {
    match command {
        Command::Demo(_) => demo::run(printer),
        Command::Router(args) => router::run(args, printer),
        Command::Broker(args) => broker::run(args, printer),
        Command::Service(ServiceCommand::Ls(args)) => service_ls::run(args, printer),
        Command::Instance(InstanceCommand::Ls(args)) => instance_ls::run(args, printer),
        Command::Call(args) => call::run(args, printer),
        Command::ToyService(args) => toy_service::run(args, printer),
    }
}

//! One file per command: what it does with its arguments.

mod bench;
mod broker;
mod call;
mod completion;
mod config;
mod connect;
mod demo;
mod doctor;
mod facts;
mod health;
mod instance_info;
mod instance_ls;
mod launch;
mod operate;
mod reread;
mod router;
mod service_info;
mod service_ls;
mod started;
mod toy_service;
mod watch;

use crate::args::{Cli, Command, ConfigCommand, InstanceCommand, ServiceCommand};
use crate::failure::Outcome;
use crate::printer::Printer;
use launch::Launch;

/// Runs one command to its end.
///
/// # Errors
/// Whatever the command has to say; see [`crate::exit_code::ExitCode`].
pub(crate) fn run(cli: &Cli, printer: &Printer) -> Outcome {
    // Programs that stay have a story worth logging; a short command has its output.
    let stays = matches!(cli.command, Command::Router(_) | Command::Broker(_));
    let unasked = match cli.command {
        // It says itself what was refused.
        Command::Doctor(_) => "error",
        _ if stays => "info",
        _ => "warn",
    };
    let launch = Launch::new(cli, unasked, printer);
    match &cli.command {
        Command::Demo(_) => launch.logs().and_then(|()| demo::run(printer)),
        Command::Bench(command) => launch.logs().and_then(|()| bench::run(command, printer)),
        Command::BenchWorker(args) => launch.logs().and_then(|()| bench::work(args)),
        Command::ToyService(args) => launch.logs().and_then(|()| toy_service::run(args, printer)),
        Command::Router(args) => {
            let settings = launch.settings_of_program(args.given(), &args.file)?;
            router::run(args, &settings, printer)
        }
        Command::Broker(args) => {
            let settings = launch.settings_of_program(args.listen.given(), &args.file)?;
            broker::run(args, &settings, printer)
        }
        Command::Call(args) => {
            let settings = launch.settings(args.connect.given(), &args.connect.file)?;
            call::run(args, &settings, printer)
        }
        Command::Health(args) => {
            let settings = launch.settings(args.connect.given(), &args.connect.file)?;
            health::run(args, &settings, printer)
        }
        Command::Doctor(args) => doctor::run(args, &launch, printer),
        Command::Service(command) => of_services(command, &launch, printer),
        Command::Instance(command) => of_instances(command, &launch, printer),
        Command::Config(ConfigCommand::Show(args)) => {
            config::show(&args.settings, &launch, printer)
        }
        Command::Config(ConfigCommand::Validate(args)) => {
            config::validate(&args.settings, &launch, printer)
        }
        Command::Completion(args) => completion::run(args, printer),
        Command::ListServices(args) => {
            let settings = launch.settings(args.connect.given(), &args.connect.file)?;
            service_ls::run(&settings, printer)
        }
        Command::Disconnect(args) => {
            let settings = launch.settings(args.connect.given(), &args.connect.file)?;
            operate::disconnect(args, &settings, printer)
        }
    }
}

fn of_services(command: &ServiceCommand, launch: &Launch<'_>, printer: &Printer) -> Outcome {
    let connect = match command {
        ServiceCommand::Ls(args) => &args.connect,
        ServiceCommand::Info(args) => &args.connect,
        ServiceCommand::Watch(args) => &args.connect,
    };
    let settings = launch.settings(connect.given(), &connect.file)?;
    match command {
        ServiceCommand::Ls(_) => service_ls::run(&settings, printer),
        ServiceCommand::Info(args) => service_info::run(args, &settings, printer),
        ServiceCommand::Watch(args) => watch::run(args, &settings, printer),
    }
}

fn of_instances(command: &InstanceCommand, launch: &Launch<'_>, printer: &Printer) -> Outcome {
    let connect = match command {
        InstanceCommand::Ls(args) => &args.connect,
        InstanceCommand::Info(args) => &args.connect,
        InstanceCommand::Drain(args) => &args.connect,
        InstanceCommand::Undrain(args) => &args.connect,
        InstanceCommand::Evict(args) => &args.connect,
    };
    let settings = launch.settings(connect.given(), &connect.file)?;
    match command {
        InstanceCommand::Ls(args) => instance_ls::run(args, &settings, printer),
        InstanceCommand::Info(args) => instance_info::run(args, &settings, printer),
        InstanceCommand::Drain(args) => operate::drain(args, &settings, printer),
        InstanceCommand::Undrain(args) => operate::undrain(args, &settings, printer),
        InstanceCommand::Evict(args) => operate::evict(args, &settings, printer),
    }
}

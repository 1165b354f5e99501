//! The command line `aegis`.

mod admin;
mod args;
mod commands;
mod data_dir;
mod exit_code;
mod failure;
mod json_value;
mod logs;
mod printer;
mod settings;
mod stop;

use clap::Parser as _;

use args::{Cli, Command};
use printer::Printer;

fn main() -> std::process::ExitCode {
    let cli = Cli::parse();
    let printer = Printer::new(&cli.output);
    let default_filter = if stays(&cli.command) { "info" } else { "warn" };
    let ended = logs::start(cli.output.log.as_deref(), default_filter, printer.color())
        .and_then(|()| commands::run(&cli.command, &printer));
    match ended {
        Ok(()) => exit_code::ExitCode::Success.into(),
        Err(failure) => {
            printer.failure(&failure);
            failure.exit_code().into()
        }
    }
}

/// Programs that stay have a story worth logging; a short command has its output.
fn stays(command: &Command) -> bool {
    matches!(command, Command::Router(_) | Command::Broker(_))
}

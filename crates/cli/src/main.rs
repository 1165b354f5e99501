//! The command line `aegis`.

mod admin;
mod args;
mod commands;
mod config;
mod data_dir;
mod exit_code;
mod failure;
mod json_value;
mod logs;
mod printer;
mod settings;
mod stop;

use clap::Parser as _;

use args::Cli;
use printer::Printer;

// A product holds no planted bugs.
const _: () = assert!(!aegis_plants::CAN_BE_SOWN);

fn main() -> std::process::ExitCode {
    let cli = Cli::parse();
    let printer = Printer::new(&cli.output);
    match commands::run(&cli, &printer) {
        Ok(()) => exit_code::ExitCode::Success.into(),
        Err(failure) => {
            printer.failure(&failure);
            failure.exit_code().into()
        }
    }
}

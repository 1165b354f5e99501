//! The command line `aegis`.
//!
//! A library for the binary and for the fuzz targets, not for anybody else.

mod admin;
mod args;
mod commands;
mod config;
mod data_dir;
mod exit_code;
mod failure;
mod health;
mod json_value;
mod logs;
mod own_router;
mod printer;
mod process;
mod settings;
mod stop;

use clap::Parser as _;

use args::Cli;
pub use config::verdict::{Accepted, Refused, judge};
use printer::Printer;

/// Does what the command line says, to its end.
pub fn run() -> std::process::ExitCode {
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

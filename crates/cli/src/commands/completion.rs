//! `completion`.

use clap::CommandFactory as _;
use clap_complete::generate;

use crate::args::Cli;
use crate::args::completion::{CompletionArgs, Shell};
use crate::failure::Outcome;
use crate::printer::Printer;

/// Prints the completions of the whole command line.
pub(super) fn run(args: &CompletionArgs, printer: &Printer) -> Outcome {
    let shell = match args.shell {
        Shell::Bash => clap_complete::Shell::Bash,
        Shell::Zsh => clap_complete::Shell::Zsh,
        Shell::Fish => clap_complete::Shell::Fish,
    };
    let mut script = Vec::new();
    generate(shell, &mut Cli::command(), "aegis", &mut script);
    Ok(printer.line(String::from_utf8_lossy(&script).trim_end())?)
}

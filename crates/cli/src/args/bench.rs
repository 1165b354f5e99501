//! `bench`: how fast, how soon, how much, measured on this machine.

use std::path::PathBuf;

use clap::{Args, Subcommand};

#[derive(Debug, Subcommand)]
#[command(after_help = "Example:\n  aegis bench call\n  aegis bench call --quick --control none")]
pub(crate) enum BenchCommand {
    Call(CallBenchArgs),
}

/// Calls through the router, beside plain request and reply through a NATS server.
///
/// Router, instance and caller are processes of their own, as are the NATS server and its two clients. In each round every
/// cell runs on each system in turn; figures are medians over the rounds, ratios the medians of each round's own ratio.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  aegis bench call --rounds 9\n  aegis bench call -o json")]
pub(crate) struct CallBenchArgs {
    #[command(flatten)]
    pub runs: RunArgs,
}

#[derive(Debug, Args)]
pub(crate) struct RunArgs {
    /// The NATS server to compare with: `auto`, `none`, or the path of one. `auto` looks at
    /// AEGIS_NATS_SERVER, the path, and `target/tools` beside this program.
    #[arg(long, value_name = "PATH|auto|none", default_value = "auto")]
    pub control: String,

    /// Runs of each cell on each system.
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
    pub rounds: u32,

    /// One short round: shows that everything runs, and says nothing about speed.
    #[arg(long, conflicts_with = "rounds")]
    pub quick: bool,

    /// The program that speaks for the control [default: `aegis-bench-control` beside this one].
    #[arg(long, value_name = "PATH", hide = true)]
    pub control_client: Option<PathBuf>,
}

/// One process of a benchmark.
#[derive(Debug, Args)]
pub(crate) struct BenchWorkerArgs {
    /// What to be, as JSON.
    pub order: String,
}

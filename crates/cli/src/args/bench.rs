//! `bench`: how fast, how soon, how much, measured on this machine.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand};

use super::duration;

#[derive(Debug, Subcommand)]
#[command(after_help = "Example:\n  aegis bench call\n  aegis bench call --quick --control none")]
pub(crate) enum BenchCommand {
    Call(CallBenchArgs),
    Heartbeat(HeartbeatBenchArgs),
    Scrape(ScrapeBenchArgs),
    Failover(FailoverBenchArgs),
    Nats(NatsBenchArgs),
    All(AllBenchArgs),
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

/// Heartbeats into the router, beside a subscriber behind a NATS server.
///
/// As fast as they are taken, from one connection and from a thousand; then many instances with a connection each and one
/// heartbeat per second, and what that costs the router.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  aegis bench heartbeat --instances 1000 --lasting 10s")]
pub(crate) struct HeartbeatBenchArgs {
    #[command(flatten)]
    pub runs: RunArgs,

    #[command(flatten)]
    pub crowd: CrowdArgs,
}

/// Many instances on a router whose metrics are read each second.
///
/// First a crowd of instances with a connection each and one heartbeat per second alone, then the same with `/metrics` read
/// each second: how long that takes, and what the heartbeats feel of it.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  aegis bench scrape --instances 1000 --lasting 10s")]
pub(crate) struct ScrapeBenchArgs {
    #[command(flatten)]
    pub crowd: CrowdArgs,

    /// A small crowd for a moment: shows that everything runs, and says nothing about speed.
    #[arg(long, conflicts_with_all = ["instances", "lasting"])]
    pub quick: bool,
}

/// Instances killed under load: how soon calls go elsewhere, and what the calls feel of it.
///
/// One of three instances is killed with SIGKILL, again and again, while calls of an idempotent method flow; then the same
/// with a thousand instances registered in that service. Exit code 1 if a call failed.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  aegis bench failover --kills 20")]
pub(crate) struct FailoverBenchArgs {
    #[command(flatten)]
    pub kills: KillArgs,

    /// A few kills: shows that everything runs, and says nothing about speed.
    #[arg(long, conflicts_with = "kills")]
    pub quick: bool,
}

/// The router on a NATS server, beside plain request and reply through one.
///
/// Calls, many instances with one heartbeat per second, and instances that are killed under load. The NATS server is the one
/// of `--control`.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  aegis bench nats --kills 20 --lasting 10s")]
pub(crate) struct NatsBenchArgs {
    #[command(flatten)]
    pub runs: RunArgs,

    #[command(flatten)]
    pub crowd: CrowdArgs,

    #[command(flatten)]
    pub kills: KillArgs,
}

/// All of it, as one page.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  aegis bench all --write docs/performance.md")]
pub(crate) struct AllBenchArgs {
    #[command(flatten)]
    pub runs: RunArgs,

    #[command(flatten)]
    pub crowd: CrowdArgs,

    #[command(flatten)]
    pub kills: KillArgs,

    /// Where to write the page. What stands there under `## Notes` is kept.
    #[arg(long, value_name = "FILE")]
    pub write: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct KillArgs {
    /// SIGKILLs in each service.
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..))]
    pub kills: u32,
}

#[derive(Debug, Args)]
pub(crate) struct CrowdArgs {
    /// Instances with a connection each.
    #[arg(long, value_name = "N", default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(1..=60_000))]
    pub instances: u32,

    /// How long they send heartbeats.
    #[arg(long, value_name = "SPAN", default_value = "60s", value_parser = duration::parse)]
    pub lasting: Duration,
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
#[command(after_help = "Example:\n  aegis bench-worker '\"router\"'")]
pub(crate) struct BenchWorkerArgs {
    /// What to be, as JSON.
    pub order: String,
}

//! What can be typed: definitions only. What it means is in `settings` and `commands`.

pub(crate) mod bench;
pub(crate) mod call;
pub(crate) mod completion;
pub(crate) mod config;
pub(crate) mod connect;
pub(crate) mod demo;
pub(crate) mod doctor;
pub(crate) mod duration;
pub(crate) mod file;
pub(crate) mod health;
pub(crate) mod inspect;
pub(crate) mod list;
pub(crate) mod name;
pub(crate) mod operate;
pub(crate) mod output;
pub(crate) mod serve;

use clap::builder::Styles;
use clap::{Parser, Subcommand};

const EXAMPLE: &str = "\
Example:
  aegis demo        see instances killed, paused and drained under load, in twenty seconds
  aegis router      run a router on 127.0.0.1:4222";

/// In words what [`crate::exit_code::ExitCode`] is in code.
const EXIT_CODES: &str = "\
Exit codes:
  0    done; also when the reader of the output went away
  1    the answer is no: the handler failed, the demo lost a call, not healthy, anything else
  2    wrong flags, arguments or settings; nothing was tried
  3    nobody was there to ask, or nobody could take it: no handler ran
  4    a request was sent and its answer was lost: it may have run
  5    the address or the data directory belongs to another process
  130  stopped by a signal before the end";

/// Calls between services that stay up while instances die.
///
/// A router with an embedded NATS broker knows which instances of a service are alive and sends each call
/// to one of them; when an instance dies, calls go on to another.
#[derive(Debug, Parser)]
#[command(
    name = "aegis",
    version,
    max_term_width = 100,
    styles = Styles::plain(),
    after_help = EXAMPLE,
    after_long_help = format!("{EXAMPLE}\n\n{EXIT_CODES}")
)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub output: output::OutputArgs,

    #[command(subcommand)]
    pub command: Command,
}

/// Noun then verb.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Demo(demo::DemoArgs),
    Router(serve::RouterArgs),
    Broker(serve::BrokerArgs),
    /// Ask about services.
    #[command(subcommand)]
    Service(ServiceCommand),
    /// Ask about instances, and say what becomes of them.
    #[command(subcommand)]
    Instance(InstanceCommand),
    Call(call::CallArgs),
    Health(health::HealthArgs),
    Doctor(doctor::DoctorArgs),
    /// Look at the settings.
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Measure, beside a NATS server on the same machine.
    #[command(subcommand)]
    Bench(bench::BenchCommand),
    Completion(completion::CompletionArgs),
    #[command(hide = true)]
    BenchWorker(bench::BenchWorkerArgs),
    #[command(hide = true)]
    ToyService(demo::ToyServiceArgs),
    // Promised by the first AegisIPC.
    #[command(hide = true)]
    ListServices(list::ServiceListArgs),
    #[command(hide = true)]
    Disconnect(operate::DisconnectArgs),
}

#[derive(Debug, Subcommand)]
#[command(after_help = "Example:\n  aegis service ls\n  aegis service watch")]
pub(crate) enum ServiceCommand {
    Ls(list::ServiceListArgs),
    Info(inspect::ServiceInfoArgs),
    Watch(inspect::ServiceWatchArgs),
}

#[derive(Debug, Subcommand)]
#[command(
    after_help = "Example:\n  aegis instance ls billing\n  aegis instance info billing billing-1"
)]
pub(crate) enum InstanceCommand {
    Ls(list::InstanceListArgs),
    Info(inspect::InstanceInfoArgs),
    Drain(operate::DrainArgs),
    Undrain(operate::UndrainArgs),
    Evict(operate::EvictArgs),
}

#[derive(Debug, Subcommand)]
#[command(after_help = "Example:\n  aegis config show")]
pub(crate) enum ConfigCommand {
    Show(config::ConfigShowArgs),
    Validate(config::ConfigValidateArgs),
}

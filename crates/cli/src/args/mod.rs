//! What can be typed: definitions only. What it means is in `settings` and `commands`.

pub(crate) mod call;
pub(crate) mod connect;
pub(crate) mod demo;
pub(crate) mod duration;
pub(crate) mod list;
pub(crate) mod name;
pub(crate) mod output;
pub(crate) mod serve;

use clap::builder::Styles;
use clap::{Parser, Subcommand};

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
    after_help = "Example:\n  aegis demo        see an instance killed under load, in about 12 seconds\n  \
                  aegis router      run a router on 127.0.0.1:4222"
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
    /// Ask about instances.
    #[command(subcommand)]
    Instance(InstanceCommand),
    Call(call::CallArgs),
    #[command(hide = true)]
    ToyService(demo::ToyServiceArgs),
}

#[derive(Debug, Subcommand)]
#[command(after_help = "Example:\n  aegis service ls")]
pub(crate) enum ServiceCommand {
    Ls(list::ServiceListArgs),
}

#[derive(Debug, Subcommand)]
#[command(after_help = "Example:\n  aegis instance ls billing")]
pub(crate) enum InstanceCommand {
    Ls(list::InstanceListArgs),
}

//! `call`.

use clap::Args;

use super::connect::ConnectArgs;
use super::name;

/// Call a method of a service and print its result as JSON.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  aegis call billing quote '{\"order\": 7}'\n  echo '[1, 2]' | aegis call calc add -\n\nExit code 4 says that the outcome is unknown: the call may have run."
)]
pub(crate) struct CallArgs {
    /// The service's name.
    #[arg(value_parser = name::service)]
    pub service: String,

    /// The method's name.
    #[arg(value_parser = name::method)]
    pub method: String,

    /// The params as JSON; `-` reads them from stdin.
    #[arg(default_value = "null", hide_default_value = true)]
    pub params: String,

    /// Let another instance answer when one fails in a way that is safe to repeat. Never repeats an
    /// `at_most_once` method that may have run.
    #[arg(long)]
    pub failover: bool,

    /// Make the call this many times, one after the other.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    pub count: u32,

    #[command(flatten)]
    pub connect: ConnectArgs,
}

//! `health`.

use clap::Args;

use super::connect::ConnectArgs;
use super::name;

/// Ask the router whether all is well, and why not.
///
/// `ok`: every instance is healthy. `degraded`: calls go through, and somebody should look. `unhealthy`: a service has
/// instances and none of them is healthy, or fewer than 80 % of all are; with --service: there is nobody to call. Ends
/// with 0 if it is ok or degraded, with 1 if it is unhealthy, with 3 if no router answers.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  aegis health
  aegis health --service billing -o json | jq -r '.reasons[].detail'
  aegis health --router --timeout 2s    for the check of the router's own container:
                                        HEALTHCHECK CMD [\"aegis\", \"health\", \"--router\", \"--timeout\", \"2s\"]")]
pub(crate) struct HealthArgs {
    /// Only this service, as somebody who wants to call it.
    #[arg(long, value_name = "NAME", value_parser = name::service, conflicts_with = "router")]
    pub service: Option<String>,

    /// Only whether the router answers: a restart of the router heals no instance.
    #[arg(long)]
    pub router: bool,

    #[command(flatten)]
    pub connect: ConnectArgs,
}

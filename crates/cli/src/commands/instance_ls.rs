//! `instance ls`.

use aegis_client::{Client, InstanceEntry};

use super::connect::{with_client, within};
use crate::args::list::InstanceListArgs;
use crate::config::Settings;
use crate::failure::{Failure, Outcome};
use crate::printer::{Printer, Row};

/// Lists the instances of one service, or of all.
pub(super) fn run(args: &InstanceListArgs, settings: &Settings, printer: &Printer) -> Outcome {
    let instances = with_client(settings, async |client| {
        within(settings, instances(&client, args.service.as_deref())).await
    })?;
    Ok(printer.list(&instances)?)
}

pub(super) async fn instances(
    client: &Client,
    service: Option<&str>,
) -> Outcome<Vec<InstanceEntry>> {
    if let Some(service) = service {
        let listed = client.instances(service).await;
        return listed.map_err(|error| {
            Failure::from(error).about(format!("cannot list the instances of `{service}`"))
        });
    }
    let mut instances = Vec::new();
    for service in client.services().await? {
        instances.extend(client.instances(&service.name).await?);
    }
    Ok(instances)
}

impl Row for InstanceEntry {
    const HEADER: &'static [&'static str] = &[
        "SERVICE",
        "INSTANCE",
        "HEALTH",
        "REASON",
        "LIFECYCLE",
        "ROUTABLE",
        "IN FLIGHT",
        "HEARD OF",
        "KIND",
    ];

    fn cells(&self) -> Vec<String> {
        vec![
            self.service.clone(),
            self.instance.clone(),
            self.health.clone(),
            self.reason.clone(),
            self.lifecycle.clone(),
            if self.routable { "yes" } else { "no" }.to_owned(),
            self.in_flight.to_string(),
            format!("{} ms ago", self.last_heartbeat_ms_ago),
            self.kind.clone(),
        ]
    }
}

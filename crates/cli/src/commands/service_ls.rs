//! `service ls`.

use aegis_client::ServiceEntry;

use super::connect::{with_client, within};
use crate::config::Settings;
use crate::failure::Outcome;
use crate::printer::{Printer, Row};

/// Lists what the router knows.
pub(super) fn run(settings: &Settings, printer: &Printer) -> Outcome {
    let services = with_client(settings, async |client| {
        within(settings, async { Ok(client.services().await?) }).await
    })?;
    Ok(printer.list(&services)?)
}

impl Row for ServiceEntry {
    const HEADER: &'static [&'static str] = &[
        "SERVICE",
        "INSTANCES",
        "JOINING",
        "HEALTHY",
        "SUSPECT",
        "UNHEALTHY",
        "IN FLIGHT",
        "METHODS",
    ];

    fn cells(&self) -> Vec<String> {
        let methods: Vec<&str> = self
            .methods
            .iter()
            .map(|method| method.name.as_str())
            .collect();
        vec![
            self.name.clone(),
            self.instances.to_string(),
            self.joining.to_string(),
            self.healthy.to_string(),
            self.suspect.to_string(),
            self.unhealthy.to_string(),
            self.in_flight.to_string(),
            methods.join(", "),
        ]
    }
}

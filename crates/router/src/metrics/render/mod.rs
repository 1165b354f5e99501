//! From numbers to OpenMetrics text. Names and label names come from the catalogue alone.

mod calls;
mod host;
mod instances;
mod legacy;
mod rows;

use std::fmt;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::DescriptorEncoder;
use prometheus_client::encoding::text::encode;
use prometheus_client::registry::Registry;

use super::Snapshot;
pub use host::HostNumbers;
use rows::Rows;

/// What the text is, for whoever serves it.
pub const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// A scrape as text. `legacy_names`: with those of the first AegisIPC as well.
#[must_use]
pub fn render(snapshot: Snapshot, host: HostNumbers, legacy_names: bool) -> String {
    let mut registry = Registry::default();
    registry.register_collector(Box::new(Scrape {
        snapshot,
        host,
        legacy_names,
    }));
    let mut text = String::new();
    // Writing to a string does not fail.
    let _ = encode(&mut text, &registry);
    text
}

#[derive(Debug)]
struct Scrape {
    snapshot: Snapshot,
    host: HostNumbers,
    legacy_names: bool,
}

impl Collector for Scrape {
    fn encode(&self, encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let mut rows = Rows::new(encoder);
        host::router(&mut rows, &self.host, &self.snapshot)?;
        instances::heartbeats(&mut rows, &self.snapshot)?;
        instances::instances(&mut rows, &self.snapshot)?;
        calls::calls(&mut rows, &self.snapshot)?;
        calls::messages(&mut rows, &self.snapshot, &self.host)?;
        host::broker(&mut rows, &self.host)?;
        if self.legacy_names {
            legacy::all(&mut rows, &self.snapshot)?;
        }
        Ok(())
    }
}

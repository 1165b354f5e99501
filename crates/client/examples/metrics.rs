//! The SDK's numbers in a registry of the program's own: a collector asks for them at each scrape.
//!
//!     cargo run -p aegis-client --example metrics

#![expect(clippy::print_stdout, reason = "an example talks to whoever runs it")]

use std::error::Error;
use std::fmt;

use aegis_client::Client;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, NoLabelSet};
use prometheus_client::metrics::MetricType;
use prometheus_client::registry::{Registry, Unit};

struct Calls(Client);

impl fmt::Debug for Calls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Calls")
    }
}

impl Collector for Calls {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let numbers = self.0.numbers();
        let outcomes = [
            ("ok", numbers.ok),
            ("not_run", numbers.not_run),
            ("ran", numbers.ran),
            ("unknown", numbers.unknown),
        ];
        let mut calls =
            encoder.encode_descriptor("calls", "Calls ended", None, MetricType::Counter)?;
        for (outcome, count) in outcomes {
            let labels = [("outcome", outcome)];
            let mut row = calls.encode_family(&labels)?;
            row.encode_counter::<NoLabelSet, u64, f64>(&count, None)?;
        }
        let (help, unit) = ("All calls together", Some(&Unit::Seconds));
        let took = numbers.took.as_secs_f64();
        encoder
            .encode_descriptor("calls_took", help, unit, MetricType::Counter)?
            .encode_counter::<NoLabelSet, f64, f64>(&took, None)
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let client = Client::connect("nats://127.0.0.1:4222").await?;
    let mut registry = Registry::default();
    registry.register_collector(Box::new(Calls(client.clone())));
    let _: Result<i64, _> = client.call("calculator", "double", &21).await;
    let mut text = String::new();
    prometheus_client::encoding::text::encode(&mut text, &registry)?;
    println!("{text}");
    Ok(())
}

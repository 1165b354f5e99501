//! The SDK's numbers in a registry of the program's own: a service and a caller in one program, and a
//! collector that asks both at each scrape. The names are those of `docs/operations/monitoring.md`.
//!
//!     cargo run -p aegis-cli --bin aegis -- router &
//!     cargo run -p aegis-client --example metrics

#![expect(clippy::print_stdout, reason = "an example talks to whoever runs it")]

use std::error::Error;
use std::fmt;
use std::sync::Arc;

use aegis_client::{Client, Context, HandlerError, Histogram, Safety, Scale, Service, Serving};
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric, MetricEncoder, NoLabelSet};
use prometheus_client::metrics::MetricType;
use prometheus_client::registry::{Registry, Unit};

/// What this program calls, and what it serves.
struct Numbers {
    client: Client,
    serving: Arc<Serving>,
}

impl fmt::Debug for Numbers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Numbers")
    }
}

/// A histogram as this library writes it.
struct Spans<'a>(&'a Histogram);

impl EncodeMetric for Spans<'_> {
    fn encode(&self, mut encoder: MetricEncoder<'_>) -> fmt::Result {
        let buckets = self.0.buckets(Scale::Spans);
        let (sum, count) = (self.0.sum().as_secs_f64(), self.0.count());
        encoder.encode_histogram::<NoLabelSet>(sum, count, &buckets, None)
    }

    fn metric_type(&self) -> MetricType {
        MetricType::Histogram
    }
}

impl Collector for Numbers {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        self.of_the_caller(&mut encoder)?;
        self.of_the_service(&mut encoder)
    }
}

impl Numbers {
    fn of_the_caller(&self, encoder: &mut DescriptorEncoder<'_>) -> fmt::Result {
        let numbers = self.client.numbers();
        let (name, help) = ("aegis_client_calls", "Calls that ended");
        let mut calls = encoder.encode_descriptor(name, help, None, MetricType::Counter)?;
        for of in &numbers.services {
            let outcomes = [
                ("ok", of.ok),
                ("not_run", of.not_run),
                ("ran", of.ran),
                ("unknown", of.unknown),
            ];
            for (outcome, count) in outcomes {
                let labels = [("service", of.service.as_str()), ("outcome", outcome)];
                let mut row = calls.encode_family(&labels)?;
                row.encode_counter::<NoLabelSet, u64, f64>(&count, None)?;
            }
        }
        let (name, help) = ("aegis_client_call_duration", "From the call to its end");
        let seconds = Some(&Unit::Seconds);
        let mut spans = encoder.encode_descriptor(name, help, seconds, MetricType::Histogram)?;
        for of in &numbers.services {
            let labels = [("service", of.service.as_str())];
            Spans(&of.durations).encode(spans.encode_family(&labels)?)?;
        }
        Ok(())
    }

    fn of_the_service(&self, encoder: &mut DescriptorEncoder<'_>) -> fmt::Result {
        let numbers = self.serving.numbers();
        let (name, help) = ("aegis_service_handled", "Handlers that ended");
        let mut handled = encoder.encode_descriptor(name, help, None, MetricType::Counter)?;
        for of in &numbers.methods {
            let outcomes = [("ok", of.handled - of.failed), ("failed", of.failed)];
            for (outcome, count) in outcomes {
                let labels = [("method", of.method.as_str()), ("outcome", outcome)];
                let mut row = handled.encode_family(&labels)?;
                row.encode_counter::<NoLabelSet, u64, f64>(&count, None)?;
            }
        }
        let (name, help) = (
            "aegis_service_handling_duration",
            "From start to end of a handler",
        );
        let seconds = Some(&Unit::Seconds);
        let mut spans = encoder.encode_descriptor(name, help, seconds, MetricType::Histogram)?;
        for of in &numbers.methods {
            let labels = [("method", of.method.as_str())];
            Spans(&of.durations).encode(spans.encode_family(&labels)?)?;
        }
        let beats = [
            (
                "aegis_service_heartbeats_sent",
                "Heartbeats sent",
                numbers.heartbeats_sent,
            ),
            (
                "aegis_service_heartbeats_acknowledged",
                "Heartbeats that the router confirmed",
                numbers.heartbeats_acknowledged,
            ),
        ];
        for (name, help, count) in beats {
            encoder
                .encode_descriptor(name, help, None, MetricType::Counter)?
                .encode_counter::<NoLabelSet, u64, f64>(&count, None)?;
        }
        let (name, help) = ("aegis_service_lag", "How late the handlers' runtime ran");
        encoder
            .encode_descriptor(name, help, seconds, MetricType::Gauge)?
            .encode_gauge(&numbers.lag.as_secs_f64())
    }
}

async fn double(_: Context, number: i64) -> Result<i64, HandlerError> {
    Ok(number * 2)
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let client = Client::connect("nats://127.0.0.1:4222").await?;
    let calculator = Service::new("calculator").method("double", Safety::Idempotent, double);
    let serving = Arc::new(client.serve(calculator).await?);
    let mut registry = Registry::default();
    registry.register_collector(Box::new(Numbers {
        client: client.clone(),
        serving: Arc::clone(&serving),
    }));
    let doubled: i64 = client.call("calculator", "double", &21).await?;
    println!("{doubled}");
    let mut text = String::new();
    prometheus_client::encoding::text::encode(&mut text, &registry)?;
    println!("{text}");
    Ok(())
}

use std::fmt;

use aegis_core::metrics::{Histogram, Scale};
use prometheus_client::encoding::{DescriptorEncoder, MetricEncoder, NoLabelSet};
use prometheus_client::metrics::MetricType;
use prometheus_client::registry::Unit;

use crate::metrics::catalogue::{Kind, Metric};

/// Writes families one after the other.
pub(super) struct Rows<'a> {
    encoder: DescriptorEncoder<'a>,
}

/// One family being written.
pub(super) struct Family<'a, 'r> {
    encoder: MetricEncoder<'a>,
    metric: &'r Metric,
}

impl<'a> Rows<'a> {
    pub(super) fn new(encoder: DescriptorEncoder<'a>) -> Rows<'a> {
        Rows { encoder }
    }

    pub(super) fn family<'r>(
        &'r mut self,
        metric: &'r Metric,
    ) -> Result<Family<'r, 'r>, fmt::Error> {
        let kind = match metric.kind {
            Kind::Counter => MetricType::Counter,
            Kind::Gauge => MetricType::Gauge,
            Kind::Histogram => MetricType::Histogram,
        };
        // The library appends what the catalogue has: `_total`, and before it the unit.
        let name = metric.name.strip_suffix("_total").unwrap_or(metric.name);
        let (unit, suffix) = match metric.unit() {
            "seconds" => (Some(&Unit::Seconds), "_seconds"),
            "bytes" => (Some(&Unit::Bytes), "_bytes"),
            _ => (None, ""),
        };
        let name = name.strip_suffix(suffix).unwrap_or(name);
        let encoder = self
            .encoder
            .encode_descriptor(name, metric.meaning, unit, kind)?;
        Ok(Family { encoder, metric })
    }

    /// A family without labels.
    pub(super) fn one(&mut self, metric: &Metric, value: u64) -> fmt::Result {
        self.family(metric)?.number(&[], value)
    }

    /// One row per value of the only label.
    pub(super) fn by_label<'v>(
        &mut self,
        metric: &Metric,
        values: impl IntoIterator<Item = (&'v str, u64)>,
    ) -> fmt::Result {
        let mut family = self.family(metric)?;
        for (label, value) in values {
            family.number(&[label], value)?;
        }
        Ok(())
    }
}

impl Family<'_, '_> {
    /// A row of a counter or gauge. `values` are those of the labels, in their order.
    pub(super) fn number(&mut self, values: &[&str], value: u64) -> fmt::Result {
        debug_assert_eq!(values.len(), self.metric.labels.len(), "{:?}", self.metric);
        let labels = labels(self.metric, values);
        let mut row = self.encoder.encode_family(&labels)?;
        match self.metric.kind {
            Kind::Counter => row.encode_counter::<NoLabelSet, u64, f64>(&value, None),
            // As a float, since the library's whole numbers are signed.
            Kind::Gauge | Kind::Histogram => row.encode_gauge(&(value as f64)),
        }
    }

    /// A row of a histogram of work.
    pub(super) fn histogram(&mut self, values: &[&str], spans: &Histogram) -> fmt::Result {
        self.buckets(values, spans, Scale::Spans)
    }

    /// A row of a histogram of gaps between heartbeats.
    pub(super) fn gaps(&mut self, values: &[&str], gaps: &Histogram) -> fmt::Result {
        self.buckets(values, gaps, Scale::Gaps)
    }

    fn buckets(&mut self, values: &[&str], histogram: &Histogram, scale: Scale) -> fmt::Result {
        let labels = labels(self.metric, values);
        let buckets = histogram.buckets(scale);
        self.encoder
            .encode_family(&labels)?
            .encode_histogram::<NoLabelSet>(
                histogram.sum().as_secs_f64(),
                histogram.count(),
                &buckets,
                None,
            )
    }
}

fn labels<'v>(metric: &Metric, values: &[&'v str]) -> Vec<(&'static str, &'v str)> {
    let names = metric.labels.iter().copied();
    names.zip(values.iter().copied()).collect()
}

//! One event, one JSON object, with fields that stay where they are.
//!
//! `timestamp` (RFC 3339), `level`, `target`, `message` are always there; `event` (a stable code),
//! `trace_id`, `service`, `instance` and whatever else the event carries stand beside them, not in a
//! nested object, so that `jq -r .trace_id` finds them.

use std::error::Error;
use std::fmt;

use serde::{Serialize, Serializer};
use serde_json::Value;
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;

/// Formats events as JSON lines.
#[derive(Debug)]
pub(super) struct JsonLines;

impl<S, N> FormatEvent<S, N> for JsonLines
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        _: &FmtContext<'_, S, N>,
        mut out: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let line = Line::of(event, &format!("{:.6}", jiff::Timestamp::now()));
        let text = serde_json::to_string(&line).map_err(|_| fmt::Error)?;
        writeln!(out, "{text}")
    }
}

/// The fields of one line, in the order they are written.
struct Line(Vec<(&'static str, Value)>);

impl Line {
    fn of(event: &Event<'_>, timestamp: &str) -> Self {
        let metadata = event.metadata();
        let mut line = Self(vec![
            ("timestamp", timestamp.into()),
            (
                "level",
                metadata.level().as_str().to_ascii_lowercase().into(),
            ),
            ("target", metadata.target().into()),
            ("message", Value::String(String::new())),
        ]);
        event.record(&mut line);
        line
    }

    /// A name comes once: an event's own `level` must not hide ours, only `message` is its to fill.
    fn put(&mut self, field: &Field, value: impl Into<Value>) {
        let name = field.name();
        match self.0.iter_mut().find(|(taken, _)| *taken == name) {
            Some((_, message)) if name == "message" => *message = value.into(),
            Some(_) => {}
            None => self.0.push((name, value.into())),
        }
    }
}

impl Serialize for Line {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, value)| (name, value)))
    }
}

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.put(field, format!("{value:?}"));
    }
    fn record_str(&mut self, field: &Field, value: &str) {
        self.put(field, value);
    }
    fn record_bool(&mut self, field: &Field, value: bool) {
        self.put(field, value);
    }
    fn record_i64(&mut self, field: &Field, value: i64) {
        self.put(field, value);
    }
    fn record_u64(&mut self, field: &Field, value: u64) {
        self.put(field, value);
    }
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.put(field, value);
    }
    fn record_error(&mut self, field: &Field, value: &(dyn Error + 'static)) {
        self.put(field, value.to_string());
    }
}

#[cfg(test)]
mod tests {
    use std::io::{self, Write};
    use std::sync::{Arc, Mutex};

    use super::*;

    #[derive(Clone, Default)]
    struct Sink(Arc<Mutex<Vec<u8>>>);

    impl Write for Sink {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_line_is_one_flat_object_and_ours_stay_ours() {
        let sink = Sink::default();
        let writer = sink.clone();
        let subscriber = tracing_subscriber::fmt()
            .event_format(JsonLines)
            .with_writer(move || writer.clone())
            .finish();
        tracing::subscriber::with_default(subscriber, || {
            tracing::warn!(
                event = "instance_lost",
                service = "billing",
                calls = 3,
                level = "no",
                "gone"
            );
        });
        let text = String::from_utf8(sink.0.lock().unwrap().clone()).unwrap();
        assert_eq!(text.lines().count(), 1);
        let line: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(line["level"], "warn");
        assert_eq!(line["message"], "gone");
        assert_eq!(line["event"], "instance_lost");
        assert_eq!(line["service"], "billing");
        assert_eq!(line["calls"], 3);
        assert!(
            line["timestamp"]
                .as_str()
                .unwrap()
                .parse::<jiff::Timestamp>()
                .is_ok()
        );
    }
}

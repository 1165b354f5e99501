use std::time::Duration;

use aegis_types::limits::{MAX_CALL_TIMEOUT, MAX_INSTANCES_PER_CALL};
use aegis_types::{MethodName, RetryWish, ServiceName};

use super::{CallerKind, Exclusions};
use crate::names::name;
use crate::value::{Raw, Reader, ValueError, Writer, fields};

/// A call, from caller to router.
///
/// | key | type | needed | |
/// |---|---|---|---|
/// | `service_name`, `method` | text | yes | names; trimmed |
/// | `params` | any | default `{}` | the arguments; of legacy callers a map |
/// | `timeout` | number | no | seconds, above 0, at most 300 |
/// | `trace_id` | text | no | opaque, goes back with the reply |
/// | `message_id` | text | no | names the act; the same on every retry |
/// | `resource_id` | text | no | call the owner of this resource |
/// | `excluded_instances` | list of text | no | ids not to be tried, at most 256 |
/// | `require_ack` | bool | default false | legacy: the caller's SDK delivers reliably |
/// | `protocol` | int | native | the version spoken, at most 255; makes the caller a native one |
/// | `timeout_ms` | int | no | what is left, ms, 0 to 300,000; 0: passed. Wins over `timeout` |
/// | `max_instances` | int | no | attempts that may have run, 1 to 16 |
/// | `retry` | text | default `proof` | what may be sent again: `proof`, `unknown` or `failed` |
/// | `attempt_timeout_ms` | int | no | longest span of one attempt, ms, 1 to 300,000 |
/// | `caller` | text | no | who calls, for logs |
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RouteRequest<'a> {
    /// The service called.
    pub service_name: &'a str,
    /// The method called.
    pub method: &'a str,
    /// The arguments, as they came.
    pub params: Raw<'a>,
    /// How long the caller waits; zero if its deadline has passed.
    pub timeout: Option<Duration>,
    /// The caller's trace id.
    pub trace_id: Option<&'a str>,
    /// Names the act; the same on every retry.
    pub message_id: Option<&'a str>,
    /// The resource whose owner is called.
    pub resource_id: Option<&'a str>,
    /// Instances not to be tried.
    pub excluded_instances: Exclusions<'a>,
    /// A legacy SDK delivers this reliably: what is unknown must not look like a time-out to it.
    pub require_ack: bool,
    /// The version a native caller speaks.
    pub protocol: Option<u8>,
    /// Attempts that may have run.
    pub max_instances: Option<u8>,
    /// What the caller allows to be sent again.
    pub retry: RetryWish,
    /// Longest span of one attempt.
    pub attempt_timeout: Option<Duration>,
    /// Who calls, for logs.
    pub caller: Option<&'a str>,
}

impl<'a> RouteRequest<'a> {
    /// A request with everything optional left out.
    pub fn new(service_name: &'a str, method: &'a str, params: Raw<'a>) -> RouteRequest<'a> {
        RouteRequest {
            service_name,
            method,
            params,
            timeout: None,
            trace_id: None,
            message_id: None,
            resource_id: None,
            excluded_instances: Exclusions::default(),
            require_ack: false,
            protocol: None,
            max_instances: None,
            retry: RetryWish::default(),
            attempt_timeout: None,
            caller: None,
        }
    }

    /// Who asks: it decides how errors are shaped and who retries.
    pub fn caller_kind(&self) -> CallerKind {
        match self.protocol {
            Some(_) => CallerKind::Native,
            None => CallerKind::Legacy {
                require_ack: self.require_ack,
            },
        }
    }

    /// Reads and checks a message.
    pub fn decode(body: &'a [u8]) -> Result<RouteRequest<'a>, ValueError> {
        let mut request = RouteRequest::new("", "", Raw::EMPTY_MAP);
        let (mut service_name, mut method) = (None, None);
        let mut timeout_ms = None;
        fields(body, |key, reader| {
            match key {
                b"service_name" => service_name = Some(reader.text("service_name")?),
                b"method" => method = Some(reader.text("method")?),
                b"params" => request.params = reader.raw()?,
                b"timeout" => request.timeout = reader.nullable(seconds)?,
                b"timeout_ms" => timeout_ms = reader.nullable(timeout_left)?,
                b"trace_id" => request.trace_id = reader.nullable(|r| r.text("trace_id"))?,
                b"message_id" => request.message_id = reader.nullable(|r| r.text("message_id"))?,
                b"resource_id" => {
                    request.resource_id = reader.nullable(|r| r.text("resource_id"))?;
                }
                b"excluded_instances" => {
                    let excluded = reader.nullable(Exclusions::read)?;
                    request.excluded_instances = excluded.unwrap_or_default();
                }
                b"require_ack" => {
                    let ack = reader.nullable(|r| r.bool("require_ack"))?;
                    request.require_ack = ack.unwrap_or_default();
                }
                b"protocol" => {
                    request.protocol = reader.nullable(|r| r.uint_as("protocol", "below 256"))?;
                }
                b"max_instances" => request.max_instances = reader.nullable(max_instances)?,
                b"retry" => request.retry = reader.nullable(retry)?.unwrap_or_default(),
                b"attempt_timeout_ms" => {
                    request.attempt_timeout = reader.nullable(attempt_timeout)?;
                }
                b"caller" => request.caller = reader.nullable(|r| r.text("caller"))?,
                _ => reader.skip()?,
            }
            Ok(())
        })?;
        request.service_name = name("service_name", service_name, ServiceName::check)?;
        request.method = name("method", method, MethodName::check)?;
        request.timeout = timeout_ms.or(request.timeout);
        if request.protocol.is_none() && !request.params.is_map() {
            return Err(ValueError::WrongType {
                field: "params",
                expected: "a map",
            });
        }
        Ok(request)
    }

    /// Appends the message to `out`. A timeout is written in milliseconds, rounded up, so that a
    /// short one does not become "passed".
    pub fn encode(&self, out: &mut Vec<u8>) {
        Writer::new(out).map(|map| {
            map.key("service_name").text(self.service_name);
            map.key("method").text(self.method);
            map.key("params").raw(self.params);
            map.uint_if("timeout_ms", self.timeout.map(whole_millis));
            map.text_if("trace_id", self.trace_id);
            map.text_if("message_id", self.message_id);
            map.text_if("resource_id", self.resource_id);
            if !self.excluded_instances.is_empty() {
                let mut list = map.key("excluded_instances");
                list.array(self.excluded_instances.len());
                for id in self.excluded_instances.iter() {
                    list.text(id);
                }
            }
            if self.require_ack {
                map.key("require_ack").bool(true);
            }
            map.uint_if("protocol", self.protocol.map(u64::from));
            map.uint_if("max_instances", self.max_instances.map(u64::from));
            if self.retry != RetryWish::default() {
                map.key("retry").text(self.retry.as_str());
            }
            map.uint_if("attempt_timeout_ms", self.attempt_timeout.map(whole_millis));
            map.text_if("caller", self.caller);
        });
    }
}

/// Rounded up, so that what is left of a span never looks like nothing.
fn whole_millis(span: Duration) -> u64 {
    u64::try_from(span.as_nanos().div_ceil(1_000_000)).unwrap_or(u64::MAX)
}

fn seconds(reader: &mut Reader<'_>) -> Result<Duration, ValueError> {
    let seconds = reader.float("timeout")?;
    Duration::try_from_secs_f64(seconds)
        .ok()
        .filter(|span| !span.is_zero() && *span <= MAX_CALL_TIMEOUT)
        .ok_or(ValueError::OutOfRange {
            field: "timeout",
            allowed: "above 0 and at most 300 seconds",
        })
}

fn timeout_left(reader: &mut Reader<'_>) -> Result<Duration, ValueError> {
    let span = Duration::from_millis(reader.millis("timeout_ms")?);
    (span <= MAX_CALL_TIMEOUT)
        .then_some(span)
        .ok_or(ValueError::OutOfRange {
            field: "timeout_ms",
            allowed: "at most 300000 milliseconds",
        })
}

fn attempt_timeout(reader: &mut Reader<'_>) -> Result<Duration, ValueError> {
    let span = Duration::from_millis(reader.millis("attempt_timeout_ms")?);
    (!span.is_zero() && span <= MAX_CALL_TIMEOUT)
        .then_some(span)
        .ok_or(ValueError::OutOfRange {
            field: "attempt_timeout_ms",
            allowed: "1 to 300000 milliseconds",
        })
}

fn max_instances(reader: &mut Reader<'_>) -> Result<u8, ValueError> {
    u8::try_from(reader.uint("max_instances")?)
        .ok()
        .filter(|count| (1..=MAX_INSTANCES_PER_CALL).contains(count))
        .ok_or(ValueError::OutOfRange {
            field: "max_instances",
            allowed: "1 to 16",
        })
}

fn retry(reader: &mut Reader<'_>) -> Result<RetryWish, ValueError> {
    RetryWish::from_word(reader.text("retry")?).ok_or(ValueError::OutOfRange {
        field: "retry",
        allowed: "`proof`, `unknown` or `failed`",
    })
}

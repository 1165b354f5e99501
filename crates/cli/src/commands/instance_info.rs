//! `instance info`.

use aegis_client::{Client, InstanceEntry};

use super::connect::{with_client, within};
use super::facts::{facts, span};
use crate::args::inspect::InstanceInfoArgs;
use crate::config::Settings;
use crate::exit_code::ExitCode;
use crate::failure::{Failure, Outcome};
use crate::printer::Printer;

/// Shows one instance.
pub(super) fn run(args: &InstanceInfoArgs, settings: &Settings, printer: &Printer) -> Outcome {
    let (service, instance) = (&args.instance.service, &args.instance.instance);
    let entry = with_client(settings, async |client| {
        within(settings, find(&client, service, instance)).await
    })?;
    Ok(printer.object(&entry, &facts(&lines(&entry)))?)
}

/// The entry of an instance that must be there.
pub(super) async fn find(client: &Client, service: &str, instance: &str) -> Outcome<InstanceEntry> {
    let found = client.instance(service, instance).await.map_err(|error| {
        Failure::from(error).about(format!("cannot look up `{instance}` of `{service}`"))
    })?;
    found.ok_or_else(|| {
        let cause = anyhow::anyhow!("no instance `{instance}` of `{service}` is registered");
        Failure::new(ExitCode::Failure, cause).hint(format!(
            "`aegis instance ls {service}` shows those that are"
        ))
    })
}

fn lines(entry: &InstanceEntry) -> Vec<(&'static str, String)> {
    let mut lines = vec![
        ("service", entry.service.clone()),
        ("instance", entry.instance.clone()),
        ("incarnation", entry.incarnation.to_string()),
        ("kind", entry.kind.clone()),
        ("health", health(entry)),
        (
            "routable",
            if entry.routable { "yes" } else { "no" }.to_owned(),
        ),
        ("lifecycle", lifecycle(entry)),
        ("in flight", in_flight(entry)),
        (
            "heard of",
            format!("{} ago", span(entry.last_heartbeat_ms_ago)),
        ),
        (
            "heartbeats",
            format!(
                "every {}, lease {}",
                span(entry.heartbeat_interval_ms),
                span(entry.lease_ttl_ms)
            ),
        ),
        ("registered", entry.registered_at.clone()),
    ];
    if entry.ejected_for_ms > 0 {
        let text = format!(
            "its calls go badly: for another {}",
            span(entry.ejected_for_ms)
        );
        lines.push(("ejected", text));
    }
    let optional = [
        ("says", entry.self_report.clone()),
        ("runtime lag", entry.lag_ms.map(span)),
        ("version", entry.version.clone()),
        ("role", entry.role.clone()),
        ("resource", entry.resource_id.clone()),
    ];
    lines.extend(
        optional
            .into_iter()
            .filter_map(|(name, value)| Some((name, value?))),
    );
    lines
}

/// `suspect since 200 ms: silent for 1810 ms (late)`.
fn health(entry: &InstanceEntry) -> String {
    let mut text = entry.health.clone();
    if let Some(since) = entry.since_ms_ago {
        text.push_str(&format!(" since {}", span(since)));
    }
    match entry.evidence.as_deref() {
        Some(evidence) if !evidence.is_empty() => {
            text.push_str(&format!(": {evidence} ({})", entry.reason));
        }
        _ => text.push_str(&format!(": {}", entry.reason)),
    }
    text
}

/// The operator's word is another one than the instance's own.
fn lifecycle(entry: &InstanceEntry) -> String {
    match entry.operator.as_deref() {
        Some(word) => format!("{}, and the operator said `{word}`", entry.lifecycle),
        None => entry.lifecycle.clone(),
    }
}

fn in_flight(entry: &InstanceEntry) -> String {
    match entry.capacity {
        Some(capacity) => format!("{} of {capacity}", entry.in_flight),
        None => entry.in_flight.to_string(),
    }
}

//! `health`.

use super::connect::{with_client, within};
use super::facts::{facts, span};
use crate::args::health::HealthArgs;
use crate::config::Settings;
use crate::exit_code::ExitCode;
use crate::failure::{Failure, Outcome};
use crate::health::{Report, Scope, Status, ask};
use crate::printer::Printer;

/// Prints the judgement, and ends as it says.
pub(super) fn run(args: &HealthArgs, settings: &Settings, printer: &Printer) -> Outcome {
    let scope = match (&args.service, args.router) {
        (Some(name), _) => Scope::Service(name),
        (None, true) => Scope::Router,
        (None, false) => Scope::All,
    };
    let report = with_client(settings, async |client| {
        within(settings, async { Ok(ask(&client, scope).await?) }).await
    })?;
    printer.object(&report, &text(&report))?;
    match report.status {
        Status::Ok | Status::Degraded => Ok(()),
        Status::Unhealthy => {
            let worst = report.reasons.first();
            let why = worst.map_or("unhealthy", |reason| reason.detail.as_str());
            let about = worst.and_then(|reason| reason.service.as_deref());
            let cause = match about {
                Some(service) => anyhow::anyhow!("unhealthy: `{service}`: {why}"),
                None => anyhow::anyhow!("unhealthy: {why}"),
            };
            Err(Failure::new(ExitCode::Failure, cause)
                .hint("`aegis instance ls` shows each instance with its evidence"))
        }
    }
}

fn text(report: &Report) -> String {
    let mut lines = vec![("health", report.status.as_str().to_owned())];
    lines.extend(report.fleet.as_ref().map(|fleet| {
        let text = format!(
            "{} of {} healthy ({} %), in {} services",
            fleet.healthy, fleet.instances, fleet.healthy_percent, fleet.services
        );
        ("instances", text)
    }));
    let router = &report.router;
    let since = span(router.trust_since_ms_ago);
    let trust = format!("{}, {} since {since}", router.id, router.trust);
    lines.push(("router", trust));
    let mut name = "because";
    for reason in &report.reasons {
        let about = match &reason.service {
            Some(service) => format!("{service}: "),
            None => String::new(),
        };
        lines.push((name, format!("{about}{} ({})", reason.detail, reason.code)));
        name = "";
    }
    let mut name = "not healthy";
    for it in &report.not_healthy {
        let why = match it.evidence.as_deref() {
            Some(evidence) if !evidence.is_empty() => format!("{evidence} ({})", it.reason),
            _ => it.reason.clone(),
        };
        let since = match it.since_ms_ago {
            Some(since) => format!(" since {}", span(since)),
            None => String::new(),
        };
        let text = format!(
            "{} {} is {}{since}: {why}",
            it.service, it.instance, it.health
        );
        lines.push((name, text));
        name = "";
    }
    if report.not_healthy_left_out > 0 {
        lines.push((name, format!("and {} more", report.not_healthy_left_out)));
    }
    facts(&lines)
}

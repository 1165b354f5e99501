//! `service info`.

use aegis_client::{Client, InstanceEntry, RouterEntry, ServiceEntry};
use serde::Serialize;

use super::connect::{with_client, within};
use super::facts::{facts, span};
use crate::args::inspect::ServiceInfoArgs;
use crate::config::Settings;
use crate::exit_code::ExitCode;
use crate::failure::{Failure, Outcome};
use crate::printer::{Printer, table};

/// What is known of one service. Field names are stable.
#[derive(Debug, Serialize)]
struct ServiceInfo {
    service: ServiceEntry,
    instances: Vec<InstanceEntry>,
    router: Option<RouterEntry>,
}

/// Shows one service.
pub(super) fn run(args: &ServiceInfoArgs, settings: &Settings, printer: &Printer) -> Outcome {
    let info = with_client(settings, async |client| {
        within(settings, ask(&client, &args.service)).await
    })?;
    let mut text = facts(&lines(&info));
    if !info.instances.is_empty() {
        text = format!("{text}\n\n{}", table(&info.instances));
    }
    Ok(printer.object(&info, &text)?)
}

async fn ask(client: &Client, name: &str) -> Outcome<ServiceInfo> {
    let Some(service) = client.service(name).await? else {
        let cause = anyhow::anyhow!("no service `{name}`: no instance ever registered it");
        return Err(Failure::new(ExitCode::Failure, cause)
            .hint("`aegis service ls` shows those that are known"));
    };
    Ok(ServiceInfo {
        service,
        instances: client.instances(name).await?,
        router: client.router().await?,
    })
}

fn lines(info: &ServiceInfo) -> Vec<(&'static str, String)> {
    let service = &info.service;
    let methods: Vec<String> = service
        .methods
        .iter()
        .map(|method| format!("{} ({})", method.name, method.safety))
        .collect();
    let mut lines = vec![
        ("service", service.name.clone()),
        ("instances", instances(service)),
        ("methods", methods.join(", ")),
        (
            "calls",
            format!(
                "{} since the router started, {} failed, {} rerouted, {} in flight",
                service.calls, service.failed, service.rerouted, service.in_flight
            ),
        ),
    ];
    lines.extend(service.policy.clone().map(|policy| ("policy", policy)));
    let budget = service.retry_budget_left;
    lines.extend(budget.map(|left| ("retry budget", format!("{left} left"))));
    if service.panic {
        let text = "so few are healthy that suspect instances are used like healthy ones";
        lines.push(("panic", text.to_owned()));
    }
    lines.extend(info.router.as_ref().map(|router| {
        let since = span(router.since_ms_ago);
        let text = format!("{}, {} since {since}", router.id, router.trust);
        ("router", text)
    }));
    lines
}

fn instances(service: &ServiceEntry) -> String {
    let counts = [
        (service.healthy, "healthy"),
        (service.joining, "joining"),
        (service.suspect, "suspect"),
        (service.unhealthy, "unhealthy"),
    ];
    let counts: Vec<String> = counts
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, word)| format!("{count} {word}"))
        .collect();
    match counts.as_slice() {
        [] => service.instances.to_string(),
        counts => format!("{}: {}", service.instances, counts.join(", ")),
    }
}

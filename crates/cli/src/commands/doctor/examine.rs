//! Everything that is looked at, in an order in which one thing explains the next.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use aegis_client::{InstanceEntry, ServiceEntry};
use aegis_wire::Subjects;
use aegis_wire::admin::{INFO, ROUTER, RouterInfo};

use super::finding::Finding;
use super::probe::{Unanswered, nonce};
use super::routers::{Answered, Seen};
use super::servers::{Reached, reach};
use super::{
    clock, evidence, fit, overlap, payload, permissions, responders, routers, servers, services,
    versions,
};
use crate::args::doctor::DoctorArgs;
use crate::commands::connect;
use crate::config::Settings;
use crate::failure::{Failure, Outcome};

/// A router on NATS servers says twice a second that it is there.
const ANNOUNCED_WITHIN: Duration = Duration::from_millis(1_200);

/// How long silence lasts until it counts, besides some round trips.
const SILENCE: Duration = Duration::from_millis(500);

/// What the router's own word was worth.
struct Asked {
    answer: Result<RouterInfo, String>,
    answered: Answered,
    /// When it was asked, by the wall clock here.
    at_ms: u64,
    round_trip: Duration,
}

/// All that was found.
pub(super) struct Examined {
    pub(super) findings: Vec<Finding>,
    /// Whether any server was reached.
    pub(super) reached: bool,
}

/// Looks at everything.
///
/// # Errors
/// When a setting that was checked does not hold after all.
pub(super) async fn all(args: &DoctorArgs, settings: &Settings) -> Outcome<Examined> {
    let mut findings = Vec::new();
    let Some(reached) = every_server(settings, &mut findings).await else {
        return Ok(Examined {
            findings,
            reached: false,
        });
    };
    let subjects = Subjects::new(&settings.prefix.value)
        .map_err(|error| Failure::new(crate::exit_code::ExitCode::Usage, error))?;
    inside(args, settings, &subjects, &reached, &mut findings).await;
    reached.probe.connection.close().await;
    Ok(Examined {
        findings,
        reached: true,
    })
}

/// Each server on its own, all at once; the first that let us in.
async fn every_server(settings: &Settings, findings: &mut Vec<Finding>) -> Option<Reached> {
    let options = settings.connect_options();
    let patience = settings.timeout.value;
    let tries: Vec<_> = options
        .servers
        .iter()
        .map(|address| {
            let attempt = reach(options.clone(), address.clone(), patience);
            (address.to_string(), tokio::spawn(attempt))
        })
        .collect();
    let mut first = None;
    for (address, attempt) in tries {
        let Ok(result) = attempt.await else {
            continue;
        };
        let seen = result.as_ref().map(|it| (&it.info, it.round_trip));
        findings.push(servers::verdict(&address, seen));
        first = first.or(result.ok());
    }
    first
}

/// What can be seen from a connection.
async fn inside(
    args: &DoctorArgs,
    settings: &Settings,
    subjects: &Subjects,
    reached: &Reached,
    findings: &mut Vec<Finding>,
) {
    let probe = &reached.probe;
    let patience = SILENCE + 4 * reached.round_trip;
    let presence = subjects.presence();
    let begun = Instant::now();
    // Refused, there is nothing to hear.
    let _ = probe.connection.subscribe(&presence, None);
    let asked = ask_router(reached, subjects, settings.timeout.value).await;
    let router = asked.answer.as_ref().ok();

    findings.push(versions::of_broker(&reached.info.version, router));
    findings.push(payload::verdict(
        reached.info.max_payload,
        router.and_then(|it| it.max_payload),
    ));
    let nobody = format!("_INBOX.{}", nonce());
    let answer = probe.ask(&nobody, b"", patience).await;
    findings.push(responders::verdict(&answer));
    findings.push(overlap::of_inboxes(probe, subjects, patience).await);
    findings.push(overlap::of_requests(probe, subjects, patience).await);

    if router.is_none_or(|it| it.broker != RouterInfo::EMBEDDED) {
        tokio::time::sleep(ANNOUNCED_WITHIN.saturating_sub(begun.elapsed())).await;
    }
    let announced = probe.heard_on(&presence);
    let announced: Vec<Seen> = announced
        .iter()
        .filter_map(|it| Seen::read(&it.payload))
        .collect();
    findings.push(routers::verdict(asked.answered, &announced));
    match &asked.answer {
        Ok(router) => {
            findings.push(versions::of_router(router, env!("CARGO_PKG_VERSION")));
            findings.push(clock::verdict(
                asked.at_ms,
                router.clock_ms,
                asked.round_trip,
            ));
            findings.push(evidence::verdict(router));
        }
        Err(why) => {
            for check in ["clock", "evidence"] {
                findings.push(Finding::could_not_look(check, why.clone()));
            }
        }
    }
    let service = args.service.as_deref().unwrap_or("aegis-doctor");
    findings.extend(permissions::look(probe, subjects, service, &args.job).await);
    registry(settings, asked, findings).await;
}

/// What the router knows of services, and whether it fits.
async fn registry(settings: &Settings, asked: Asked, findings: &mut Vec<Finding>) {
    let listed = match &asked.answer {
        Ok(_) => connect::within(settings, list(settings)).await,
        Err(why) => {
            findings.extend(fit::look(settings, None, &[]));
            findings.push(Finding::could_not_look("service", why.clone()));
            return;
        }
    };
    let router = asked.answer.as_ref().ok();
    match listed {
        Ok(listed) => {
            let entries: Vec<ServiceEntry> = listed.iter().map(|(it, _)| it.clone()).collect();
            findings.extend(fit::look(settings, router, &entries));
            findings.extend(services::look(&listed));
        }
        Err(failure) => {
            findings.extend(fit::look(settings, router, &[]));
            let why = match failure {
                Failure::Shown { cause, .. } => cause.to_string(),
                Failure::OutputClosed => String::new(),
            };
            findings.push(Finding::could_not_look("service", why));
        }
    }
}

async fn list(settings: &Settings) -> Outcome<Vec<(ServiceEntry, Vec<InstanceEntry>)>> {
    let client = connect::client(settings).await?;
    let mut listed = Vec::new();
    for service in client.services().await? {
        let instances = client.instances(&service.name).await?;
        listed.push((service, instances));
    }
    client.close().await;
    Ok(listed)
}

/// Asks the router of itself.
async fn ask_router(reached: &Reached, subjects: &Subjects, patience: Duration) -> Asked {
    let (at_ms, begun) = (wall_ms(), Instant::now());
    let subject = subjects.admin(ROUTER, INFO);
    let answer = reached.probe.ask(&subject, b"", patience).await;
    let round_trip = begun.elapsed();
    let answered = match &answer {
        Ok(_) => Answered::Yes,
        Err(Unanswered::NoResponders) => Answered::NoResponders,
        Err(Unanswered::Denied) => Answered::Denied,
        Err(Unanswered::Silence | Unanswered::Lost) => Answered::Silence,
    };
    let answer = match answer {
        Ok(body) => {
            RouterInfo::decode(&body).map_err(|error| format!("the router does not say: {error}"))
        }
        Err(Unanswered::Denied) => Err(format!("these credentials may not ask on {subject}")),
        Err(_) => Err("no router answers".to_owned()),
    };
    Asked {
        answer,
        answered,
        at_ms,
        round_trip,
    }
}

fn wall_ms() -> u64 {
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH);
    since_1970.map_or(0, |it| u64::try_from(it.as_millis()).unwrap_or(u64::MAX))
}

//! The operator's word about one instance.

use aegis_client::{Client, InstanceEntry, OperatorError, OperatorReply};
use aegis_wire::event::InstanceEvent;
use serde::Serialize;

use super::connect::with_client;
use super::{instance_info, instance_ls};
use crate::args::operate::{ConsentArgs, DisconnectArgs, DrainArgs, EvictArgs, UndrainArgs};
use crate::config::Settings;
use crate::exit_code::ExitCode;
use crate::failure::{Failure, Outcome};
use crate::printer::Printer;

/// What to say.
#[derive(Debug, Clone, Copy, Serialize)]
#[serde(rename_all = "snake_case")]
enum Word {
    Drain,
    Undrain,
    Evict,
}

/// What was done, or would be. Field names are stable.
#[derive(Debug, Serialize)]
struct Said {
    word: Word,
    /// Nothing was changed: this is what is there.
    dry_run: bool,
    service: String,
    instance: String,
    lifecycle: String,
    health: String,
    in_flight: Option<u64>,
    note: Option<String>,
}

/// `instance drain`.
pub(super) fn drain(args: &DrainArgs, settings: &Settings, printer: &Printer) -> Outcome {
    let (service, instance) = (&args.instance.service, &args.instance.instance);
    let dry_run = args.rehearsal.dry_run;
    with_client(settings, async |client| {
        say(&client, Word::Drain, service, instance, dry_run, printer).await
    })
}

/// `instance undrain`.
pub(super) fn undrain(args: &UndrainArgs, settings: &Settings, printer: &Printer) -> Outcome {
    let (service, instance) = (&args.instance.service, &args.instance.instance);
    let dry_run = args.rehearsal.dry_run;
    with_client(settings, async |client| {
        say(&client, Word::Undrain, service, instance, dry_run, printer).await
    })
}

/// `instance evict`.
pub(super) fn evict(args: &EvictArgs, settings: &Settings, printer: &Printer) -> Outcome {
    let (service, instance) = (&args.instance.service, &args.instance.instance);
    let dry_run = consent(&args.consent, instance)?;
    with_client(settings, async |client| {
        say(&client, Word::Evict, service, instance, dry_run, printer).await
    })
}

/// `disconnect`: evicts an instance of whatever service.
pub(super) fn disconnect(args: &DisconnectArgs, settings: &Settings, printer: &Printer) -> Outcome {
    let instance = &args.instance;
    let dry_run = consent(&args.consent, instance)?;
    with_client(settings, async |client| {
        let service = service_of(&client, instance).await?;
        say(&client, Word::Evict, &service, instance, dry_run, printer).await
    })
}

/// Whether it is only a rehearsal. What ends a registration needs a clear yes.
fn consent(args: &ConsentArgs, instance: &str) -> Outcome<bool> {
    if args.yes || args.rehearsal.dry_run {
        return Ok(args.rehearsal.dry_run);
    }
    let cause = anyhow::anyhow!(
        "an eviction ends the registration of `{instance}`; it stays out until it is started anew or `undrain` is said"
    );
    Err(Failure::new(ExitCode::Usage, cause).hint("say --yes, or look first with --dry-run"))
}

async fn service_of(client: &Client, instance: &str) -> Outcome<String> {
    let all = instance_ls::instances(client, None).await?;
    let mut services: Vec<String> = all
        .into_iter()
        .filter(|entry| entry.instance == instance)
        .map(|entry| entry.service)
        .collect();
    match services.as_slice() {
        [_] => Ok(services.remove(0)),
        [] => {
            let cause = anyhow::anyhow!("no instance `{instance}` is registered");
            Err(Failure::new(ExitCode::Failure, cause)
                .hint("`aegis instance ls` shows those that are"))
        }
        several => {
            let cause = anyhow::anyhow!(
                "`{instance}` is an instance of several services: {}",
                several.join(", ")
            );
            Err(Failure::new(ExitCode::Usage, cause).hint(format!(
                "say which: `aegis instance evict SERVICE {instance} --yes`"
            )))
        }
    }
}

async fn say(
    client: &Client,
    word: Word,
    service: &str,
    instance: &str,
    dry_run: bool,
    printer: &Printer,
) -> Outcome {
    let said = if dry_run {
        let entry = instance_info::find(client, service, instance).await?;
        word.rehearsed(entry)
    } else {
        let reply = match word {
            Word::Drain => client.drain_instance(service, instance).await,
            Word::Undrain => client.undrain_instance(service, instance).await,
            Word::Evict => client.evict_instance(service, instance).await,
        };
        word.done(reply.map_err(|error| word.failed(error, service, instance))?)
    };
    Ok(printer.object(&said, &said.text())?)
}

impl Word {
    const fn verb(self) -> &'static str {
        match self {
            Self::Drain => "drain",
            Self::Undrain => "undrain",
            Self::Evict => "evict",
        }
    }

    fn done(self, reply: OperatorReply) -> Said {
        Said {
            word: self,
            dry_run: false,
            service: reply.service,
            instance: reply.instance,
            lifecycle: reply.lifecycle,
            health: reply.health,
            in_flight: None,
            note: reply.note,
        }
    }

    fn rehearsed(self, entry: InstanceEntry) -> Said {
        Said {
            word: self,
            dry_run: true,
            service: entry.service,
            instance: entry.instance,
            lifecycle: entry.lifecycle,
            health: entry.health,
            in_flight: Some(entry.in_flight),
            note: None,
        }
    }

    fn failed(self, error: OperatorError, service: &str, instance: &str) -> Failure {
        Failure::from(error).about(format!(
            "cannot {} `{instance}` of `{service}`",
            self.verb()
        ))
    }
}

impl Said {
    fn text(&self) -> String {
        let Self {
            instance, service, ..
        } = self;
        if self.dry_run {
            return format!(
                "would {} {instance} of {service}: {}, {}, {} in flight; nothing was changed",
                self.word.verb(),
                self.health,
                self.lifecycle,
                self.in_flight.unwrap_or_default()
            );
        }
        let mut text = match self.word {
            Word::Drain => format!("{instance} of {service} gets no new calls"),
            Word::Undrain if self.health == InstanceEvent::REMOVED => {
                return format!("{instance} of {service} may register again");
            }
            Word::Undrain => format!("{instance} of {service} gets calls again"),
            Word::Evict => format!("{instance} of {service} is evicted"),
        };
        if !matches!(self.word, Word::Evict) {
            text.push_str(&format!(" ({}, {})", self.health, self.lifecycle));
        }
        if let Some(note) = &self.note {
            text.push_str(&format!("\n{note}"));
        }
        text
    }
}

//! What a story may say.
//!
//! ```text
//! config max_instances=2 lease_ttl=2s heartbeat_interval=500ms          (first, if at all)
//! at +5s COMMAND        timers up to then fire at their instants; without `at`: still the same time
//! at +5s late COMMAND   time passes and nobody looks at the timers until the next command
//!
//! register S/I [on C] [lifeline] [legacy] [unanswered] [life=N] [interval=SPAN] [version=V]
//!          [role=active|standby] [resource=ID] [METHOD=SAFETY[@SPAN]]...
//! deregister S/I [token=wrong] [life=N] [legacy]
//! heartbeat S/I [on C] [draining] [degraded|unhealthy] [lag=SPAN] [capacity=N] [adopt|adopt_unseen] [token=wrong] [life=N] [legacy]
//! call K S.METHOD [timeout=SPAN] [retry=WISH] [max=N] [attempt=SPAN] [not=I,I] [legacy] [from C]
//! reply K#N success | handler_error | retryable_error | refused | invalid
//! no_responders K#N          unsent K#N [LIMIT]
//! probe_answered|probe_unheard S/I       inbox_lost S/I       inbox_gained S/I
//! disconnected S/I           broker_lost | broker_regained   fenced | unfenced
//! close C by_peer | by_us    drain|undrain|evict S/I  shutdown   grace_ended   timer   wait
//! show S                     counters
//! ```
//!
//! A native instance that registers answers its welcome probe at once, unless it is `unanswered`.
//! `S/I` is the present life of an instance, `S/I~1` the first life met under that name.

use std::time::Duration;

use aegis_core::{
    AttemptNo, CallId, CallRequest, CallerKind, Config, ConnectionId, Credential, Event,
    MethodDeclaration, OperatorWord, Part, Registration, RegistrationKind, ReplyKind, Vitals,
};
use aegis_types::{
    Incarnation, InstanceId, Instant, Lifecycle, MethodName, ResourceId, RetryWish, Role, Safety,
    SelfReport, ServiceName,
};

use super::show;
use super::words::{Words, number, place, span};
use super::world::World;

/// Settings other than the defaults.
pub(crate) fn config(mut words: Words<'_>) -> Result<Config, String> {
    let mut config = Config::default();
    while let Some(word) = words.next() {
        let (name, value) = word.split_once('=').ok_or("settings are NAME=VALUE")?;
        match name {
            "heartbeat_interval" => config.heartbeat_interval = span(value)?,
            "lease_ttl" => config.lease_ttl = span(value)?,
            "hears_of_interest" => config.hears_of_interest = value == "yes",
            "removal_ttls" => config.removal_ttls = number(value)?,
            "max_services" => config.max_services = number(value)?,
            "max_instances" => config.max_instances = number(value)?,
            "max_calls_in_flight" => config.max_calls_in_flight = number(value)?,
            "max_calls_per_caller" => config.max_calls_per_caller = number(value)?,
            "max_calls_per_instance" => config.max_calls_per_instance = number(value)?,
            "registration_burst" => config.registration_burst = number(value)?,
            "registration_every" => config.registration_every = span(value)?,
            "max_methods_per_service" => config.max_methods_per_service = number(value)?,
            _ => return Err(format!("unknown setting `{name}`")),
        }
    }
    config.checked().map_err(|wrong| wrong.to_string())
}

/// Does what a line says.
pub(crate) fn run(world: &mut World, mut words: Words<'_>) -> Result<Vec<String>, String> {
    let mut lines = Vec::new();
    if words.take("at") {
        let until = Instant::from_origin(span(words.need("a time")?)?);
        if until < world.now {
            return Err("time runs backwards".to_owned());
        }
        if words.take("late") {
            world.now = until;
        } else {
            lines = world.advance(until);
        }
    }
    let command = words.need("a command")?;
    lines.extend(match command {
        "register" => register(world, words)?,
        "deregister" => deregister(world, words)?,
        "heartbeat" => heartbeat(world, words)?,
        "call" => call(world, words)?,
        "reply" => {
            let (call, attempt) = attempt(world, words.need("an attempt")?)?;
            let reply = reply_kind(words.need("what it says")?)?;
            world.happens(Event::ReplyReceived {
                call,
                attempt,
                reply,
            })
        }
        "no_responders" => {
            let (call, attempt) = attempt(world, words.need("an attempt")?)?;
            world.happens(Event::NoResponders { call, attempt })
        }
        "unsent" => {
            let (call, attempt) = attempt(world, words.need("an attempt")?)?;
            let limit = words.next().map(|_| "max_pending_bytes");
            world.happens(Event::AttemptUnsent {
                call,
                attempt,
                limit,
            })
        }
        "probe_answered" | "probe_unheard" | "inbox_lost" | "inbox_gained" => {
            let instance = world.life(words.need("an instance")?)?.key;
            world.happens(match command {
                "probe_answered" => Event::ProbeAnswered { instance },
                "probe_unheard" => Event::ProbeUnheard { instance },
                "inbox_lost" => Event::InboxLost { instance },
                _ => Event::InboxGained { instance },
            })
        }
        "disconnected" => {
            let instance = world.life(words.need("an instance")?)?.key;
            world.happens(Event::Disconnected { instance })
        }
        "broker_lost" => world.happens(Event::BrokerLost),
        "broker_regained" => world.happens(Event::BrokerRegained),
        "fenced" => world.happens(Event::Fenced),
        "unfenced" => world.happens(Event::Unfenced),
        "drain" | "undrain" | "evict" => {
            let (service, instance) = place(words.need("an instance")?)?;
            let word = match command {
                "drain" => OperatorWord::Drain,
                "undrain" => OperatorWord::Undrain,
                _ => OperatorWord::Evict,
            };
            world.happens(Event::OperatorAsked {
                service,
                instance,
                word,
            })
        }
        "close" => {
            let connection = connection(words.need("a connection")?)?;
            let by_peer = words.take("by_peer");
            if !by_peer && !words.take("by_us") {
                return Err("closed by whom?".to_owned());
            }
            world.happens(Event::ConnectionClosed {
                connection,
                by_peer,
            })
        }
        "timer" => world.happens(Event::DeadlineReached),
        "grace_ended" => world.happens(Event::GraceEnded),
        "shutdown" => world.happens(Event::ShutdownStarted),
        "show" => show::service(world, words.need("a service")?),
        "counters" => show::counters(world),
        "wait" => Vec::new(),
        other => return Err(format!("unknown command `{other}`")),
    });
    Ok(lines)
}

fn register(world: &mut World, mut words: Words<'_>) -> Result<Vec<String>, String> {
    let name = words.need("an instance")?;
    let (service, instance) = place(name)?;
    let (mut on, mut lifeline, mut legacy, mut life) = (None, false, false, 1);
    let mut answers = true;
    let (mut interval, mut version, mut methods) = (None, None, Vec::new());
    let mut part = Part::default();
    while let Some(word) = words.next() {
        match word.split_once('=') {
            None if word == "on" => on = Some(connection(words.need("a connection")?)?),
            None if word == "lifeline" => lifeline = true,
            None if word == "legacy" => legacy = true,
            None if word == "unanswered" => answers = false,
            Some(("life", value)) => life = number(value)?,
            Some(("interval", value)) => interval = Some(span(value)?),
            Some(("version", value)) => version = Some(value),
            Some(("role", value)) => {
                part.role = Some(Role::from_word(value).ok_or("no such role")?);
            }
            Some(("resource", value)) => {
                let resource = ResourceId::parse(value).map_err(|wrong| wrong.to_string())?;
                part.resource = Some(resource);
            }
            Some((method, safety)) => methods.push(declaration(method, safety)?),
            None => return Err(format!("unknown word `{word}`")),
        }
    }
    let kind = if legacy {
        RegistrationKind::Legacy
    } else {
        RegistrationKind::Native {
            incarnation: Incarnation::from_bits(life),
            lifeline,
            methods: &methods,
            version,
        }
    };
    let mut lines = world.happens(Event::RegistrationReceived(Registration {
        service: ServiceName::parse(service).map_err(|wrong| wrong.to_string())?,
        instance: InstanceId::parse(instance).map_err(|wrong| wrong.to_string())?,
        kind,
        part,
        heartbeat_interval: interval,
        connection: on,
    }));
    let is = |word| lines.iter().any(|line: &String| line.starts_with(word));
    let held = is("hold");
    if held || is("admit") {
        world.came_on(name, on);
    }
    if held && answers {
        let instance = world.life(name)?.key;
        lines.extend(world.happens(Event::ProbeAnswered { instance }));
    }
    Ok(lines)
}

fn declaration(method: &str, safety: &str) -> Result<MethodDeclaration, String> {
    let (safety, timeout) = match safety.split_once('@') {
        Some((safety, timeout)) => (safety, Some(span(timeout)?)),
        None => (safety, None),
    };
    Ok(MethodDeclaration {
        name: MethodName::parse(method).map_err(|wrong| wrong.to_string())?,
        safety: Safety::from_word(safety).ok_or(format!("`{safety}` is not a safety class"))?,
        attempt_timeout: timeout,
    })
}

/// What is shown for an instance: by default what it was given.
fn credential(world: &World, name: &str, word: &str, shown: &mut Credential) -> Result<(), String> {
    let known = world.credential(name);
    match (word.split_once('='), known) {
        (None, _) if word == "legacy" => *shown = Credential::Legacy,
        (Some(("token", "wrong")), Credential::LeaseToken { token, incarnation }) => {
            let token = !token;
            *shown = Credential::LeaseToken { token, incarnation };
        }
        (Some(("life", life)), _) => {
            let token = match known {
                Credential::LeaseToken { token, .. } => token,
                Credential::Legacy => 0,
            };
            let incarnation = Incarnation::from_bits(number(life)?);
            *shown = Credential::LeaseToken { token, incarnation };
        }
        _ => return Err(format!("unknown word `{word}`")),
    }
    Ok(())
}

fn deregister(world: &mut World, mut words: Words<'_>) -> Result<Vec<String>, String> {
    let name = words.need("an instance")?;
    let (service, instance) = place(name)?;
    let mut shown = world.credential(name);
    while let Some(word) = words.next() {
        credential(world, name, word, &mut shown)?;
    }
    Ok(world.happens(Event::DeregistrationReceived {
        service,
        instance,
        credential: shown,
    }))
}

fn heartbeat(world: &mut World, mut words: Words<'_>) -> Result<Vec<String>, String> {
    let name = words.need("an instance")?;
    let (service, instance) = place(name)?;
    let mut shown = world.credential(name);
    let mut lifecycle = Lifecycle::Serving;
    let mut vitals = Vitals::default();
    let mut adopt = None;
    let mut on = world.life(name).ok().and_then(|life| life.connection);
    while let Some(word) = words.next() {
        match word {
            "on" => on = Some(connection(words.need("a connection")?)?),
            "draining" => lifecycle = Lifecycle::Draining,
            "adopt" => adopt = Some(true),
            "adopt_unseen" => adopt = Some(false),
            "degraded" => vitals.report = SelfReport::Degraded,
            "unhealthy" => vitals.report = SelfReport::Unhealthy,
            _ if word.starts_with("lag=") => vitals.lag = span(&word["lag=".len()..])?,
            _ if word.starts_with("capacity=") => {
                vitals.capacity = Some(number(&word["capacity=".len()..])?);
            }
            _ => credential(world, name, word, &mut shown)?,
        }
    }
    Ok(world.happens(Event::HeartbeatReceived {
        service,
        instance,
        credential: shown,
        lifecycle,
        vitals,
        adopt,
        connection: on,
    }))
}

fn call(world: &mut World, mut words: Words<'_>) -> Result<Vec<String>, String> {
    let name = words.need("a name for the call")?;
    let target = words.need("a service and method")?;
    let (service, method) = target
        .split_once('.')
        .ok_or(format!("`{target}` is not service.method"))?;
    let mut request = CallRequest {
        call: world.new_call(name)?,
        service,
        method,
        timeout: Duration::from_secs(5),
        wish: RetryWish::Proof,
        max_instances: 3,
        attempt_timeout: None,
        excluded: &[],
        caller: CallerKind::Native,
        connection: None,
    };
    let mut excluded = Vec::new();
    while let Some(word) = words.next() {
        match word.split_once('=') {
            Some(("timeout", value)) => request.timeout = span(value)?,
            Some(("retry", value)) => {
                request.wish = RetryWish::from_word(value).ok_or("no such wish")?;
            }
            Some(("max", value)) => request.max_instances = number(value)?,
            Some(("attempt", value)) => request.attempt_timeout = Some(span(value)?),
            Some(("not", value)) => excluded.extend(value.split(',')),
            None if word == "legacy" => request.caller = CallerKind::Legacy,
            None if word == "from" => {
                request.connection = Some(connection(words.need("a connection")?)?);
            }
            _ => return Err(format!("unknown word `{word}`")),
        }
    }
    request.excluded = &excluded;
    Ok(world.happens(Event::CallReceived(request)))
}

fn attempt(world: &World, text: &str) -> Result<(CallId, AttemptNo), String> {
    let (call, attempt) = text
        .split_once('#')
        .ok_or(format!("`{text}` is not call#attempt"))?;
    Ok((world.call(call)?, AttemptNo(number(attempt)?)))
}

fn reply_kind(word: &str) -> Result<ReplyKind, String> {
    Ok(match word {
        "success" => ReplyKind::Success,
        "handler_error" => ReplyKind::HandlerError { retryable: false },
        "retryable_error" => ReplyKind::HandlerError { retryable: true },
        "refused" => ReplyKind::Refused,
        "invalid" => ReplyKind::Invalid,
        _ => return Err(format!("`{word}` is not a kind of reply")),
    })
}

fn connection(word: &str) -> Result<ConnectionId, String> {
    let digits = word
        .strip_prefix('c')
        .ok_or(format!("`{word}` is not a connection"))?;
    Ok(ConnectionId(number(digits)?))
}

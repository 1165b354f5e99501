//! Which values fit together. All relations between settings are here, each refusal names both
//! values and where each came from.

use std::net::SocketAddr;
use std::time::Duration;

use aegis_types::limits;

use super::Settings;
use super::key::{Key, ServiceKey};
use super::limit::{PAYLOAD_BYTES, PENDING_BYTES, PENDING_BYTES_TOTAL};
use super::origin::Setting;
use super::problem::Problem;

/// Notes everything that does not fit.
pub(super) fn check(settings: &Settings, problems: &mut Vec<Problem>) {
    lease(
        (&Key::LeaseTtl, &settings.lease_ttl),
        (&Key::HeartbeatInterval, &settings.heartbeat_interval),
        problems,
    );
    interval(
        &Key::HeartbeatInterval,
        &settings.heartbeat_interval,
        problems,
    );
    ttl(&Key::LeaseTtl, &settings.lease_ttl, problems);
    services(settings, problems);
    addresses(settings, problems);
    message_sizes(settings, problems);
    if problems.is_empty() {
        as_the_router_sees_it(settings, problems);
    }
}

/// What is left to refuse for the router itself, which knows values and not where they came from.
fn as_the_router_sees_it(settings: &Settings, problems: &mut Vec<Problem>) {
    if let Err(error) = settings.router().core.checked() {
        problems.push(Problem::Relation {
            text: error.to_string(),
            hint: "`aegis config show` says where each value came from",
        });
    }
}

/// Each service with what is its own and, for the rest, with what holds for all. A lease that was
/// set for all is lengthened by itself for a service with a longer interval, so only a lease that
/// was set for this service can be too short for it.
fn services(settings: &Settings, problems: &mut Vec<Problem>) {
    for (name, service) in &settings.services {
        let key = |key| Key::Service(name.clone(), key);
        let (ttl_key, interval_key) = (
            key(ServiceKey::LeaseTtl),
            key(ServiceKey::HeartbeatInterval),
        );
        if let Some(own) = &service.heartbeat_interval {
            interval(&interval_key, own, problems);
        }
        let Some(own) = &service.lease_ttl else {
            continue;
        };
        ttl(&ttl_key, own, problems);
        let beats = match &service.heartbeat_interval {
            Some(interval) => (&interval_key, interval),
            None => (&Key::HeartbeatInterval, &settings.heartbeat_interval),
        };
        lease((&ttl_key, own), beats, problems);
    }
}

/// A lease must outlast a few heartbeats, or one lost message is a death.
fn lease(
    (ttl_key, ttl): (&Key, &Setting<Duration>),
    (interval_key, interval): (&Key, &Setting<Duration>),
    problems: &mut Vec<Problem>,
) {
    let least = interval.value.saturating_mul(limits::LEASE_INTERVALS);
    if ttl.value < least {
        problems.push(Problem::Relation {
            text: format!(
                "`{ttl_key}` is {:?} ({}), less than {} times `{interval_key}`, which is {:?} ({})",
                ttl.value,
                ttl.origin,
                limits::LEASE_INTERVALS,
                interval.value,
                interval.origin
            ),
            hint: "one lost heartbeat must not be a death: lengthen the lease, or shorten the interval",
        });
    }
}

fn interval(key: &Key, interval: &Setting<Duration>, problems: &mut Vec<Problem>) {
    let allowed = limits::MIN_HEARTBEAT_INTERVAL..=limits::MAX_HEARTBEAT_INTERVAL;
    if !allowed.contains(&interval.value) {
        problems.push(Problem::WrongValue {
            key: key.to_string(),
            text: format!("{:?}", interval.value),
            origin: interval.origin.clone(),
            rule: format!("must be from {:?} to {:?}", allowed.start(), allowed.end()),
        });
    }
}

fn ttl(key: &Key, ttl: &Setting<Duration>, problems: &mut Vec<Problem>) {
    if ttl.value > limits::MAX_LEASE_TTL {
        problems.push(Problem::WrongValue {
            key: key.to_string(),
            text: format!("{:?}", ttl.value),
            origin: ttl.origin.clone(),
            rule: format!(
                "a lease that long is for ever; at most {:?}",
                limits::MAX_LEASE_TTL
            ),
        });
    }
}

/// Two listeners cannot have one address. Whether an address can be had at all is seen when it is
/// taken.
fn addresses(settings: &Settings, problems: &mut Vec<Problem>) {
    let listen = &settings.listen;
    let Some(admin) = settings.admin.value else {
        return;
    };
    if same_place(listen.value, admin) {
        problems.push(Problem::Relation {
            text: format!(
                "`{}` is {} ({}), and so is `{}` ({})",
                Key::Admin,
                admin,
                settings.admin.origin,
                Key::Listen,
                listen.origin
            ),
            hint: "give each a port of its own",
        });
    }
}

/// The broker takes its port on both loopback addresses.
fn same_place(listen: SocketAddr, admin: SocketAddr) -> bool {
    listen.port() != 0 && listen.port() == admin.port() && admin.ip().is_loopback()
}

/// A message that does not fit into what may wait would cut off whoever it is for.
fn message_sizes(settings: &Settings, problems: &mut Vec<Problem>) {
    let hint = "whoever is sent the longest message must not be cut off for it";
    at_least(settings, PENDING_BYTES, PAYLOAD_BYTES, hint, problems);
    let hint = "what may wait for one connection must fit into what may wait for all";
    at_least(settings, PENDING_BYTES_TOTAL, PENDING_BYTES, hint, problems);
}

/// One limit must not be below another.
fn at_least(
    settings: &Settings,
    greater: &str,
    smaller: &str,
    hint: &'static str,
    problems: &mut Vec<Problem>,
) {
    let limit = |name: &str| settings.limits.iter().find(|(limit, _)| limit.name == name);
    let (Some((greater_limit, greater)), Some((smaller_limit, smaller))) =
        (limit(greater), limit(smaller))
    else {
        return;
    };
    if greater.value < smaller.value {
        problems.push(Problem::Relation {
            text: format!(
                "`{}` is {} ({}), less than `{}`, which is {} ({})",
                Key::Limit(greater_limit),
                greater.value,
                greater.origin,
                Key::Limit(smaller_limit),
                smaller.value,
                smaller.origin
            ),
            hint,
        });
    }
}

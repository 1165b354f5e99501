//! What the listings say, in words.

use super::words::spell;
use super::world::World;

/// A service and its instances, in the order of their turns.
pub(crate) fn service(world: &World, name: &str) -> Vec<String> {
    let Some(service) = world
        .router
        .services()
        .find(|service| service.name.as_str() == name)
    else {
        return vec![format!("{name} is unknown")];
    };
    let methods: Vec<String> = service
        .methods
        .iter()
        .map(|method| format!("{}={}", method.name, method.safety.as_str()))
        .collect();
    let joining = match service.joining {
        0 => String::new(),
        joining => format!(" {joining} joining,"),
    };
    let mut lines = vec![format!(
        "{name}: {} instances,{joining} {} healthy, {} suspect, {} unhealthy; {} in flight, {} calls, {} failed, {} rerouted{}{}",
        service.instances,
        service.healthy,
        service.suspect,
        service.unhealthy,
        service.in_flight,
        service.calls,
        service.failed,
        service.rerouted,
        if methods.is_empty() { "" } else { "; " },
        methods.join(" ")
    )];
    for view in world.router.instances_of(name).into_iter().flatten() {
        lines.push(format!(
            "{}/{} {} ({}) {} {} since +{} in_flight={} incarnation={}{}",
            view.service,
            view.id,
            view.health,
            view.reason,
            view.lifecycle.as_str(),
            if view.routable {
                "routable"
            } else {
                "not routable"
            },
            spell(view.since.since_origin()),
            view.in_flight,
            view.incarnation,
            part(world, view.service.as_str(), view.id.as_str())
        ));
    }
    lines
}

/// What it registered as, if it said so.
fn part(world: &World, service: &str, id: &str) -> String {
    let key = world.router.find_instance(service, id);
    let Some(part) = key.and_then(|key| world.router.part_of(key)) else {
        return String::new();
    };
    let role = part.role.map(|role| format!(" role={role}"));
    let resource = part.resource.as_ref().map(|id| format!(" resource={id}"));
    role.into_iter().chain(resource).collect()
}

/// What happened so far, zeros left out.
pub(crate) fn counters(world: &World) -> Vec<String> {
    let counters = world.router.counters();
    let all = [
        (counters.heartbeats, "heartbeats"),
        (counters.heartbeats_refused, "heartbeats refused"),
        (counters.registrations_refused, "registrations refused"),
        (counters.health_changes, "health changes"),
        (counters.calls, "calls"),
        (counters.failed, "failed"),
        (counters.rerouted, "rerouted"),
        (counters.late_replies, "late replies"),
        (counters.abandoned, "abandoned"),
    ];
    let told: Vec<String> = all
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, word)| format!("{count} {word}"))
        .collect();
    let shed = world.router.shed().iter();
    let shed: Vec<String> = shed
        .filter(|(_, count)| **count > 0)
        .map(|(limit, count)| format!("{count} {limit}"))
        .collect();
    let mut lines = vec![told.join(", ")];
    if !shed.is_empty() {
        lines.push(format!("refused by limit: {}", shed.join(", ")));
    }
    lines
}

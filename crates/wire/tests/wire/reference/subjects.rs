//! The table of subjects, built with the code that builds them in the product.

use std::fmt::Write;
use std::fs;
use std::path::Path;

use aegis_types::Incarnation;
use aegis_wire::{Inbound, Subjects};

/// Who publishes to a subject, who listens, and what is said.
struct Row {
    /// The functions of [`Subjects`] that build it.
    builders: &'static [&'static str],
    pattern: String,
    from: &'static str,
    to: &'static str,
    message: &'static str,
    /// What comes back, if anything.
    reply: &'static str,
}

const ROUTER: &str = "router";

fn rows() -> Vec<Row> {
    let subjects = Subjects::default();
    let row = |builders, pattern: String, from, to, message, reply| Row {
        builders,
        pattern,
        from,
        to,
        message,
        reply,
    };
    let mut response = String::new();
    subjects.push_response(&mut response, "<router>", 0);
    let response = response.replace(&"0".repeat(32), "<attempt>");
    let inbox = subjects.inbox("<service>", "<instance>", Incarnation::from_bits(0));
    let inbox = inbox.replace(".0", ".<incarnation>");
    let (service, instance) = ("<service>", "<instance>");
    let route = subjects
        .route("s", "m")
        .replace(".s.m", ".<service>.<method>");
    vec![
        row(
            &["route"],
            route,
            "caller",
            ROUTER,
            "`RouteRequest`",
            "`CallReply`",
        ),
        row(
            &["plain_route"],
            subjects.plain_route(),
            "caller, legacy or with other names",
            ROUTER,
            "`RouteRequest`",
            "`CallReply`",
        ),
        row(
            &["register"],
            subjects.register(service, instance),
            "instance",
            ROUTER,
            "`RegisterRequest`",
            "`Registered` or `Refusal`",
        ),
        row(
            &["plain_register"],
            subjects.plain_register(),
            "legacy instance",
            ROUTER,
            "`RegisterRequest`",
            "`Registered` or `Refusal`",
        ),
        row(
            &["heartbeat"],
            subjects.heartbeat(service, instance),
            "instance",
            ROUTER,
            "`HeartbeatRequest`",
            "`Renewal` or `HeartbeatRefusal`",
        ),
        row(
            &["plain_heartbeat"],
            subjects.plain_heartbeat(),
            "legacy instance",
            ROUTER,
            "`HeartbeatRequest`",
            "the same, if there is a reply subject",
        ),
        row(
            &["unregister"],
            subjects.unregister(service, instance),
            "instance",
            ROUTER,
            "`UnregisterRequest`",
            "`Unregistered` or `Refusal`",
        ),
        row(
            &["plain_unregister"],
            subjects.plain_unregister(),
            "legacy instance",
            ROUTER,
            "`UnregisterRequest`",
            "`Unregistered` or `Refusal`",
        ),
        row(
            &["inbox"],
            inbox,
            ROUTER,
            "instance",
            "`InboxCall` or `Probe`",
            "`InstanceReply` or `ProbeAck`",
        ),
        row(
            &["legacy_inbox"],
            subjects.legacy_inbox(instance),
            ROUTER,
            "legacy instance",
            "`InboxCall`",
            "`InstanceReply`",
        ),
        row(
            &["push_response"],
            response,
            "instance",
            ROUTER,
            "`InstanceReply` or `ProbeAck`",
            "",
        ),
        row(
            &["instance_event", "instance_events"],
            subjects
                .instance_event("s", "i")
                .replace(".s.i", ".<service>.<instance>"),
            ROUTER,
            "everybody",
            "`InstanceEvent`",
            "",
        ),
        row(
            &["router_event"],
            subjects.router_event(),
            ROUTER,
            "everybody",
            "`RouterEvent`",
            "",
        ),
        row(
            &["admin"],
            subjects.admin("<noun>", "<verb>"),
            "operator",
            ROUTER,
            "`ListRequest` or `OperatorRequest`",
            "a listing, `OperatorReply` or `Refusal`",
        ),
    ]
}

/// Every placeholder as one token.
fn starred(pattern: &str) -> String {
    let star = |token: &str| {
        if token.starts_with('<') {
            "*".to_owned()
        } else {
            token.to_owned()
        }
    };
    pattern.split('.').map(star).collect::<Vec<_>>().join(".")
}

/// Pattern, who speaks, who listens, in which queue group, what is said and answered.
pub(super) fn table() -> String {
    let subscriptions = Subjects::default().subscriptions("<router>");
    let mut table = String::from(
        "| subject | from | to | queue group | message | reply |\n|---|---|---|---|---|---|\n",
    );
    for row in rows() {
        let Row {
            pattern,
            from,
            to,
            message,
            reply,
            ..
        } = &row;
        let subscribed = subscriptions
            .iter()
            .find(|(other, _)| starred(other) == starred(pattern));
        let queue = subscribed.and_then(|(_, queue)| queue.as_deref());
        let queue = queue.map_or(String::new(), |queue| format!("`{queue}`"));
        writeln!(
            table,
            "| `{pattern}` | {from} | {to} | {queue} | {message} | {reply} |"
        )
        .unwrap();
    }
    table
}

#[test]
fn a_router_listens_to_exactly_what_is_listed() {
    let subjects = Subjects::default();
    let listed: Vec<String> = rows()
        .iter()
        .filter(|row| row.to == ROUTER)
        .map(|row| starred(&row.pattern))
        .collect();
    let subscribed: Vec<String> = subjects
        .subscriptions("<router>")
        .iter()
        .map(|(pattern, _)| starred(pattern))
        .collect();
    for pattern in &subscribed {
        assert!(
            listed.contains(pattern),
            "{pattern} is subscribed and not listed in subjects.rs"
        );
    }
    for pattern in &listed {
        assert!(
            subscribed.contains(pattern),
            "{pattern} is listed and not subscribed"
        );
    }
    for pattern in subjects.inbox_patterns() {
        let start = pattern.trim_end_matches(['*', '>', '.']);
        assert!(
            rows()
                .iter()
                .any(|row| row.to.ends_with("instance") && row.pattern.starts_with(start)),
            "{pattern}"
        );
    }
}

#[test]
fn every_kind_of_request_is_listed() {
    let rows = rows();
    let mut kinds = [0; 6];
    for row in rows.iter().filter(|row| row.to == ROUTER) {
        let subject = row.pattern.replace(['<', '>'], "");
        // A kind that is new stops the compiler here: list it above.
        let kind = match Subjects::default().parse(&subject) {
            Some(Inbound::Register { .. }) => 0,
            Some(Inbound::Unregister { .. }) => 1,
            Some(Inbound::Heartbeat { .. }) => 2,
            Some(Inbound::Route { .. }) => 3,
            Some(Inbound::Response { .. }) => 4,
            Some(Inbound::Admin { .. }) => 5,
            None => panic!("{subject} is not understood"),
        };
        kinds[kind] += 1;
    }
    assert!(kinds.iter().all(|count| *count > 0), "{kinds:?}");
}

#[test]
fn everything_that_builds_a_subject_is_listed() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/subjects.rs");
    let source = fs::read_to_string(source).unwrap();
    let listed: Vec<&str> = rows()
        .iter()
        .flat_map(|row| row.builders)
        .copied()
        .collect();
    for signature in source.split("    pub fn ").skip(1) {
        let name = signature.split('(').next().unwrap();
        let head = signature.split('{').next().unwrap();
        let builds = head.contains("-> String") || head.contains("out: &mut String");
        let pushed = name
            .strip_prefix("push_")
            .is_some_and(|built| listed.contains(&built));
        assert!(
            !builds || pushed || listed.contains(&name),
            "Subjects::{name} is not listed in subjects.rs"
        );
    }
}

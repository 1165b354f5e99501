//! The table of subjects, built with the code that builds them in the product.

use std::fmt::Write;
use std::fs;
use std::path::Path;

use aegis_types::Incarnation;
use aegis_wire::resource::ResourceAct;
use aegis_wire::{Inbound, RoleAct, Subjects};

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

/// Stands for any act on resources.
const ACT: ResourceAct = ResourceAct::BulkRegister;

/// Stands for any message.
const MESSAGE: &str = "6f1b2c3d-0000-4000-8000-000000000001";

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
    let ack = subjects.ack(MESSAGE).expect("a UUID");
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
            &["presence"],
            subjects.presence(),
            ROUTER,
            "other routers",
            "`Presence`",
            "",
        ),
        row(
            &["plain_resource"],
            subjects.plain_resource(ACT).replace(ACT.as_str(), "<act>"),
            "legacy instance",
            ROUTER,
            "`ResourceRequest`",
            "`ResourceRefusal`",
        ),
        row(
            &["resource"],
            subjects
                .resource(ACT, service, instance)
                .replace(ACT.as_str(), "<act>"),
            "nobody yet",
            ROUTER,
            "`ResourceRequest`",
            "`ResourceRefusal`",
        ),
        row(
            &["role"],
            subjects
                .role(RoleAct::Renew, service, instance)
                .replace(RoleAct::Renew.as_str(), "<verb>"),
            "nobody yet",
            ROUTER,
            "anything",
            "`Refusal`",
        ),
        row(
            &["outcome"],
            subjects.outcome(service),
            "nobody yet",
            ROUTER,
            "anything",
            "`Refusal`",
        ),
        row(
            &["message_status"],
            subjects.message_status(),
            "legacy caller",
            ROUTER,
            "`MessageStatusRequest`",
            "`MessageStatusRefusal`",
        ),
        row(
            &["ack"],
            ack.replace(MESSAGE, "<message_id>"),
            "router or legacy instance",
            "legacy caller",
            "`Ack`",
            "",
        ),
        row(
            &["ack_response"],
            subjects.ack_response(),
            "nobody",
            ROUTER,
            "anything",
            "`AckRefusal`, if there is a reply subject",
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

/// The pattern, with one of the words for each that it takes where it is not free.
fn spelled(pattern: &str) -> Vec<String> {
    let acts = ResourceAct::ALL.map(ResourceAct::as_str);
    let verbs = RoleAct::ALL.map(RoleAct::as_str);
    let (hole, words) = match pattern {
        resource if resource.contains(".resource.<act>") => ("<act>", &acts[..]),
        role if role.contains(".role.<verb>.") => ("<verb>", &verbs[..]),
        free => return vec![free.to_owned()],
    };
    words
        .iter()
        .map(|word| pattern.replace(hole, word))
        .collect()
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
        let spelled = spelled(pattern).into_iter().next().unwrap_or_default();
        let subscribed = subscriptions
            .iter()
            .find(|(other, _)| starred(other) == starred(&spelled));
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
        .flat_map(|row| spelled(&row.pattern))
        .map(|pattern| starred(&pattern))
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
    let mut kinds = [0; 11];
    for row in rows.iter().filter(|row| row.to == ROUTER) {
        let subject = spelled(&row.pattern)[0].replace(['<', '>'], "");
        // A kind that is new stops the compiler here: list it above.
        let kind = match Subjects::default().parse(&subject) {
            Some(Inbound::Register { .. }) => 0,
            Some(Inbound::Unregister { .. }) => 1,
            Some(Inbound::Heartbeat { .. }) => 2,
            Some(Inbound::Route { .. }) => 3,
            Some(Inbound::Response { .. }) => 4,
            Some(Inbound::Admin { .. }) => 5,
            Some(Inbound::Resource { .. }) => 6,
            Some(Inbound::Role { .. }) => 7,
            Some(Inbound::Outcome { .. }) => 8,
            Some(Inbound::MessageStatus) => 9,
            Some(Inbound::AckResponse) => 10,
            None => panic!("{subject} is not understood"),
        };
        kinds[kind] += 1;
    }
    assert!(kinds.iter().all(|count| *count > 0), "{kinds:?}");
}

#[test]
fn everything_that_builds_a_subject_is_listed() {
    let sources = ["src/subjects.rs", "src/subjects/requests.rs"]
        .map(|path| fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap());
    let signatures = sources
        .iter()
        .flat_map(|source| source.split("    pub fn ").skip(1));
    let listed: Vec<&str> = rows()
        .iter()
        .flat_map(|row| row.builders)
        .copied()
        .collect();
    for signature in signatures {
        let name = signature.split('(').next().unwrap();
        let head = signature.split('{').next().unwrap();
        let builds = head.contains("-> String")
            || head.contains("-> Option<String>")
            || head.contains("out: &mut String");
        let pushed = name
            .strip_prefix("push_")
            .is_some_and(|built| listed.contains(&built));
        assert!(
            !builds || pushed || listed.contains(&name),
            "Subjects::{name} is not listed in subjects.rs"
        );
    }
}

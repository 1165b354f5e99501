use super::*;
use crate::resource::ResourceAct;

const LIFE: Incarnation = Incarnation::from_bits(111_411_200_000_000_007);

#[test]
fn as_the_reference_writes_them() {
    let subjects = Subjects::default();
    for (built, written) in [
        (subjects.register("s", "i"), "ipc.service.register.s.i"),
        (subjects.plain_register(), "ipc.service.register"),
        (subjects.unregister("s", "i"), "ipc.service.unregister.s.i"),
        (subjects.plain_unregister(), "ipc.service.unregister"),
        (subjects.heartbeat("s", "i"), "ipc.service.heartbeat.s.i"),
        (subjects.plain_heartbeat(), "ipc.service.heartbeat"),
        (subjects.route("s", "m"), "ipc.route.request.s.m"),
        (subjects.route("s", "get order"), "ipc.route.request"),
        (subjects.route("a.b", "m"), "ipc.route.request"),
        (subjects.plain_route(), "ipc.route.request"),
        (
            subjects.inbox("s", "i", LIFE),
            "ipc.inbox.s.i.111411200000000007",
        ),
        (subjects.legacy_inbox("host.7"), "ipc.instance.host.7.inbox"),
        (subjects.admin("service", "ls"), "ipc.admin.service.ls"),
        (subjects.instance_event("s", "i"), "ipc.event.instance.s.i"),
        (
            subjects.instance_event("s", "host.7"),
            "ipc.event.instance.s.~nbxxg5bog4",
        ),
        (subjects.instance_events(None), "ipc.event.instance.*.*"),
        (
            subjects.instance_events(Some("s")),
            "ipc.event.instance.s.*",
        ),
        // Free names may look like wildcards; their tokens do not.
        (
            subjects.instance_events(Some("*")),
            "ipc.event.instance.~fi.*",
        ),
        (subjects.router_event(), "ipc.event.router"),
        (
            subjects.plain_resource(ResourceAct::BulkRegister),
            "ipc.resource.bulk_register",
        ),
        (
            subjects.resource(ResourceAct::Transfer, "s", "i"),
            "ipc.resource.transfer.s.i",
        ),
        (
            subjects.role(RoleAct::Renew, "s", "i"),
            "ipc.role.renew.s.i",
        ),
        (subjects.outcome("s"), "ipc.outcome.s"),
        (subjects.message_status(), "ipc.message.status"),
        (subjects.ack_response(), "ipc.ack.response"),
    ] {
        assert_eq!(built, written);
    }
}

#[test]
fn what_is_built_is_parsed() {
    let subjects = Subjects::new("team-a.ipc").unwrap();
    let (plain, refined) = (None, Some(("s", "x")));
    for (subject, inbound) in [
        (
            subjects.plain_register(),
            Inbound::Register { refined: plain },
        ),
        (subjects.register("s", "x"), Inbound::Register { refined }),
        (
            subjects.plain_unregister(),
            Inbound::Unregister { refined: plain },
        ),
        (
            subjects.unregister("s", "x"),
            Inbound::Unregister { refined },
        ),
        (
            subjects.plain_heartbeat(),
            Inbound::Heartbeat { refined: plain },
        ),
        (subjects.heartbeat("s", "x"), Inbound::Heartbeat { refined }),
        (subjects.plain_route(), Inbound::Route { refined: plain }),
        (subjects.route("s", "x"), Inbound::Route { refined }),
        (
            subjects.admin("s", "x"),
            Inbound::Admin {
                noun: "s",
                verb: "x",
            },
        ),
    ] {
        assert!(subject.starts_with("team-a.ipc."));
        assert_eq!(subjects.parse(&subject), Some(inbound), "{subject}");
        assert_eq!(Subjects::default().parse(&subject), None, "{subject}");
    }
}

#[test]
fn every_shared_request_is_parsed_and_parses_to_nothing_else() {
    let subjects = Subjects::default();
    for pattern in SHARED_REQUESTS.iter().chain(HEARD_BY_ALL) {
        let subject = format!("ipc.{}", pattern.replace('*', "x"));
        assert!(subjects.parse(&subject).is_some(), "{subject}");
    }
    for act in ResourceAct::ALL {
        let refined = Some(("s", "x"));
        let inbound = |refined| Some(Inbound::Resource { act, refined });
        let refined_subject = subjects.resource(act, "s", "x");
        assert_eq!(subjects.parse(&refined_subject), inbound(refined));
        assert_eq!(subjects.parse(&subjects.plain_resource(act)), inbound(None));
    }
    for act in RoleAct::ALL {
        let (service, instance) = ("s", "x");
        let inbound = Inbound::Role {
            act,
            service,
            instance,
        };
        let subject = subjects.role(act, service, instance);
        assert_eq!(subjects.parse(&subject), Some(inbound));
    }
    let outcome = Some(Inbound::Outcome { service: "s" });
    assert_eq!(subjects.parse(&subjects.outcome("s")), outcome);
}

#[test]
fn only_a_uuid_gets_into_the_subject_of_an_ack() {
    let subjects = Subjects::default();
    let uuid = "6f1b2c3d-0000-4000-8000-00000000000A";
    let subject = subjects.ack(uuid);
    assert_eq!(subject, Some(format!("ipc.ack.{uuid}")));
    for bad in [
        "",
        "response",
        "6f1b2c3d00004000800000000000000a",
        "6f1b2c3d-0000-4000-8000-00000000000",
        "6f1b2c3d-0000-4000-8000-00000000000.",
        "6f1b2c3d-0000-4000-8000-00000000000>",
        "6f1b2c3d.0000.4000.8000.00000000000a",
        "6f1b2c3d-0000-4000-8000-0000000000é",
    ] {
        assert_eq!(subjects.ack(bad), None, "{bad:?}");
    }
}

#[test]
fn other_subjects_are_not_ours() {
    let subjects = Subjects::default();
    for subject in [
        "",
        "ipc",
        "ipc.",
        "ipcx.route.request",
        "ipc.route",
        "ipc.route.requests",
        "ipc.route.request.",
        "ipc.route.request.s",
        "ipc.route.request.s.",
        "ipc.route.request..m",
        "ipc.route.request.s.m.x",
        "ipc.service.registered",
        "ipc.service.heartbeat.s",
        "ipc.service.reset",
        "ipc.response.r",
        "ipc.response.r.n.x",
        "ipc.admin.service",
        "ipc.inbox.s.i.1",
        "_INBOX.ipc.route.request",
        "ipc.resource",
        "ipc.resource.",
        "ipc.resource.steal",
        "ipc.resource.register.s",
        "ipc.resource.register.s.i.x",
        "ipc.role.renew",
        "ipc.role.renew.s",
        "ipc.role.take.s.i",
        "ipc.outcome.",
        "ipc.outcome.s.x",
        "ipc.message.status.x",
        "ipc.ack.6f1b2c3d-0000-4000-8000-000000000001",
    ] {
        assert_eq!(subjects.parse(subject), None, "{subject:?}");
    }
}

#[test]
fn responses_carry_the_attempt() {
    let subjects = Subjects::default();
    for token in [0, 1, 0x0123_4567_89ab_cdef_0011_2233_4455_6677, u128::MAX] {
        let mut subject = String::new();
        subjects.push_response(&mut subject, "r0a1", token);
        let Some(Inbound::Response {
            router,
            token: text,
        }) = subjects.parse(&subject)
        else {
            panic!("{subject} is a response");
        };
        assert_eq!(
            (router, Inbound::attempt_token(text)),
            ("r0a1", Some(token))
        );
        let correlation_id = subjects.correlation_id(&subject).unwrap();
        assert_eq!(subject, format!("ipc.response.{correlation_id}"));
    }
    // One number has one text: another is not the same attempt.
    for text in [
        "",
        "0",
        "+0000000000000000000000000000001",
        &"A".repeat(32),
        &"0".repeat(33),
    ] {
        assert_eq!(Inbound::attempt_token(text), None, "{text:?}");
    }
}

#[test]
fn inboxes() {
    let subjects = Subjects::default();
    let native = |bits: u64| Inbox::Native {
        service: "s",
        instance: "i",
        incarnation: Incarnation::from_bits(bits),
    };
    for bits in [0, 7, 10, LIFE.bits(), u64::MAX] {
        let subject = subjects.inbox("s", "i", Incarnation::from_bits(bits));
        assert_eq!(subject, format!("ipc.inbox.s.i.{bits}"));
        assert_eq!(subjects.parse_inbox(&subject), Some(native(bits)));
    }
    for id in ["x", "host.7", "inbox", "a.inbox"] {
        let subject = subjects.legacy_inbox(id);
        assert_eq!(
            subjects.parse_inbox(&subject),
            Some(Inbox::Legacy { instance: id })
        );
    }
    for subject in [
        "ipc.inbox.s.i",
        "ipc.inbox.s.i.x",
        "ipc.inbox.s.i.07",
        "ipc.inbox.s.i.+7",
        "ipc.inbox.s.i.18446744073709551616",
        "ipc.inbox.s.i.7.8",
        "ipc.inbox.s..7",
        "ipc.instance.inbox",
        "ipc.instance..inbox",
        "ipc.instance.a.outbox",
    ] {
        assert_eq!(subjects.parse_inbox(subject), None, "{subject}");
    }
}

#[test]
fn requests_are_shared_and_heartbeats_are_not() {
    let subscriptions = Subjects::default().subscriptions("r1");
    for (pattern, group) in &subscriptions {
        let for_all = pattern.contains("heartbeat") || pattern.starts_with("ipc.response");
        assert_eq!(group.is_none(), for_all, "{pattern}");
    }
    let patterns: Vec<_> = subscriptions
        .iter()
        .map(|(pattern, _)| &**pattern)
        .collect();
    assert!(patterns.contains(&"ipc.response.r1.*"));
    assert!(patterns.contains(&"ipc.route.request.*.*"));
    assert!(patterns.contains(&"ipc.service.heartbeat"));
}

#[test]
fn prefixes() {
    for good in ["ipc", "team-a.ipc", "a.b.c"] {
        assert_eq!(Subjects::new(good).unwrap().prefix(), good);
    }
    assert_eq!(Subjects::new("ipc"), Ok(Subjects::default()));
    for bad in [
        "", ".", "a.", "a..b", "a b", "a.*", ">", "$SYS", "_INBOX", "_INBOX.a",
    ] {
        assert!(Subjects::new(bad).is_err(), "{bad:?}");
    }
    assert_eq!(
        Subjects::new(&"x".repeat(65)),
        Err(PrefixError::TooLong(65))
    );
}

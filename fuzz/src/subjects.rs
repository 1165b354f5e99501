//! Subjects, patterns and names against their definitions.
//!
//! Input: two texts with a line feed between them. Each is taken as a subject, as a pattern, as a
//! name and as a prefix; the first as a pattern for the second.

use aegis_nats::subject::{is_literal, is_valid_pattern, is_valid_subject, pattern_matches};
use aegis_types::{Incarnation, InstanceId, is_strict_token};
use aegis_wire::{Inbound, Inbox, Subjects};

/// The target.
pub fn run(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let (first, second) = text.split_once('\n').unwrap_or((text, ""));
    for text in [first, second] {
        check_rules(text);
        check_parsing(&Subjects::default(), text);
    }
    check_matching(first, second);
    check_matching(second, first);
    check_names(first, second);
    if let Ok(subjects) = Subjects::new(first) {
        assert!(is_valid_subject(subjects.prefix()) && subjects.prefix() == first);
        check_parsing(&subjects, second);
    }
}

/// The definitions, token by token.
fn check_rules(text: &str) {
    let clean = text.chars().all(|sign| sign > ' ' && sign != '\u{7f}');
    let tokens: Vec<&str> = text.split('.').collect();
    let filled = clean && tokens.iter().all(|token| !token.is_empty());
    let wild = tokens.iter().any(|token| *token == "*" || *token == ">");
    let early = tokens.iter().rev().skip(1).any(|token| *token == ">");
    assert_eq!(is_valid_subject(text), filled && !wild);
    assert_eq!(is_valid_pattern(text), filled && !early);
    assert_eq!(is_literal(text), !wild);
}

fn check_matching(pattern: &str, subject: &str) {
    if !is_valid_pattern(pattern) || !is_valid_subject(subject) {
        return;
    }
    let tokens = |text: &'_ str| text.split('.').map(str::to_owned).collect::<Vec<_>>();
    let matches = pattern_matches(pattern, subject);
    assert_eq!(matches, naive(&tokens(pattern), &tokens(subject)));
    if is_literal(pattern) {
        assert_eq!(matches, pattern == subject);
    }
}

/// What matching means, by recursion.
fn naive(pattern: &[String], subject: &[String]) -> bool {
    match (pattern, subject) {
        ([], []) => true,
        ([last], [_, ..]) if last == ">" => true,
        ([token, pattern @ ..], [other, subject @ ..]) => {
            (token == "*" || token == other) && naive(pattern, subject)
        }
        _ => false,
    }
}

/// What is read from a subject leads back to it, and to no other one.
fn check_parsing(subjects: &Subjects, subject: &str) {
    let mut again = String::new();
    match subjects.parse(subject) {
        Some(Inbound::Response { router, token }) => {
            if let Some(token) = Inbound::attempt_token(token) {
                subjects.push_response(&mut again, router, token);
                assert_eq!(again, subject);
                assert!(subjects.correlation_id(subject).is_some());
            }
        }
        Some(Inbound::Admin { noun, verb }) => assert_eq!(subjects.admin(noun, verb), subject),
        Some(Inbound::Resource { act, refined }) => {
            let built = match refined {
                Some((service, instance)) => subjects.resource(act, service, instance),
                None => subjects.plain_resource(act),
            };
            assert_eq!(built, subject);
        }
        Some(Inbound::Role {
            act,
            service,
            instance,
        }) => assert_eq!(subjects.role(act, service, instance), subject),
        Some(Inbound::Outcome { service }) => assert_eq!(subjects.outcome(service), subject),
        _ => {}
    }
    let mut again = String::new();
    match subjects.parse_inbox(subject) {
        Some(Inbox::Native {
            service,
            instance,
            incarnation,
        }) => subjects.push_inbox(&mut again, service, instance, incarnation),
        Some(Inbox::Legacy { instance }) => subjects.push_legacy_inbox(&mut again, instance),
        None => return,
    }
    assert_eq!(again, subject);
}

/// A name addresses its own thing: what is built from names is a subject that leads back to them.
fn check_names(service: &str, name: &str) {
    let subjects = Subjects::default();
    assert!(is_valid_subject(&subjects.route(service, name)));
    if let Ok(instance) = InstanceId::check(name) {
        let inbox = subjects.legacy_inbox(instance);
        assert!(is_valid_subject(&inbox), "{inbox:?}");
        assert_eq!(
            subjects.parse_inbox(&inbox),
            Some(Inbox::Legacy { instance })
        );
    }
    if !is_strict_token(service) || !is_strict_token(name) {
        return;
    }
    let refined = Some((service, name));
    let route = subjects.route(service, name);
    assert_eq!(subjects.parse(&route), Some(Inbound::Route { refined }));
    let register = subjects.register(service, name);
    let parsed = subjects.parse(&register);
    assert_eq!(parsed, Some(Inbound::Register { refined }));
    let incarnation = Incarnation::from_bits(u64::MAX);
    let inbox = subjects.inbox(service, name, incarnation);
    let native = Inbox::Native {
        service,
        instance: name,
        incarnation,
    };
    assert_eq!(subjects.parse_inbox(&inbox), Some(native));
    assert!(
        [route, register, inbox]
            .iter()
            .all(|it| is_valid_subject(it))
    );
}

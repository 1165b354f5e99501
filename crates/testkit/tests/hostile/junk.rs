use std::sync::atomic::Ordering;

use aegis_client::WatchEvent;
use aegis_testkit::{PATIENCE, TestBroker, wait_for};
use aegis_types::Incarnation;
use aegis_wire::Subjects;
use aegis_wire::call::RouteRequest;
use aegis_wire::value::Raw;

use crate::legacy::{self, Legacy};
use crate::raw::{Heard, RawClient};
use crate::scene::{Scene, resting};

/// Header blocks that no client library makes. A NATS server passes them on as they are.
const JUNK: &[&[u8]] = &[
    b"junk\r\n\r\n",
    b"NATS/1.0\r\nno colon\r\n\r\n",
    b"NATS/1.0\r\n\xff\xfe: \x80\r\n\r\n",
    b"NATS/1.0\r\n: no name\r\n\r\n",
    b"NATS/1.0 503 \xff\r\n\r\n",
    b"\xff",
    b"\r\n\r\n",
    b"NATS/1.0",
    b"\0\0\0\0",
];

/// A block that can be read and says what no server says.
const ODD_STATUS: &[u8] = b"NATS/1.0 9999999999\r\n\r\n";

/// A call as the SDK sends it.
fn call(text: &str) -> Vec<u8> {
    let params = rmp_serde::to_vec(text).expect("a text");
    let mut body = Vec::new();
    let params = Raw::new(&params).expect("one value");
    RouteRequest {
        protocol: Some(1),
        ..RouteRequest::new("orders", "echo", params)
    }
    .encode(&mut body);
    body
}

#[test]
fn junk_on_any_subject_costs_nobody_an_answer() {
    let scene = Scene::set();
    let port = scene.router.port();
    let _ancient = Legacy::join(&scene.runtime, &scene.router.url());
    let ancient = || -> String {
        let called = scene.client.call(legacy::SERVICE, "m", &());
        scene.runtime.block_on(called).expect("its answer")
    };
    let mut watch = scene
        .runtime
        .block_on(async { scene.client.watch(None).expect("a watch") });
    let listed = scene.runtime.block_on(watch.next());
    assert!(matches!(listed, Some(WatchEvent::Listed(_))), "{listed:?}");
    // A tap hears where the router and the SDK listen for what nobody else should know.
    let mut tap = RawClient::connect(port);
    tap.subscribe("ipc.>");
    scene.goes_on("before");
    let subjects = listened_to(&tap.heard(), &scene);
    let mut attacker = RawClient::connect(port);
    attacker.subscribe("_INBOX.attacker.>");
    let connects = scene.router.connects();

    for (number, junk) in JUNK.iter().chain([&ODD_STATUS]).enumerate() {
        for subject in &subjects {
            for body in [&b""[..], b"\xc1", b"x"] {
                attacker.publish(subject, "_INBOX.attacker.x", junk, body);
            }
        }
        attacker.settle();
        scene.goes_on(&format!("after {number}"));
        assert_eq!(ancient(), "done", "after {number}");
    }
    assert_eq!(
        scene.router.connects(),
        connects,
        "somebody lost a connection"
    );
    assert!(scene.client.is_connected());
    scene.runtime.block_on(async {
        let last = scene
            .member
            .serve(resting("last"))
            .await
            .expect("it registers");
        let told = async {
            loop {
                match watch.next().await.expect("an open watch") {
                    WatchEvent::Gap(gap) => panic!("{gap}"),
                    WatchEvent::InstanceChanged(change) if change.service == "last" => break,
                    _ => {}
                }
            }
        };
        let told = tokio::time::timeout(PATIENCE, told).await;
        told.expect("the watch tells it in time");
        last.unregister().await;
    });
}

/// Every subject that the router or the SDK subscribes to, wildcards filled in.
fn listened_to(heard: &[Heard], scene: &Scene) -> Vec<String> {
    let named = Subjects::default();
    let router = heard
        .iter()
        .filter_map(|message| message.reply.as_deref())
        .find_map(|reply| reply.strip_prefix("ipc.response."))
        .and_then(|rest| rest.split('.').next())
        .expect("the router sent a call");
    let patterns = named.subscriptions(router);
    let mut subjects: Vec<String> = patterns
        .iter()
        .flat_map(|(pattern, _)| {
            let refined = pattern.replacen('*', "orders", 1);
            [
                refined.replacen('*', "echo", 1),
                refined.replacen('*', "o-1", 1),
            ]
        })
        .collect();
    // Attempts that were, and callers' own inboxes.
    subjects.extend(heard.iter().filter_map(|message| message.reply.clone()));
    let incarnation = Incarnation::from_bits(scene.instance().incarnation);
    subjects.push(named.inbox("orders", "o-1", incarnation));
    subjects.push(legacy::INBOX.to_owned());
    for verb in ["PING", "INFO", "STATS"] {
        subjects.push(format!("$SRV.{verb}"));
        subjects.push(format!("$SRV.{verb}.orders"));
        subjects.push(format!("$SRV.{verb}.orders.o-1"));
    }
    subjects.push(named.presence());
    subjects.push(named.router_event());
    subjects.push(named.instance_event("orders", "o-1"));
    subjects.sort();
    subjects.dedup();
    assert!(
        subjects
            .iter()
            .any(|subject| subject.starts_with("_INBOX."))
    );
    subjects
}

#[test]
fn a_call_with_junk_headers_is_served_without_them() {
    let scene = Scene::set();
    let port = scene.router.port();
    let mut tap = RawClient::connect(port);
    tap.subscribe("ipc.inbox.>");
    let mut caller = RawClient::connect(port);
    caller.subscribe("_INBOX.caller.*");
    let mut refused = 0;
    for (number, junk) in JUNK.iter().enumerate() {
        let inbox = format!("_INBOX.caller.{number}");
        let text = format!("call {number}");
        caller.publish("ipc.route.request.orders.echo", &inbox, junk, &call(&text));
        refused += caller.settle();
    }
    // Its own broker takes no such message at all; a NATS server passes it on.
    let expected = match TestBroker::of_this_run() {
        TestBroker::Embedded => 0,
        TestBroker::Nats => JUNK.len(),
    };
    assert_eq!(refused, JUNK.len() - expected);
    let mut answers = Vec::new();
    wait_for("the answers", || {
        answers.extend(caller.heard());
        (answers.len() >= expected).then_some(())
    });
    assert_eq!(answers.len(), expected);
    for answer in &answers {
        let number = answer.subject.rsplit('.').next().expect("a number");
        let text = format!("call {number}");
        assert!(contains(&answer.payload, text.as_bytes()), "{answer:?}");
        assert!(answer.headers.is_empty(), "{answer:?}");
    }
    assert_eq!(scene.runs.load(Ordering::Relaxed), expected);
    for attempt in tap
        .heard()
        .iter()
        .filter(|heard| contains(&heard.payload, b"call "))
    {
        assert_eq!(attempt.headers, b"", "junk was passed on: {attempt:?}");
    }
    scene.goes_on("after");
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

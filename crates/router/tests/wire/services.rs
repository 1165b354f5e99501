//! Services of the first AegisIPC at work: both ways to answer, and many calls side by side.

use crate::support::{Bench, pack};
use serde_json::{Value, json};

/// The prototype took one call at a time; ours is bounded by the handlers alone.
const SIDE_BY_SIDE: usize = 64;

fn call(number: usize) -> Value {
    json!({"service_name": "quotes", "method": "last", "params": {"n": number}, "timeout": 5,
        "trace_id": format!("trace_{number}"),
        "message_id": format!("6f1b2c3d-0000-4000-8000-{number:012}")})
}

#[test]
fn calls_run_side_by_side_and_each_caller_gets_its_own_answer() {
    let mut bench = Bench::new();
    let service = bench.legacy_service("quotes", "instance_1");
    let callers: Vec<_> = (0..SIDE_BY_SIDE)
        .map(|number| {
            let caller = bench.client();
            let inbox = format!("_INBOX.{number}");
            bench.subscribe(caller, &inbox);
            let body = pack(&call(number));
            bench.publish(caller, "ipc.route.request", Some(&inbox), &body);
            caller
        })
        .collect();
    let work = bench.receive(service);
    assert_eq!(work.len(), SIDE_BY_SIDE, "all of them, before any answer");
    // Answered in the opposite order, half to the reply subject, half to the derived one, the way
    // in which the demos do it.
    for (place, work) in work.iter().enumerate().rev() {
        let body = work.body();
        let derived = format!(
            "ipc.response.{}",
            body["correlation_id"].as_str().expect("text")
        );
        let to = match place % 2 {
            0 => work.reply.clone().expect("a reply subject"),
            _ => derived,
        };
        let answer = json!({"success": true, "result": body["params"]["n"]});
        bench.publish(service, &to, None, &pack(&answer));
    }
    for (number, caller) in callers.into_iter().enumerate() {
        let reply = bench.receive(caller).pop().expect("an answer").body();
        assert_eq!(reply["result"], number);
        assert_eq!(reply["trace_id"], format!("trace_{number}"));
    }
}

#[test]
fn a_service_may_answer_from_another_connection() {
    let mut bench = Bench::new();
    let service = bench.legacy_service("quotes", "instance_1");
    let other = bench.client();
    let caller = bench.client();
    bench.subscribe(caller, "_INBOX.me");
    bench.publish(
        caller,
        "ipc.route.request",
        Some("_INBOX.me"),
        &pack(&call(1)),
    );
    let work = bench.receive(service).pop().expect("the call").body();
    let correlation_id = work["correlation_id"].as_str().expect("a text");
    let answer = pack(&json!({"success": true, "result": 7, "instance_id": "whoever"}));
    bench.publish(
        other,
        &format!("ipc.response.{correlation_id}"),
        None,
        &answer,
    );
    // Whatever else comes for the same attempt is late, and nobody hears it.
    bench.publish(
        service,
        &format!("ipc.response.{correlation_id}"),
        None,
        &answer,
    );
    let replies = bench.receive(caller);
    assert_eq!(replies.len(), 1);
    let reply = replies[0].body();
    assert_eq!(
        (&reply["result"], &reply["instance_id"]),
        (&json!(7), &json!("instance_1"))
    );
    assert_eq!(bench.switch.local().counters().late_responses, 1);
}

#[test]
fn odd_but_honest_messages_are_taken() {
    let mut bench = Bench::new();
    // A six-character id, an integer for a float, keys that nobody knows, nil where a default is.
    let service = bench.legacy_service("quotes", "inst01");
    let caller = bench.client();
    bench.subscribe(caller, "_INBOX.me");
    let body = json!({"service_name": " quotes ", "method": " last ", "params": {}, "timeout": 5,
        "trace_id": "", "message_id": null, "resource_id": null, "excluded_instances": [],
        "require_ack": false, "host": "h", "port": 1});
    bench.publish(caller, "ipc.route.request", Some("_INBOX.me"), &pack(&body));
    let work = bench.receive(service).pop().expect("the call").body();
    assert_eq!(
        (&work["method"], &work["trace_id"]),
        (&json!("last"), &json!(""))
    );
    assert_eq!(work["params"], json!({}));
}

//! One call, three processes, one trace id.

use std::time::Duration;

use aegis_client::{Client, Context, HandlerError, Outcome, Safety, Service};
use aegis_testkit::wait_for;
use aegis_types::LOG_EVENTS;
use serde_json::Value;

use crate::stage::{Router, aegis, events, finished, listen, of_trace, own_lines};

const PATIENCE: Duration = Duration::from_secs(20);

fn fails_everywhere(instance: &str) -> Service {
    let busy =
        |_: Context, (): ()| async { Err::<(), _>(HandlerError::new(503, "busy").retryable()) };
    Service::new("traced")
        .instance_id(instance)
        .method("busy", Safety::Idempotent, busy)
        .method("forever", Safety::AtMostOnce, |_: Context, (): ()| async {
            std::future::pending::<Result<(), HandlerError>>().await
        })
        .method(
            "panics",
            Safety::AtMostOnce,
            |context: Context, (): ()| async move {
                assert!(context.method().is_empty(), "on purpose");
                Ok::<(), HandlerError>(())
            },
        )
}

#[tokio::test(flavor = "multi_thread")]
async fn every_line_of_a_call_that_is_rerouted_and_fails_has_its_trace_id() {
    listen();
    let router = Router::start();
    let client = Client::connect(&router.url).await.unwrap();
    let _first = client.serve(fails_everywhere("traced-1")).await.unwrap();
    let _second = client.serve(fails_everywhere("traced-2")).await.unwrap();

    let arguments = ["call", "traced", "busy", "--failover", "--log", "debug"];
    let mut call = aegis(&arguments);
    call.args(["--no-config", "--server", &router.url]);
    let caller = finished(call).await;
    let lines = events(&caller.stderr);
    let answered = lines.iter().find(|line| line["event"] == "call_answered");
    let trace_id = answered.unwrap()["trace_id"].as_str().unwrap();
    assert!(!trace_id.is_empty());

    let of_call = wait_for("the lines of the router", || {
        let codes = of_trace(&router.stderr(), trace_id);
        codes.contains(&"call_answered".to_owned()).then_some(codes)
    });
    assert_eq!(of_call, ["call_sent", "call_rerouted", "call_answered"]);
    let of_instances = of_trace(&own_lines(), trace_id);
    let pair = ["request_started", "request_ended"];
    assert_eq!(of_instances, [pair, pair].concat());
    // Nothing was said of this one call without its trace.
    let told = [
        of_calls(&router.stderr()),
        of_calls(&caller.stderr),
        of_instances_named(&["traced-1", "traced-2"]),
    ];
    for lines in &told {
        assert!(!lines.is_empty());
    }
    for line in told.concat() {
        assert_eq!(line["trace_id"], trace_id, "{line}");
    }
}

/// The lines of a program that belong to the life of a call, by the page of all events.
fn of_calls(text: &str) -> Vec<Value> {
    let headings = ["Calls", "Calls on an instance"];
    let codes: Vec<&str> = LOG_EVENTS
        .iter()
        .filter(|(heading, _)| headings.contains(heading))
        .flat_map(|(_, events)| events.iter().map(|event| event.code))
        .collect();
    assert!(codes.len() >= 15, "{codes:?}");
    let mut lines = events(text);
    lines.retain(|line| codes.contains(&line["event"].as_str().unwrap()));
    lines
}

/// Of those in this process the lines of these instances: other tests log here as well.
fn of_instances_named(names: &[&str]) -> Vec<Value> {
    let mut lines = of_calls(&own_lines());
    lines.retain(|line| names.iter().any(|name| line["instance"] == *name));
    lines
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_that_time_out_or_panic_tell_their_trace_id_on_both_sides() {
    listen();
    let router = Router::start();
    let client = Client::connect(&router.url).await.unwrap();
    let _serving = client.serve(fails_everywhere("traced-3")).await.unwrap();
    let call = async |method, trace_id, timeout| {
        client
            .request("traced", method)
            .trace_id(trace_id)
            .timeout(timeout)
            .send::<_, ()>(&())
            .await
            .unwrap_err()
    };
    let lost = call("forever", "trace-of-a-lost-one", Duration::from_millis(300)).await;
    assert_eq!(lost.outcome(), Outcome::Unknown, "{lost}");
    // Where a panic is shown with its backtrace, it takes its time.
    call("panics", "trace-of-a-panic", PATIENCE).await;
    call("absent", "trace-of-nobody", PATIENCE).await;

    let expected = [
        (
            "trace-of-a-lost-one",
            "request_started call_failed",
            "call_sent call_failed",
        ),
        (
            "trace-of-a-panic",
            "request_started handler_panicked request_ended call_failed",
            "call_sent call_answered",
        ),
        ("trace-of-nobody", "call_failed", "call_failed"),
    ];
    for (trace_id, here, on_router) in expected {
        assert_eq!(of_trace(&own_lines(), trace_id).join(" "), here);
        let told = wait_for("as many lines of the router", || {
            let codes = of_trace(&router.stderr(), trace_id);
            (codes.len() >= on_router.split(' ').count()).then_some(codes)
        });
        assert_eq!(told.join(" "), on_router);
    }
    let of_these = |line: &Value| expected.iter().any(|(id, _, _)| line["trace_id"] == *id);
    let told = [
        of_calls(&router.stderr()),
        of_instances_named(&["traced-3"]),
    ];
    for line in told.concat() {
        assert!(of_these(&line), "{line}");
    }
}

//! Calls: answered, lost, moved, and one too many.

use std::time::Duration;

use aegis_core::Config;
use aegis_nats::PeerId;
use serde_json::{Value, json};

use super::{ONE, SUMS, fleet};
use crate::scrape::Scrape;
use crate::speak::{call, registration};
use crate::support::{Bench, Received, pack};
use crate::table::{Story, is, over};
use crate::told::spoken_to;

pub(super) fn one_answered_and_one_lost() -> Story {
    let mut bench = spoken_to();
    bench.pass(Duration::from_secs(20));
    let healthy = ("status", "healthy");
    let lost = [("from", "suspect"), ("to", "unhealthy")];
    Story {
        scrape: Scrape::of(&bench, false),
        seen: vec![
            is(
                "aegis_build_info",
                &[("version", env!("CARGO_PKG_VERSION"))],
                1,
            ),
            is("aegis_router_trust", &[("state", "normal")], 1),
            is("aegis_router_trust", &[("state", "warming")], 0),
            is(
                "aegis_router_trust_changes_total",
                &[("to", "normal"), ("reason", "watched")],
                1,
            ),
            is(
                "aegis_router_trust_changes_total",
                &[("to", "warming"), ("reason", "woke_late")],
                0,
            ),
            over("aegis_router_lateness_seconds_count", &[], 0),
            is("aegis_heartbeats_received_total", &[SUMS, healthy], 1),
            is(
                "aegis_heartbeats_refused_total",
                &[("reason", "unknown_instance")],
                1,
            ),
            is(
                "aegis_heartbeats_refused_total",
                &[("reason", "evicted")],
                0,
            ),
            is("aegis_heartbeats_late_total", &[SUMS], 1),
            is("aegis_heartbeat_gap_seconds_count", &[SUMS], 2),
            is("aegis_heartbeat_gap_seconds_sum", &[SUMS], 13),
            is(
                "aegis_instances",
                &[SUMS, ("health", "unhealthy"), ("lifecycle", "serving")],
                1,
            ),
            is("aegis_instances_routable", &[SUMS], 0),
            is("aegis_instance_losses_total", &[SUMS], 1),
            is("aegis_instance_flaps_total", &[SUMS], 0),
            is(
                "aegis_instance_transitions_total",
                &[SUMS, lost[0], lost[1], ("reason", "inbox_gone")],
                1,
            ),
            is("aegis_registrations_total", &[], 1),
            is(
                "aegis_instance_attempts",
                &[SUMS, ONE, ("outcome", "ok")],
                1,
            ),
            is(
                "aegis_instance_attempts",
                &[SUMS, ONE, ("outcome", "failed")],
                1,
            ),
            is("aegis_instance_routable", &[SUMS, ONE], 0),
            is(
                "aegis_calls_total",
                &[SUMS, ("method", "other"), ("outcome", "ok")],
                1,
            ),
            is(
                "aegis_calls_total",
                &[SUMS, ("method", "other"), ("outcome", "not_run")],
                0,
            ),
            is(
                "aegis_call_duration_seconds_sum",
                &[SUMS, ("outcome", "ok")],
                0.02,
            ),
            is(
                "aegis_call_failures_total",
                &[SUMS, ("reason", "outcome_unknown")],
                1,
            ),
            is(
                "aegis_call_failures_total",
                &[SUMS, ("reason", "stopping")],
                0,
            ),
            is("aegis_attempts_total", &[SUMS], 2),
            is(
                "aegis_attempt_failures_total",
                &[SUMS, ("reason", "inbox_gone")],
                1,
            ),
            is(
                "aegis_attempt_failures_total",
                &[SUMS, ("reason", "refused")],
                0,
            ),
            is("aegis_retry_budget_left", &[SUMS], 10),
        ],
    }
}

pub(super) fn the_same_under_the_old_names() -> Story {
    let bench = spoken_to();
    let one = [("service_name", "sums"), ("instance_id", "one")];
    let with = |label| [one[0], one[1], label];
    Story {
        scrape: Scrape::of(&bench, true),
        seen: vec![
            is(
                "ipc_heartbeats_received_total",
                &with(("status", "degraded")),
                1,
            ),
            is(
                "ipc_instance_routing_failures_total",
                &with(("error_code", "inbox_gone")),
                1,
            ),
            is(
                "ipc_instance_routing_duration_seconds_sum",
                &with(("success", "true")),
                0.02,
            ),
            is(
                "ipc_instance_routing_duration_seconds_count",
                &with(("success", "false")),
                1,
            ),
        ],
    }
}

pub(super) fn on_a_nats_server() -> Story {
    Story {
        scrape: Scrape::on_nats(&Bench::new()),
        seen: vec![
            is("aegis_router_state", &[("state", "broker_lost")], 1),
            is("aegis_broker_connected", &[], 0),
            is("aegis_router_hears_disconnects", &[], 0),
            is("aegis_messages_unsent_total", &[], 3),
            is("aegis_requests_fenced_total", &[], 2),
        ],
    }
}

/// The attempt that one of them has got, and who.
fn attempt(bench: &mut Bench, instances: &[PeerId]) -> (PeerId, Received) {
    let mut got = instances
        .iter()
        .filter_map(|id| Some((*id, bench.receive(*id).pop()?)));
    got.next().unwrap()
}

fn answer(bench: &mut Bench, (instance, attempt): &(PeerId, Received), body: &Value) {
    bench.publish(
        *instance,
        attempt.reply.as_deref().unwrap(),
        None,
        &pack(body),
    );
}

/// One refuses and says so twice; another answers, and says so twice.
pub(super) fn moved_and_answered_twice() -> Story {
    let mut bench = Bench::new();
    let (instances, caller) = fleet(&mut bench, &["one", "two"]);
    call(&mut bench, caller, "sums", "sum");
    let first = attempt(&mut bench, &instances);
    answer(
        &mut bench,
        &first,
        &json!({"kind": "refused", "success": false}),
    );
    let second = attempt(&mut bench, &instances);
    answer(
        &mut bench,
        &first,
        &json!({"success": false, "error": {"code": "X", "message": "x"}}),
    );
    answer(&mut bench, &second, &json!({"success": true, "result": 3}));
    answer(&mut bench, &second, &json!({"success": true, "result": 3}));
    // And one that nobody has answered yet.
    call(&mut bench, caller, "sums", "sum");
    // Nobody can be told what is wrong with a request that names no reply subject.
    bench.publish(caller, "ipc.route.request", None, &pack(&json!({})));
    bench.publish(
        caller,
        "ipc.route.request",
        Some("_INBOX.caller"),
        b"no map",
    );
    Story {
        scrape: Scrape::of(&bench, false),
        seen: vec![
            is("aegis_reroutes_total", &[SUMS, ("reason", "refused")], 1),
            is(
                "aegis_reroutes_total",
                &[SUMS, ("reason", "deadline_passed")],
                0,
            ),
            is("aegis_late_replies_total", &[], 1),
            is(
                "aegis_messages_dropped_total",
                &[("reason", "late_response")],
                1,
            ),
            is(
                "aegis_messages_dropped_total",
                &[("reason", "unanswerable")],
                1,
            ),
            is("aegis_messages_refused_total", &[], 1),
            is("aegis_calls_in_flight", &[SUMS], 1),
            is("aegis_instance_in_flight", &[SUMS, ONE], 1),
            is("aegis_probes_sent_total", &[], 2),
            is("aegis_probes_settled_total", &[("outcome", "answered")], 2),
        ],
    }
}

/// Each limit of the core refuses once.
pub(super) fn beyond_every_limit() -> Story {
    let mut bench = Bench::with(Config {
        max_services: 2,
        max_instances: 3,
        max_methods_per_service: 1,
        registration_burst: 3,
        max_calls_in_flight: 3,
        max_calls_per_caller: 2,
        max_calls_per_instance: 1,
        ..Config::default()
    });
    let (instances, caller) = fleet(&mut bench, &["one", "two"]);
    let two_methods =
        json!([{"name": "sum", "safety": "idempotent"}, {"name": "more", "safety": "idempotent"}]);
    let mut refused = registration("sums", "three");
    refused["methods"] = two_methods;
    // Three of one connection: two are refused for other reasons, and so is the fourth.
    bench.begin_native(instances[0], &refused);
    bench.legacy_service("more", "one");
    bench.begin_native(instances[0], &registration("third", "one"));
    bench.begin_native(instances[0], &registration("sums", "four"));
    bench.begin_native(instances[1], &registration("sums", "five"));
    // Both instances have their one call, and the caller its two.
    for _ in 0..3 {
        call(&mut bench, caller, "sums", "sum");
    }
    let second = bench.client();
    bench.subscribe(second, "_INBOX.second");
    call(&mut bench, second, "sums", "sum");
    call(&mut bench, second, "more", "sum");
    call(&mut bench, second, "more", "sum");
    let limit = |name| is("aegis_limit_reached_total", &[("limit", name)], 1);
    Story {
        scrape: Scrape::of(&bench, false),
        seen: vec![
            limit("services"),
            limit("instances"),
            limit("methods_per_service"),
            limit("registrations_per_connection"),
            limit("calls_in_flight"),
            limit("calls_per_caller"),
            limit("calls_per_instance"),
        ],
    }
}

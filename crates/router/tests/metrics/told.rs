use std::time::Duration;

use aegis_router::metrics::catalogue::{ALL, Kind, Shown};
use serde_json::json;

use crate::scrape::Scrape;
use crate::speak::{beat, call, registration};
use crate::support::{Bench, pack};

/// A router with a service of the first AegisIPC that answered one call and was lost with another.
pub(crate) fn spoken_to() -> Bench {
    let mut bench = Bench::new();
    let service = bench.legacy_service("sums", "one");
    let caller = bench.client();
    bench.subscribe(caller, "_INBOX.caller");
    bench.pass(Duration::from_secs(4));
    beat(&mut bench, service, "one", "healthy");
    bench.pass(Duration::from_secs(9));
    beat(&mut bench, service, "one", "degraded");
    call(&mut bench, caller, "sums", "sum");
    let work = bench.receive(service).pop().unwrap();
    bench.pass(Duration::from_millis(20));
    let answer = pack(&json!({"success": true, "result": 3}));
    bench.publish(service, &work.reply.unwrap(), None, &answer);
    call(&mut bench, caller, "nobody", "sum");
    // Whoever asks is told that it is not known.
    let body = pack(&json!({"service_name": "sums", "instance_id": "two"}));
    bench.publish(
        service,
        "ipc.service.heartbeat",
        Some("_INBOX.caller"),
        &body,
    );
    call(&mut bench, caller, "sums", "sum");
    bench.close(service);
    bench.pass(Duration::from_secs(6));
    bench
}

#[test]
fn what_happened_is_told() {
    let bench = spoken_to();
    let scrape = Scrape::of(&bench, false);
    let value = |name: &str, labels: &[(&str, &str)]| scrape.value(name, labels);
    let calls = |method, outcome| {
        let labels = [
            ("service", "sums"),
            ("method", method),
            ("outcome", outcome),
        ];
        value("aegis_calls_total", &labels)
    };
    // Nobody of the first AegisIPC declares methods.
    assert_eq!(calls("other", "ok"), Some(1.0));
    assert_eq!(calls("other", "unknown"), Some(1.0));
    let unknown = [
        ("service", "other"),
        ("method", "other"),
        ("outcome", "not_run"),
    ];
    assert_eq!(value("aegis_calls_total", &unknown), Some(1.0));
    let spent = [("service", "sums"), ("outcome", "ok")];
    assert_eq!(value("aegis_call_duration_seconds_sum", &spent), Some(0.02));
    let bucket = |le| {
        let labels = [("service", "sums"), ("outcome", "ok"), ("le", le)];
        value("aegis_call_duration_seconds_bucket", &labels)
    };
    assert_eq!(
        (bucket("0.01"), bucket("0.025"), bucket("+Inf")),
        (Some(0.0), Some(1.0), Some(1.0))
    );
    let by = |name, reason| value(name, &[("service", "sums"), ("reason", reason)]);
    assert_eq!(by("aegis_attempt_failures_total", "inbox_gone"), Some(1.0));
    assert_eq!(
        by("aegis_call_failures_total", "outcome_unknown"),
        Some(1.0)
    );
    assert_eq!(
        value("aegis_attempts_total", &[("service", "sums")]),
        Some(2.0)
    );
    let heard = |status| {
        let labels = [("service", "sums"), ("status", status)];
        value("aegis_heartbeats_received_total", &labels)
    };
    assert_eq!(
        (heard("healthy"), heard("degraded")),
        (Some(1.0), Some(1.0))
    );
    assert_eq!(
        value("aegis_heartbeats_late_total", &[("service", "sums")]),
        Some(1.0)
    );
    assert_eq!(
        value("aegis_heartbeat_gap_seconds_sum", &[("service", "sums")]),
        Some(13.0)
    );
    let refused = [("reason", "unknown_instance")];
    assert_eq!(value("aegis_heartbeats_refused_total", &refused), Some(1.0));
    assert_eq!(scrape.sum("aegis_instances"), 1.0);
    let on = |outcome| {
        let labels = [
            ("service", "sums"),
            ("instance", "one"),
            ("outcome", outcome),
        ];
        value("aegis_instance_attempts", &labels)
    };
    assert_eq!((on("ok"), on("failed")), (Some(1.0), Some(1.0)));
    assert_eq!(
        value("aegis_calls_in_flight", &[("service", "sums")]),
        Some(0.0)
    );
}

#[test]
fn silence_is_counted_while_it_lasts_and_shown_by_health() {
    let mut bench = Bench::new();
    let instance = bench.client();
    bench.register_native(instance, &registration("sums", "one"));
    let instances = |bench: &Bench, health| {
        let labels = [
            ("service", "sums"),
            ("health", health),
            ("lifecycle", "serving"),
        ];
        Scrape::of(bench, false).value("aegis_instances", &labels)
    };
    assert_eq!(instances(&bench, "healthy"), Some(1.0));
    bench.pass(Duration::from_secs(40));
    assert_eq!(instances(&bench, "healthy"), Some(0.0));
    assert_eq!(instances(&bench, "unhealthy"), Some(1.0));
    let scrape = Scrape::of(&bench, false);
    assert_eq!(scrape.sum("aegis_heartbeats_missed_total"), 1.0);
    let expired = [
        ("service", "sums"),
        ("from", "suspect"),
        ("to", "unhealthy"),
        ("reason", "lease_expired"),
    ];
    assert_eq!(
        scrape.value("aegis_instance_transitions_total", &expired),
        Some(1.0)
    );
    bench.pass(Duration::from_secs(400));
    let scrape = Scrape::of(&bench, false);
    assert_eq!(scrape.sum("aegis_instances"), 0.0);
    // What it had is given back with it.
    assert_eq!(scrape.sum("aegis_instance_routable"), 0.0);
    assert_eq!(scrape.values_of("aegis_instance_attempts", "instance"), 1);
}

/// The catalogue and a scrape name the same families, with the same types and labels.
#[test]
fn what_is_shown_is_the_catalogue() {
    let bench = spoken_to();
    let hosts = [
        (
            Scrape::of(&bench, false),
            vec![Shown::Always, Shown::Embedded],
        ),
        (
            Scrape::of(&bench, true),
            vec![Shown::Always, Shown::Embedded, Shown::Legacy],
        ),
        (Scrape::on_nats(&bench), vec![Shown::Always, Shown::OnNats]),
    ];
    for (scrape, shown) in hosts {
        let wanted = ALL.iter().filter(|metric| shown.contains(&metric.shown));
        let mut families = scrape.types.clone();
        for metric in wanted {
            let family = metric.name.strip_suffix("_total").unwrap_or(metric.name);
            let kind = families.remove(family);
            assert_eq!(
                kind.as_deref(),
                Some(metric.kind.as_str()),
                "{}",
                metric.name
            );
            let series = match metric.kind {
                Kind::Histogram => format!("{}_count", metric.name),
                Kind::Counter | Kind::Gauge => metric.name.to_owned(),
            };
            for (name, labels) in scrape.series.keys() {
                if *name == series {
                    let mut asked = metric.labels.to_vec();
                    asked.sort_unstable();
                    assert!(labels.keys().eq(asked.iter()), "{name}: {labels:?}");
                }
            }
        }
        assert_eq!(
            families.into_keys().collect::<Vec<_>>(),
            Vec::<String>::new()
        );
    }
}

#[test]
fn the_old_names_say_the_same_by_instance() {
    let bench = spoken_to();
    let scrape = Scrape::of(&bench, true);
    let one = [("service_name", "sums"), ("instance_id", "one")];
    let with = |name: &str, more: (&str, &str)| scrape.value(name, &[one[0], one[1], more]);
    let heard = "ipc_heartbeats_received_total";
    assert_eq!(with(heard, ("status", "degraded")), Some(1.0));
    let failed = "ipc_instance_routing_failures_total";
    assert_eq!(with(failed, ("error_code", "inbox_gone")), Some(1.0));
    let took = "ipc_instance_routing_duration_seconds_sum";
    assert_eq!(with(took, ("success", "true")), Some(0.02));
    assert_eq!(Scrape::of(&bench, false).sum(heard), 0.0);
}

#[test]
fn a_name_from_outside_stays_in_its_quotes() {
    let mut bench = Bench::new();
    let id = "a\"}1\\";
    bench.legacy_service("x\",y=\"", id);
    let scrape = Scrape::of(&bench, true);
    let labels = [("service", "x\",y=\""), ("instance", id)];
    assert_eq!(scrape.value("aegis_instance_routable", &labels), Some(1.0));
}

#[test]
fn the_lost_server_is_told() {
    let bench = Bench::new();
    let scrape = Scrape::on_nats(&bench);
    assert_eq!(scrape.value("aegis_broker_connected", &[]), Some(0.0));
    let state = |state| scrape.value("aegis_router_state", &[("state", state)]);
    assert_eq!(
        (state("broker_lost"), state("serving")),
        (Some(1.0), Some(0.0))
    );
    assert_eq!(scrape.value("aegis_messages_unsent_total", &[]), Some(3.0));
    assert_eq!(scrape.value("aegis_requests_fenced_total", &[]), Some(2.0));
}

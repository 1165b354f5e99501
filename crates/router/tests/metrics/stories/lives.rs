//! Instances: ejected, silent, restarted, gone, drained.

use std::time::Duration;

use serde_json::json;

use super::{SUMS, fleet};
use crate::scrape::Scrape;
use crate::speak::{beat, call, registration};
use crate::support::{Bench, pack};
use crate::table::{Story, is};

/// Longer than a call of these tests lasts, and shorter than a lease.
const UNTIL_OVER: Duration = Duration::from_secs(6);

/// Both let their calls time out. One is kept out, and never more than half.
pub(super) fn badly_answered() -> Story {
    let mut bench = Bench::new();
    let (_, caller) = fleet(&mut bench, &["one", "two"]);
    for _ in 0..20 {
        call(&mut bench, caller, "sums", "sum");
    }
    bench.pass(UNTIL_OVER);
    // Silent with work in hand, both are in doubt by then.
    let same = [("from", "suspect"), ("to", "suspect")];
    Story {
        scrape: Scrape::of(&bench, false),
        seen: vec![
            is("aegis_instances_ejected", &[SUMS], 1),
            is("aegis_instances_routable", &[SUMS], 1),
            is("aegis_instance_losses_total", &[SUMS], 0),
            is(
                "aegis_instance_transitions_total",
                &[SUMS, same[0], same[1], ("reason", "ejected")],
                1,
            ),
        ],
    }
}

pub(super) fn silent() -> Story {
    let mut bench = Bench::new();
    let _ = fleet(&mut bench, &["one"]);
    bench.pass(Duration::from_secs(20));
    Story {
        scrape: Scrape::of(&bench, false),
        seen: vec![
            is("aegis_heartbeats_missed_total", &[SUMS], 1),
            is("aegis_instances_routable", &[SUMS], 1),
            is("aegis_instance_losses_total", &[SUMS], 0),
        ],
    }
}

/// Each life has a later incarnation, and ends with its connection.
pub(super) fn restarted_again_and_again() -> Story {
    let mut bench = Bench::new();
    for life in 1..=4 {
        let instance = bench.client();
        let mut body = registration("sums", "one");
        body["incarnation"] = life.into();
        bench.register_native(instance, &body);
        bench.close(instance);
        bench.pass(Duration::from_secs(1));
    }
    Story {
        scrape: Scrape::of(&bench, false),
        seen: vec![
            is("aegis_instance_losses_total", &[SUMS], 4),
            is("aegis_instance_flaps_total", &[SUMS], 1),
        ],
    }
}

/// With the word of an operator, who drains all there is.
pub(super) fn came_and_left() -> Story {
    let mut bench = Bench::new();
    let (instances, caller) = fleet(&mut bench, &["one", "two"]);
    let other = bench.client();
    let mut again = registration("sums", "one");
    again["incarnation"] = 99.into();
    bench.begin_native(other, &again);
    let left = json!({"service_name": "kept", "instance_id": "one"});
    let legacy = bench.legacy_service("kept", "one");
    bench.ask(legacy, "ipc.service.unregister", &left);
    // It goes on beating for a while; nobody is told, and it is counted.
    bench.publish(
        legacy,
        "ipc.service.heartbeat",
        None,
        &pack(&json!({
        "service_name": "kept", "instance_id": "one", "status": "healthy"})),
    );
    let drained = json!({"service_name": "sums", "instance_id": "one", "service": "sums",
        "instance": "one"});
    bench.ask(caller, "ipc.admin.instance.drain", &drained);
    beat(&mut bench, instances[1], "two", "healthy");
    Story {
        scrape: Scrape::of(&bench, false),
        seen: vec![
            is(
                "aegis_registrations_refused_total",
                &[("reason", "duplicate_instance")],
                1,
            ),
            is(
                "aegis_registrations_refused_total",
                &[("reason", "evicted")],
                0,
            ),
            is("aegis_deregistrations_total", &[], 1),
            is(
                "aegis_heartbeats_refused_total",
                &[("reason", "unknown_instance")],
                1,
            ),
            is(
                "aegis_heartbeats_refused_total",
                &[("reason", "wrong_token")],
                1,
            ),
            is("aegis_instances_routable", &[SUMS], 1),
            is("aegis_instances_routable", &[("service", "kept")], 0),
        ],
    }
}

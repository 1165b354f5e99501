//! No call is lost from the numbers, whoever shares them.

use std::time::Duration;

use aegis_core::metrics::{MAX_METRIC_METHODS, MAX_METRIC_SERVICES};
use aegis_nats::PeerId;
use serde_json::{Value, json};

use crate::scrape::Scrape;
use crate::speak::{call, registration};
use crate::support::Bench;

/// Longer than a call of these tests lasts, and shorter than a lease.
const UNTIL_OVER: Duration = Duration::from_secs(6);

fn caller(bench: &mut Bench) -> PeerId {
    let caller = bench.client();
    bench.subscribe(caller, "_INBOX.caller");
    caller
}

/// Of a service and method, whatever the outcome.
fn calls(scrape: &Scrape, service: &str, method: &str) -> f64 {
    let series = scrape.series.iter();
    let of = series.filter(|((name, labels), _)| {
        name == "aegis_calls_total" && labels["service"] == service && labels["method"] == method
    });
    of.map(|(_, count)| count).sum()
}

#[test]
fn services_without_numbers_of_their_own_lose_no_call_of_a_declared_method() {
    const SERVICES: usize = MAX_METRIC_SERVICES + 44;
    let mut bench = Bench::new();
    let caller = caller(&mut bench);
    for at in 0..SERVICES {
        let instance = bench.client();
        let service = format!("service-{at}");
        bench.register_native(instance, &registration(&service, "one"));
        call(&mut bench, caller, &service, "sum");
    }
    bench.pass(UNTIL_OVER);
    let scrape = Scrape::of(&bench, false);
    assert_eq!(scrape.sum("aegis_calls_total"), SERVICES as f64);
    assert_eq!(scrape.sum("aegis_call_failures_total"), SERVICES as f64);
    assert_eq!(calls(&scrape, "service-0", "sum"), 1.0);
    assert_eq!(calls(&scrape, "other", "other"), 44.0);
}

/// Its methods are not those of the services that share with it.
#[test]
fn a_service_called_other_counts_no_methods() {
    let mut bench = Bench::new();
    let caller = caller(&mut bench);
    let instance = bench.client();
    bench.register_native(instance, &registration("other", "one"));
    call(&mut bench, caller, "other", "sum");
    call(&mut bench, caller, "nobody", "sum");
    bench.pass(UNTIL_OVER);
    let scrape = Scrape::of(&bench, false);
    assert_eq!(calls(&scrape, "other", "other"), 2.0);
    assert_eq!(scrape.values_of("aegis_calls_total", "method"), 1);
}

#[test]
fn methods_without_numbers_of_their_own_share_some() {
    const METHODS: usize = MAX_METRIC_METHODS + 8;
    let mut bench = Bench::new();
    let caller = caller(&mut bench);
    let instance = bench.client();
    let mut body = registration("sums", "one");
    let method = |at| json!({"name": format!("method-{at}"), "safety": "at_most_once"});
    body["methods"] = (0..METHODS).map(method).collect::<Vec<Value>>().into();
    bench.register_native(instance, &body);
    for at in 0..METHODS {
        call(&mut bench, caller, "sums", &format!("method-{at}"));
    }
    bench.pass(UNTIL_OVER);
    let scrape = Scrape::of(&bench, false);
    assert_eq!(scrape.sum("aegis_calls_total"), METHODS as f64);
    let first = calls(&scrape, "sums", "method-0");
    assert_eq!((first, calls(&scrape, "sums", "other")), (1.0, 8.0));
    let distinct = scrape.values_of("aegis_calls_total", "method");
    assert_eq!(distinct, MAX_METRIC_METHODS + 1);
}

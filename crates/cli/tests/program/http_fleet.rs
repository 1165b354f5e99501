//! The admin listener about a fleet in which everything occurs: who is active, who is gone, who joins, and
//! more services than fit into one page.

use serde_json::{Value, json};

use crate::described::faults;
use crate::harness::{Running, run, wait_for};
use crate::http::{fleet, get};
use crate::raw_client::RawClient;

/// Instances of the first AegisIPC and one that joins for ever, on one connection that stays.
fn ledger(router: &Running, standbys: &[&str]) -> RawClient {
    let mut client = RawClient::of(router);
    client.subscribe("ipc.instance.*.inbox");
    let metadata = json!({"resource_id": "book-7", "note": "not kept"});
    let active = json!({
        "service_name": "ledger", "instance_id": "ledger-1", "role": "active", "metadata": metadata,
    });
    client.publish("ipc.service.register", "_INBOX.raw", &active);
    for id in standbys {
        let standby = json!({
            "service_name": "ledger", "instance_id": id, "role": "standby", "metadata": {},
        });
        client.publish("ipc.service.register", "_INBOX.raw", &standby);
    }
    client.synchronise();
    client
}

/// A native instance with a version, whose inbox nobody answers for.
fn joiner(client: &mut RawClient) {
    let joiner = json!({
        "service_name": "ledger", "instance_id": "ledger-joins", "incarnation": 7, "protocol": 1,
        "version": "1.2.3", "capabilities": [], "methods": [{"name": "book", "safety": "idempotent"}],
    });
    client.publish(
        "ipc.service.register.ledger.ledger-joins",
        "_INBOX.raw",
        &joiner,
    );
    client.synchronise();
}

/// A fleet with one of each, and these besides that are well, once all of it is known.
pub(crate) fn everybody(standbys: &[&str]) -> (Running, Vec<Running>, RawClient) {
    let (router, mut toys) = fleet(&["toy-1", "toy-2"]);
    let mut client = ledger(&router, standbys);
    joiner(&mut client);
    // It is killed.
    drop(toys.pop());
    wait_for("the ends and the beginnings", || {
        let (_, ledger) = get(&router, "/api/v1/admin/services/ledger");
        let (_, toy) = get(&router, "/api/v1/admin/services/toy");
        let all = ledger["instances"].as_array()?.len() == 2 + standbys.len();
        (all && toy["instances"][1]["status"] == "OFFLINE").then_some(())
    });
    (router, toys, client)
}

#[test]
fn every_answer_about_a_fleet_is_as_described() {
    let (router, _toys, _client) = everybody(&["ledger-2"]);
    let (_, description) = get(&router, "/api/v1/openapi.json");
    let mut checked = 0;
    for (path, of) in description["paths"].as_object().unwrap() {
        if !path.starts_with("/api/") {
            continue;
        }
        let pairs = [
            ("toy", "toy-1"),
            ("toy", "toy-2"),
            ("ledger", "ledger-1"),
            ("ledger", "ledger-joins"),
        ];
        for (service, instance) in pairs {
            let path = path
                .replace("{name}", service)
                .replace("{instance}", instance);
            let (status, body) = get(&router, &path);
            // Three of five are healthy.
            let expected = if path == "/api/v1/admin/health" {
                503
            } else {
                200
            };
            assert_eq!(status, expected, "{path}: {body}");
            let answer = &of["get"]["responses"][status.to_string()];
            let schema = &answer["content"]["application/json"]["schema"];
            assert!(schema.is_object(), "{path}: {status} is not described");
            assert_eq!(
                faults(&description, schema, &body),
                Vec::<String>::new(),
                "{path}: {body}"
            );
            checked += 1;
        }
    }
    assert_eq!(checked, 13 * 4);
}

/// What the examples of the description name is there: strangers' requests made of them are answered.
#[test]
fn the_examples_of_the_description_are_there() {
    let (router, _toys, _client) = everybody(&["ledger-2"]);
    let (_, description) = get(&router, "/api/v1/openapi.json");
    let mut examples = 0;
    for (path, of) in description["paths"].as_object().unwrap() {
        let parameters = of["get"]["parameters"].as_array().into_iter().flatten();
        let in_path: Vec<&Value> = parameters.filter(|it| it["in"] == "path").collect();
        let mut path = path.clone();
        for parameter in &in_path {
            let (name, example) = (parameter["name"].as_str(), parameter["example"].as_str());
            let named = format!("{{{}}}", name.unwrap());
            path = path.replace(
                &named,
                example.unwrap_or_else(|| panic!("{path}: no example")),
            );
        }
        if !in_path.is_empty() {
            assert_eq!(get(&router, &path).0, 200, "{path}");
            examples += 1;
        }
    }
    assert_eq!(examples, 4);
}

#[test]
fn the_old_paths_tell_who_is_active_who_is_gone_and_what_is_kept_of_metadata() {
    let (router, _toys, _client) = everybody(&["ledger-2"]);
    let (_, toy) = get(&router, "/api/v1/admin/services/toy");
    let statuses = [
        &toy["instances"][0]["status"],
        &toy["instances"][1]["status"],
    ];
    assert_eq!(statuses, [&json!("ONLINE"), &json!("OFFLINE")]);
    let (_, ledger) = get(&router, "/api/v1/admin/services/ledger");
    let told: Vec<Value> = ledger["instances"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| json!([it["instance_id"], it["status"], it["role"], it["metadata"]]))
        .collect();
    assert_eq!(
        told,
        [
            json!(["ledger-1", "ONLINE", "ACTIVE", {"resource_id": "book-7"}]),
            json!(["ledger-2", "ONLINE", "STANDBY", {}]),
            json!(["ledger-joins", "OFFLINE", "STANDBY", {"version": "1.2.3"}]),
        ]
    );
    let (_, roles) = get(&router, "/api/v1/admin/services/ledger/roles");
    let expected = json!({"service_name": "ledger", "active_instances": ["ledger-1"],
        "standby_instances": ["ledger-2", "ledger-joins"]});
    assert_eq!(roles["roles"], expected);
}

/// Somebody should look, and no supervisor should act.
#[test]
fn health_that_is_degraded_ends_with_0() {
    let (router, mut toys) = fleet(&["toy-1", "toy-2"]);
    let _client = ledger(&router, &["ledger-2", "ledger-3", "ledger-4", "ledger-5"]);
    drop(toys.pop());
    let report = wait_for("one that is not healthy", || {
        let (_, report) = get(&router, "/api/v1/health");
        (report["not_healthy"][0]["instance"] == "toy-2").then_some(report)
    });
    assert_eq!(report["status"], "degraded", "{report}");
    let ran = run(&["health", "-s", &router.url(), "--json"]);
    assert_eq!(ran.json()["status"], "degraded", "{}", ran.stdout);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
}

/// As many questions as there are pages, and not one for each service.
#[test]
fn five_thousand_services_are_listed_in_one_answer_and_a_few_questions() {
    const SERVICES: usize = 5_000;
    let router = Running::router();
    let mut client = RawClient::of(&router);
    // Without a reply subject the router takes such an instance back unasked.
    for number in 0..SERVICES {
        let beat =
            json!({"service_name": format!("s{number}"), "instance_id": format!("i{number}")});
        client.publish("ipc.service.heartbeat", "", &beat);
    }
    client.synchronise();
    wait_for("all services", || {
        let (_, health) = get(&router, "/api/v1/health");
        (health["fleet"]["services"] == SERVICES).then_some(())
    });
    client.subscribe("ipc.admin.>");
    client.synchronise();
    let (status, body) = get(&router, "/api/v1/admin/services");
    let questions = client.synchronise();
    assert_eq!(status, 200, "{body}");
    assert_eq!(body["total_count"], SERVICES);
    let all = body["services"].as_array().unwrap().iter();
    assert!(
        all.clone()
            .all(|it| it["instances"].as_array().unwrap().len() == 1)
    );
    assert!((1..=20).contains(&questions), "{questions} questions");
}

//! The operator's word: drain, undrain, evict, disconnect.

use aegis_client::{Client, Context, HandlerError, Safety, Service};
use serde_json::Value;

use crate::harness::{Ran, Running, aegis, run, wait_for};

/// A router and one instance of the toy service, routable.
fn fleet() -> (Running, Running) {
    let router = Running::router();
    let toy = toy(&router);
    (router, toy)
}

fn toy(router: &Running) -> Running {
    let url = router.url();
    let arguments = [
        "toy-service",
        "-o",
        "json",
        "--server",
        &url,
        "--instance",
        "toy-1",
        "--work",
        "1ms",
    ];
    Running::start(&mut aegis(&arguments), tempfile::tempdir().unwrap())
}

fn say(router: &Running, words: &[&str]) -> Ran {
    run(&[words, &["-s", &router.url()]].concat())
}

fn info(router: &Running) -> Value {
    let ran = say(router, &["instance", "info", "toy", "toy-1", "--json"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    ran.json()
}

#[test]
fn an_instance_says_how_it_is_and_why() {
    let (router, _toy) = fleet();
    let instance = wait_for("a healthy instance", || {
        let instance = info(&router);
        (instance["health"] == "healthy").then_some(instance)
    });
    assert_eq!(instance["routable"], true, "{instance:#}");
    assert!(instance["evidence"].is_string(), "{instance:#}");
    assert!(instance["since_ms_ago"].is_u64(), "{instance:#}");
    let text = say(&router, &["instance", "info", "toy", "toy-1"]).stdout;
    let health = text
        .lines()
        .find(|line| line.starts_with("health "))
        .unwrap();
    assert!(health.contains("healthy since"), "{text}");
    assert!(
        health.contains(instance["reason"].as_str().unwrap()),
        "{text}"
    );
    for (service, instance) in [("toy", "toy-9"), ("nobody", "toy-1")] {
        let ran = say(&router, &["instance", "info", service, instance]);
        assert_eq!(
            (ran.code, ran.stdout.as_str()),
            (Some(1), ""),
            "{}",
            ran.stderr
        );
        assert!(ran.stderr.contains(instance), "{}", ran.stderr);
    }
}

#[test]
fn a_service_says_how_its_instances_and_its_calls_are() {
    let (router, _toy) = fleet();
    let ran = say(&router, &["call", "toy", "quote", "{\"id\": 1}"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let info = say(&router, &["service", "info", "toy", "--json"]).json();
    assert_eq!(info["service"]["calls"], 1, "{info:#}");
    assert_eq!(info["service"]["policy"], "round_robin", "{info:#}");
    assert_eq!(info["instances"][0]["instance"], "toy-1", "{info:#}");
    assert!(info["router"]["trust"].is_string(), "{info:#}");
    let text = say(&router, &["service", "info", "toy"]).stdout;
    assert!(text.contains("policy") && text.contains("toy-1"), "{text}");
    let ran = say(&router, &["service", "info", "nobody"]);
    assert_eq!(ran.code, Some(1), "{}", ran.stderr);
    assert!(ran.stderr.contains("aegis service ls"), "{}", ran.stderr);
}

#[test]
fn a_drained_instance_gets_no_calls_until_it_is_taken_back() {
    let (router, _toy) = fleet();
    let quote = || say(&router, &["call", "toy", "quote", "{\"id\": 1}"]).code;
    assert_eq!(quote(), Some(0));

    let ran = say(&router, &["instance", "drain", "toy", "toy-1", "--dry-run"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert!(
        ran.stdout.contains("would drain toy-1 of toy"),
        "{}",
        ran.stdout
    );
    assert_eq!(quote(), Some(0));

    let ran = say(&router, &["instance", "drain", "toy", "toy-1", "--json"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert_eq!(ran.json()["lifecycle"], "draining");
    assert_eq!(ran.json()["dry_run"], false);
    let drained = info(&router);
    assert_eq!(drained["operator"], "drain", "{drained:#}");
    assert_eq!(drained["routable"], false, "{drained:#}");
    assert_eq!(quote(), Some(3));
    // It is the only one: whoever asks how all is hears it, not only who asks for this service.
    let ran = say(&router, &["health", "--json"]);
    assert_eq!(ran.code, Some(1), "{}", ran.stdout);
    let reason = &ran.json()["reasons"][0];
    assert_eq!(reason["code"], "no_routable_instance", "{reason:#}");

    let ran = say(&router, &["instance", "undrain", "toy", "toy-1"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert_eq!(quote(), Some(0));
    let ran = say(&router, &["health"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stdout);
}

#[test]
fn an_eviction_needs_a_yes() {
    let (router, _toy) = fleet();
    let before = info(&router);
    let ran = say(&router, &["instance", "evict", "toy", "toy-1"]);
    assert_eq!(
        (ran.code, ran.stdout.as_str()),
        (Some(2), ""),
        "{}",
        ran.stderr
    );
    assert!(ran.stderr.contains("--yes"), "{}", ran.stderr);
    let ran = say(&router, &["instance", "evict", "toy", "toy-1", "--dry-run"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert_eq!(info(&router)["incarnation"], before["incarnation"]);
    let ran = say(
        &router,
        &["instance", "evict", "toy", "toy-1", "--yes", "--json"],
    );
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert_eq!(ran.json()["health"], "removed");
    let ran = say(&router, &["instance", "info", "toy", "toy-1"]);
    assert_eq!(ran.code, Some(1), "{}", ran.stdout);
    let ran = say(&router, &["instance", "undrain", "toy", "toy-1"]);
    assert!(ran.stdout.contains("may register again"), "{ran:?}");
}

#[test]
fn a_word_about_nobody_is_refused_with_what_to_do() {
    let (router, _toy) = fleet();
    for words in [
        ["instance", "drain", "toy", "toy-9"].as_slice(),
        &["instance", "evict", "toy", "toy-9", "--yes"],
        &["disconnect", "toy-9", "--yes"],
    ] {
        let ran = say(&router, words);
        assert_eq!(
            (ran.code, ran.stdout.as_str()),
            (Some(1), ""),
            "{words:?}: {}",
            ran.stderr
        );
        assert!(ran.stderr.contains("toy-9"), "{}", ran.stderr);
        assert!(ran.stderr.contains("aegis instance ls"), "{}", ran.stderr);
    }
}

#[test]
fn disconnect_finds_the_service_itself() {
    let (router, _toy) = fleet();
    let ran = say(&router, &["disconnect", "toy-1"]);
    assert_eq!(ran.code, Some(2), "{}", ran.stderr);
    let ran = say(&router, &["disconnect", "toy-1", "--yes", "--json"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert_eq!(ran.json()["service"], "toy");
    assert_eq!(ran.json()["health"], "removed");
    let listed = say(&router, &["list-services", "--json"]).json();
    assert_eq!(listed[0]["name"], "toy");
}

async fn nothing(_: Context, _: ()) -> Result<(), HandlerError> {
    Ok(())
}

#[test]
fn disconnect_asks_which_service_if_several_have_such_an_instance() {
    let router = Running::router();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let _serving = runtime.block_on(async {
        let client = Client::connect(&router.url()).await.unwrap();
        let mut serving = Vec::new();
        for name in ["ham", "eggs"] {
            let service =
                Service::new(name)
                    .instance_id("one")
                    .method("m", Safety::Idempotent, nothing);
            serving.push(client.serve(service).await.unwrap());
        }
        serving
    });
    let ran = say(&router, &["disconnect", "one", "--yes"]);
    assert_eq!(ran.code, Some(2), "{}", ran.stderr);
    for part in ["ham", "eggs", "aegis instance evict"] {
        assert!(ran.stderr.contains(part), "{part}: {}", ran.stderr);
    }
}

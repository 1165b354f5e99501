//! `aegis doctor`: what it says of sound and of broken surroundings.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use aegis_client::{Client, Context, HandlerError, Safety, Service};
use aegis_testkit::{
    Config, NatsServer, TestBroker, TestRouter, WITH_SYSTEM_ACCOUNT, serving_router, system_account,
};
use serde_json::{Value, json};

use crate::harness::{Ran, Running, aegis, finished, run, text, wait_for};
use crate::raw_client::RawClient;

/// The page that promises this configuration.
const PAGE: &str = include_str!("../../../../docs/operations/nats.md");

fn doctor(url: &str, more: &[&str]) -> Ran {
    doctor_as(&[], &[&["-s", url], more].concat())
}

fn doctor_as(variables: &[(&str, &str)], more: &[&str]) -> Ran {
    let arguments = [
        &["doctor", "--no-config", "--timeout", "3s", "--json"],
        more,
    ]
    .concat();
    finished(aegis(&arguments).envs(variables.iter().copied()))
}

/// The verdict of a check and what it saw.
fn found(ran: &Ran, check: &str, about: Option<&str>) -> (String, String) {
    let all = ran.json();
    let one = all
        .as_array()
        .unwrap()
        .iter()
        .find(|it| it["check"] == check && about.is_none_or(|about| it["about"] == about));
    let one = one.unwrap_or_else(|| panic!("no {check} {about:?}: {all}"));
    let word = |key: &str| one[key].as_str().unwrap().to_owned();
    (word("verdict"), word("saw"))
}

fn verdicts(ran: &Ran, verdict: &str) -> Vec<Value> {
    let all = ran.json();
    let all = all.as_array().unwrap().iter();
    all.filter(|it| it["verdict"] == verdict).cloned().collect()
}

#[test]
fn a_sound_router_passes() {
    if TestBroker::Nats.is_passed_over(
        "doctor",
        "the table is that of the embedded broker; others here are about NATS servers in both runs",
    ) {
        return;
    }
    let router = Running::router();
    let url = router.url();
    let ran = run(&["doctor", "--no-config", "-s", &url]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let lines: Vec<String> = ran
        .stdout
        .lines()
        .map(|line| line.replace(&router.address().to_string(), "ADDRESS:PORT   "))
        .map(|line| {
            line.split(" reached in ")
                .next()
                .unwrap()
                .trim_end()
                .to_owned()
        })
        .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "))
        .collect();
    insta::assert_snapshot!(lines.join("\n"));
    let ran = run(&["doctor", "--no-config", "-s", &url, "-o", "jsonl"]);
    assert_eq!(ran.stdout.lines().count(), lines.len(), "{ran:?}");
}

#[test]
fn a_sound_nats_server_passes_and_says_what_evidence_is_in_force() {
    let Some(server) = NatsServer::start(WITH_SYSTEM_ACCOUNT) else {
        return;
    };
    let url = server.url();
    let core = Config::default();
    let router = serving_router(&url, core.clone(), Some(system_account())).unwrap();
    let ran = doctor(&url, &[]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(verdicts(&ran, "problem").is_empty(), "{ran:?}");
    assert!(verdicts(&ran, "could_not_look").is_empty(), "{ran:?}");
    let (verdict, saw) = found(&ran, "evidence", None);
    assert_eq!(verdict, "ok", "{saw}");
    assert!(saw.contains("disconnect events"), "{saw}");
    let (_, saw) = found(&ran, "router", None);
    assert!(saw.contains(&router.status().router_id()), "{saw}");
    router.stop().unwrap();

    let _router = serving_router(&url, core, None).unwrap();
    let ran = doctor(&url, &[]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert_eq!(found(&ran, "evidence", None).0, "warning");
}

/// Anybody may listen where the system account is told of connections: only its own users hear anything.
#[test]
fn credentials_that_hear_no_disconnect_events_are_not_said_to() {
    let config = r#"accounts {
      APP: { users: [ { user: app, password: secret } ] }
      SYS: { users: [ { user: weak, password: secret, permissions: {
          publish: ["$SYS.REQ.ACCOUNT.*.CONNZ"], subscribe: ["_INBOX.>"] } } ] } }
    system_account: SYS
    no_auth_user: app"#;
    for user in ["app", "weak"] {
        let Some(server) = NatsServer::start(config) else {
            return;
        };
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("password");
        std::fs::write(&file, "secret").unwrap();
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
        let mut command = aegis(&["router", "-o", "json", "--admin", "127.0.0.1:0"]);
        command
            .args(["--nats", &server.url(), "--no-config", "--data-dir"])
            .arg(folder.path().join("state"))
            .env("AEGIS_NATS__SYSTEM_USER", user)
            .env("AEGIS_NATS__SYSTEM_PASSWORD_FILE", &file);
        let router = Running::start(&mut command, folder);
        wait_for("the log to tell", || {
            let log = router.stderr();
            log.contains("system_account_unreachable").then_some(())
        });
        let (verdict, saw) = found(&doctor(&server.url(), &[]), "evidence", None);
        assert_eq!(verdict, "warning", "{user}: {saw}");
        let log = router.stderr();
        assert!(!log.contains("disconnect_events_heard"), "{user}: {log}");
    }
}

#[test]
fn without_a_router_a_server_or_a_password_the_reason_is_said() {
    let Some(server) = NatsServer::start("authorization { user: me, password: s3cret }") else {
        return;
    };
    let port = server.port();
    let with = |password: &str| format!("nats://me:{password}@127.0.0.1:{port}");
    let ran = doctor_as(&[("NATS_URL", &with("s3cret"))], &[]);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert_eq!(found(&ran, "router", None).0, "problem");

    let ran = doctor_as(&[("NATS_URL", &with("wrong-secret"))], &[]);
    assert_eq!(ran.code, Some(3), "{ran:?}");
    let (verdict, saw) = found(&ran, "server", None);
    assert_eq!(verdict, "problem");
    assert!(saw.contains("authorization violation"), "{saw}");
    assert!(!format!("{ran:?}").contains("wrong-secret"), "{ran:?}");

    // Of two servers one is enough to look on, and the other is still told.
    let both = format!("{},nats://127.0.0.1:1", with("s3cret"));
    let ran = doctor_as(&[("NATS_URL", &both)], &[]);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert_eq!(found(&ran, "server", Some("127.0.0.1:1")).0, "problem");
    let ran = doctor("nats://127.0.0.1:1", &[]);
    assert_eq!(ran.code, Some(3), "{ran:?}");
    let ran = doctor("nats://no-such-host.invalid:4222", &[]);
    assert!(
        found(&ran, "server", None)
            .1
            .contains("name has no address"),
        "{ran:?}"
    );
}

#[test]
fn a_tap_is_found_on_either_broker() {
    let embedded = Running::router();
    let server = NatsServer::start("");
    let router = server
        .as_ref()
        .map(|it| serving_router(&it.url(), Config::default(), None));
    let urls = [Some(embedded.url()), server.as_ref().map(NatsServer::url)];
    for url in urls.into_iter().flatten() {
        let mut tap = RawClient::at(&url);
        tap.subscribe("ipc.>");
        let ran = doctor(&url, &[]);
        let (verdict, saw) = found(&ran, "overlap", Some("inboxes"));
        assert_eq!(
            (ran.code, verdict.as_str()),
            (Some(1), "problem"),
            "{ran:?}"
        );
        assert!(saw.contains("legacy inbox"), "{saw}");
        drop(tap);
    }
    drop(router);
}

#[test]
fn a_stream_over_everything_is_named() {
    let Some(server) = NatsServer::start("jetstream { store_dir: \"js\" }") else {
        return;
    };
    let url = server.url();
    let _router = serving_router(&url, Config::default(), None).unwrap();
    assert_eq!(doctor(&url, &[]).code, Some(0));
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let caller = runtime.block_on(Client::connect(&url)).unwrap();
    let _serving = runtime.block_on(caller.serve(quotes())).unwrap();
    let answer = runtime.block_on(caller.call::<_, u32>("quotes", "last", &7_u32));
    assert_eq!(answer.unwrap(), 7);
    let mut client = RawClient::at(&url);
    client.subscribe("_INBOX.made.>");
    // A stream would acknowledge what it stores, in place of whoever was asked: we make none.
    client.send("$JS.API.STREAM.NAMES", "_INBOX.made.names", b"");
    let names: Value = serde_json::from_slice(&client.next_message()).unwrap();
    assert_eq!(
        (names["total"].as_u64(), &names["error"]),
        (Some(0), &Value::Null)
    );
    let stream = br#"{"name":"EVERYTHING","subjects":["ipc.>"],"storage":"memory"}"#;
    client.send("$JS.API.STREAM.CREATE.EVERYTHING", "_INBOX.made.it", stream);
    let made: Value = serde_json::from_slice(&client.next_message()).unwrap();
    assert_eq!(made["config"]["name"], "EVERYTHING", "{made}");
    let ran = doctor(&url, &[]);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    for about in ["inboxes", "requests"] {
        let (verdict, saw) = found(&ran, "overlap", Some(about));
        assert_eq!(verdict, "problem", "{saw}");
        assert!(saw.contains("EVERYTHING"), "{saw}");
    }
}

#[test]
fn what_credentials_lack_for_a_job_is_named() {
    let config = r#"authorization { users: [
      { user: app, password: app }
      { user: half, password: half, permissions: {
          publish: ["ipc.route.request.*.*", "ipc.service.register.orders.*", "ipc.service.unregister.orders.*"]
          subscribe: ["_INBOX.>", "ipc.event.router"] } } ] }
    no_auth_user: app"#;
    let Some(server) = NatsServer::start(config) else {
        return;
    };
    let _router = serving_router(&server.url(), Config::default(), None).unwrap();
    let half = format!("nats://half:half@127.0.0.1:{}", server.port());
    let ran = doctor_as(&[("NATS_URL", &half)], &["--service", "orders"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert_eq!(found(&ran, "permissions", Some("caller")).0, "ok");
    assert_eq!(found(&ran, "permissions", Some("router")).0, "ok");
    let (verdict, saw) = found(&ran, "permissions", Some("instance"));
    assert_eq!(verdict, "warning", "{saw}");
    assert!(
        saw.contains("publish ipc.service.heartbeat.orders."),
        "{saw}"
    );
    assert!(saw.contains("subscribe ipc.inbox.orders."), "{saw}");
    assert!(!saw.contains("register.orders"), "{saw}");
    let ran = doctor_as(
        &[("NATS_URL", &half)],
        &["--service", "orders", "--job", "instance"],
    );
    assert_eq!(ran.code, Some(1), "{ran:?}");
}

#[test]
fn a_small_payload_and_settings_that_do_not_fit_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("aegis.toml");
    std::fs::write(&file, "lease_ttl = \"6s\"\nheartbeat_interval = \"4s\"\n").unwrap();
    let ran = run(&[
        "doctor",
        "--config",
        text(&file),
        "-s",
        "nats://127.0.0.1:1",
        "--json",
    ]);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    let (verdict, saw) = found(&ran, "settings", None);
    assert_eq!(verdict, "problem");
    for word in ["6s", "4s", "aegis.toml:1", "aegis.toml:2"] {
        assert!(saw.contains(word), "{word}: {saw}");
    }
    let Some(server) = NatsServer::start("max_payload: 4096") else {
        return;
    };
    let _router = serving_router(&server.url(), Config::default(), None).unwrap();
    let ran = doctor(&server.url(), &[]);
    assert_eq!(
        (ran.code, found(&ran, "payload", None).0.as_str()),
        (Some(1), "problem")
    );
}

/// What an instance declares may leave no time for a second attempt within the deadline of calls.
#[test]
fn an_attempt_as_long_as_a_call_is_told() {
    let router = TestRouter::start();
    let url = router.url();
    let mut instance = RawClient::at(&url);
    for subject in ["_INBOX.raw.>", "ipc.inbox.slow.slow-1.7"] {
        instance.subscribe(subject);
    }
    let registration = json!({
        "service_name": "slow", "instance_id": "slow-1", "metadata": {},
        "incarnation": 7, "protocol": 1,
        "methods": [{ "name": "work", "safety": "idempotent", "attempt_timeout_ms": 5000 }],
    });
    let subject = "ipc.service.register.slow.slow-1";
    instance.publish(subject, "_INBOX.raw.it", &registration);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let client = runtime.block_on(Client::connect(&url)).unwrap();
    wait_for("it to be known", || {
        let known = runtime.block_on(client.instances("slow")).ok()?;
        (!known.is_empty()).then_some(())
    });
    let told = |ran: &Ran| {
        let warnings = verdicts(ran, "warning").into_iter();
        let settings = warnings.filter(|it| it["check"] == "settings");
        settings.map(|it| it["saw"].to_string()).collect::<String>()
    };
    let ran = doctor(&url, &[]);
    let about = "5s for one attempt at `slow.work`";
    assert!(told(&ran).contains(about), "{ran:?}");
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("aegis.toml");
    std::fs::write(&file, "timeout = \"20s\"\n").unwrap();
    let ran = run(&["doctor", "--config", text(&file), "-s", &url, "--json"]);
    assert_eq!(told(&ran), "", "{ran:?}");
}

#[test]
fn a_service_without_a_routable_instance_is_a_problem() {
    let router = TestRouter::start();
    let url = router.url();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let client = runtime.block_on(Client::connect(&url)).unwrap();
    let _serving = runtime.block_on(client.serve(quotes())).unwrap();
    assert_eq!(doctor(&url, &[]).code, Some(0));
    let instance = runtime.block_on(client.instances("quotes")).unwrap();
    let drained = runtime.block_on(client.drain_instance("quotes", &instance[0].instance));
    drained.unwrap();
    let ran = doctor(&url, &[]);
    let (verdict, saw) = found(&ran, "service", Some("quotes"));
    assert_eq!(
        (ran.code, verdict.as_str()),
        (Some(1), "problem"),
        "{ran:?}"
    );
    assert!(saw.contains("the operator said drain"), "{saw}");
}

/// The page's configuration is what it says it is: each job runs under its own permissions alone.
#[test]
fn the_permissions_of_the_page_are_enough_for_each_job() {
    let block = PAGE.split("```").nth(1).unwrap();
    let Some(server) = NatsServer::start(block) else {
        return;
    };
    let port = server.port();
    let login = |user: &str| format!("nats://{user}:change-me-{user}@127.0.0.1:{port}");
    let folder = tempfile::tempdir().unwrap();
    let password = folder.path().join("watcher");
    std::fs::write(&password, "change-me-watcher").unwrap();
    std::fs::set_permissions(&password, PermissionsExt::from_mode(0o600)).unwrap();
    let data_dir = folder.path().join("state");
    let router = router_of_the_page(&login("router"), &password, &data_dir, folder);

    let runtime = tokio::runtime::Runtime::new().unwrap();
    let connect = |user: &'static str| {
        let builder = Client::builder().user_password(user, format!("change-me-{user}"));
        runtime.block_on(builder.connect(&server.url())).unwrap()
    };
    let _serving = runtime
        .block_on(connect("instance").serve(quotes()))
        .unwrap();
    let caller = connect("caller");
    let answer = runtime.block_on(caller.call::<_, u32>("quotes", "last", &7_u32));
    assert_eq!(answer.unwrap(), 7);
    let operator = connect("operator");
    let info = runtime.block_on(operator.router_info()).unwrap();
    assert_eq!(info.broker, "nats");
    assert!(info.store.is_some(), "{info:?}");
    wait_for("disconnect events", || {
        let info = runtime.block_on(operator.router_info()).unwrap();
        (info.evidence == "disconnect_events").then_some(())
    });
    for job in ["router", "instance", "caller", "operator"] {
        let ran = doctor_as(&[("NATS_URL", &login(job))], &["--job", job]);
        assert_eq!(ran.code, Some(0), "{job}: {ran:?}");
        assert_eq!(found(&ran, "permissions", Some(job)).0, "ok", "{job}");
    }
    // Its answer comes after whatever it was refused before.
    runtime.block_on(operator.router_info()).unwrap();
    let refused = router.stderr();
    assert!(!refused.contains("broker_refused"), "{refused}");
}

fn router_of_the_page(
    url: &str,
    password: &Path,
    data_dir: &Path,
    folder: tempfile::TempDir,
) -> Running {
    let arguments = [
        "router",
        "--no-config",
        "-o",
        "json",
        "--admin",
        "127.0.0.1:0",
    ];
    let mut command = aegis(&arguments);
    command
        .arg("--data-dir")
        .arg(data_dir)
        .env("AEGIS_NATS", url)
        .env("AEGIS_NATS__SYSTEM_USER", "watcher")
        .env("AEGIS_NATS__SYSTEM_PASSWORD_FILE", password);
    Running::start(&mut command, folder)
}

fn quotes() -> Service {
    async fn last(_: Context, given: u32) -> Result<u32, HandlerError> {
        Ok(given)
    }
    Service::new("quotes").method("last", Safety::Idempotent, last)
}

//! Neither a payload nor a secret is ever logged or shown, whatever goes wrong and on every level.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use aegis_bus::{ConnectOptions, Connection, ServerAddress};
use aegis_client::{Client, Context, HandlerError, Safety, Service};
use aegis_testkit::{NatsServer, wait_for};
use aegis_wire::Subjects;
use bytes::Bytes;
use nkeys::KeyPair;
use serde_json::{Value, json};

use crate::secrets::{ERROR, JUNK, JWT, METADATA, PARAMS, PASSWORD, RESULT, Tap, search};
use crate::stage::{Ran, Router, aegis, events, finished, listen, own_lines};

const PATIENCE: Duration = Duration::from_secs(10);

fn service(instance: &str) -> Service {
    Service::new("canary")
        .instance_id(instance)
        .method("echo", Safety::AtMostOnce, |_: Context, _: Value| async {
            Ok::<_, HandlerError>(RESULT)
        })
        .method("number", Safety::AtMostOnce, |_: Context, _: u32| async {
            Ok::<_, HandlerError>(1)
        })
        .method("refuse", Safety::Idempotent, |_: Context, _: Value| async {
            Err::<(), _>(HandlerError::new(503, ERROR).kind(ERROR).retryable())
        })
        .raw_method("garbage", Safety::AtMostOnce, |_, _: Bytes| async {
            Ok(Bytes::from([&[0xc1], RESULT.as_bytes()].concat()))
        })
}

/// Calls that go well and badly, in this process and as commands, with what they printed.
async fn work(client: &Client, login: &[(&str, &str)]) -> Vec<(Ran, String)> {
    let params = json!({ "secret": PARAMS });
    let mut ran = Vec::new();
    for method in ["echo", "number", "refuse", "garbage", "absent"] {
        let result = client.call::<_, u64>("canary", method, &params).await;
        assert!(result.is_err(), "{method}: no number comes back");
        let arguments = ["call", "canary", method, &params.to_string()];
        let mut command = aegis(&arguments);
        command.args(["--no-config", "--log", "trace"]);
        command.envs(login.iter().copied());
        ran.push((finished(command).await, method.to_owned()));
    }
    ran
}

/// Everything that no reader understands, on every subject that the router hears.
async fn junk(connection: &Connection) {
    let metadata = json!({
        "service_name": "canary-old", "instance_id": "old001", "role": "ACTIVE",
        "metadata": { "note": METADATA, "trace_id": 7 },
    });
    let metadata = rmp_serde::to_vec_named(&metadata).unwrap();
    let text = rmp_serde::to_vec_named(&json!({ "service_name": [JUNK], JUNK: JUNK })).unwrap();
    for (pattern, _) in Subjects::default().subscriptions("router") {
        let subject = pattern.replace(['*', '>'], "canary");
        for body in [JUNK.as_bytes(), &text, &metadata] {
            connection
                .publish(&subject, Some("_INBOX.canary"), None, body)
                .unwrap();
        }
    }
    connection.flush(PATIENCE).await.unwrap();
}

/// Of a command's stderr only the log lines: what it says besides, its user asked for.
fn logged(ran: &Ran) -> String {
    let lines: Vec<String> = events(&ran.stderr).iter().map(Value::to_string).collect();
    lines.join("\n")
}

#[tokio::test(flavor = "multi_thread")]
async fn no_payload_and_no_lease_token_is_logged() {
    listen();
    let router = Router::start();
    let address: ServerAddress = router.url.parse().unwrap();
    let tap = Tap::default();
    let ear = Connection::open(ConnectOptions::new(vec![address]), tap.clone());
    ear.ready().await;
    ear.subscribe(">", None).unwrap();
    ear.flush(PATIENCE).await.unwrap();
    let client = Client::connect(&router.url).await.unwrap();
    let serving = client.serve(service("canary-1")).await.unwrap();
    let _other = client.serve(service("canary-2")).await.unwrap();
    let ran = work(&client, &[("NATS_URL", &router.url)]).await;
    assert!(ran[0].0.stdout.contains(RESULT), "{ran:?}");
    junk(&ear).await;
    serving.drain().await;
    wait_for("lease tokens on the wire", || {
        (!tap.tokens().is_empty()).then_some(())
    });

    let mut secrets = tap.tokens();
    secrets.extend([PARAMS, RESULT, ERROR, METADATA, JUNK].map(str::to_owned));
    let (own, its) = (own_lines(), router.stderr());
    let callers: Vec<String> = ran.iter().map(|(ran, _)| logged(ran)).collect();
    let callers = callers.join("\n");
    for (text, lines) in [(&own, 20), (&its, 20), (&callers, 5)] {
        let there = events(text).len();
        assert!(there >= lines, "{there} lines prove too little: {text}");
    }
    let places = [
        ("this process", own.as_str()),
        ("the router", &its),
        ("the router's stdout", &router.stdout),
        ("callers", &callers),
    ];
    assert_eq!(search(&secrets, &places), Vec::<String>::new());
}

/// A file that only its owner can read.
fn private(folder: &Path, name: &str, text: &str) -> PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, text).unwrap();
    std::fs::set_permissions(&path, PermissionsExt::from_mode(0o600)).unwrap();
    path
}

#[tokio::test(flavor = "multi_thread")]
async fn no_login_is_logged_or_shown() {
    listen();
    let keys = KeyPair::new_user();
    let seed = keys.seed().unwrap();
    let config = format!(
        "authorization {{ users: [ {{ user: me, password: {PASSWORD} }}, {{ nkey: {} }} ] }}",
        keys.public_key()
    );
    let Some(server) = NatsServer::start(&config) else {
        return;
    };
    let folder = server.folder();
    let password = private(folder, "password", PASSWORD);
    let seed_file = private(folder, "seed", &seed);
    // The server knows no accounts: this login is refused, and says why.
    let creds = private(
        folder,
        "creds",
        &format!(
            "-----BEGIN NATS USER JWT-----\n{JWT}\n------END NATS USER JWT------\n\n\
             -----BEGIN USER NKEY SEED-----\n{seed}\n------END USER NKEY SEED------\n"
        ),
    );
    let text = |path: &PathBuf| path.to_str().unwrap().to_owned();
    let (url, password, seed_file, creds) = (
        server.url(),
        text(&password),
        text(&seed_file),
        text(&creds),
    );
    let with_password = [
        ("NATS_URL", url.as_str()),
        ("AEGIS_NATS__USER", "me"),
        ("AEGIS_NATS__PASSWORD_FILE", &password),
    ];
    let with_seed = [("NATS_URL", url.as_str()), ("AEGIS_NATS__NKEY", &seed_file)];
    let with_creds = [("NATS_URL", url.as_str()), ("NATS_CREDS", &creds)];
    let in_url = url.replace("nats://", &format!("nats://me:{PASSWORD}@"));

    let router = Router::start_with(|command| {
        command.args(["--nats", &url]).envs(with_password);
        // As in a real environment, the NATS_URL of others is there as well.
        command.env("NATS_URL", &in_url);
    });
    let client = Client::builder().nkey_file(&seed_file).connect(&url).await;
    let client = client.unwrap();
    let _serving = client.serve(service("canary-3")).await.unwrap();
    let wrong = Client::builder()
        .credentials_file(&creds)
        .connect_timeout(Duration::from_secs(1))
        .connect(&url)
        .await;
    let wrong = format!("{:?}", wrong.unwrap_err());

    let mut shown = String::new();
    for login in [
        &with_password[..],
        &with_seed,
        &with_creds,
        &[("NATS_URL", &in_url)],
    ] {
        for command in [
            &["config", "show", "-o", "json"][..],
            &["config", "show"],
            &["service", "ls"],
            &["doctor"],
        ] {
            let mut command = aegis(command);
            command.args(["--no-config", "--log", "trace"]);
            command.envs(login.iter().copied());
            let Ran { stdout, stderr } = finished(command).await;
            shown.extend([stdout, stderr]);
        }
    }
    let secrets = [PASSWORD, JWT, &seed].map(str::to_owned);
    let (own, its) = (own_lines(), router.stderr());
    assert!(shown.contains("password_file") && its.contains("router_serves"));
    let places = [
        ("this process", own.as_str()),
        ("the router", &its),
        ("the router's stdout", &router.stdout),
        ("commands", &shown),
        ("an error", &wrong),
    ];
    assert_eq!(search(&secrets, &places), Vec::<String>::new());
    assert!(router.folder().exists());
}

//! Neither a payload nor a secret is ever logged or shown, whatever goes wrong and on every level.

use std::path::Path;
use std::time::Duration;

use aegis_bus::{ConnectOptions, Connection, ServerAddress, TlsOptions};
use aegis_client::{Client, Context, HandlerError, Safety, Service};
use aegis_testkit::{Accounts, Authority, Credentials, NatsServer, private_file, wait_for};
use aegis_wire::Subjects;
use bytes::Bytes;
use nkeys::KeyPair;
use serde_json::{Value, json};

use crate::secrets::{ERROR, JUNK, METADATA, PARAMS, PASSWORD, RESULT, Tap, search};
use crate::stage::{Ran, Router, Watch, aegis, events, finished, listen, own_lines};

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
    let watch = Watch::start(&[("NATS_URL", &router.url)]);
    let client = Client::connect(&router.url).await.unwrap();
    let serving = client.serve(service("canary-1")).await.unwrap();
    let _other = client.serve(service("canary-2")).await.unwrap();
    let ran = work(&client, &[("NATS_URL", &router.url)]).await;
    assert!(ran[0].0.stdout.contains(RESULT), "{ran:?}");
    junk(&ear).await;
    serving.drain().await;
    let watched = watch.told_until("deregistered");
    let http = router.told_over_http("canary", "canary-2");
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
        ("service watch", &watched),
        ("HTTP", &http),
    ];
    assert_eq!(search(&secrets, &places), Vec::<String>::new());
}

/// What commands show that are run with this login.
async fn shown(login: &[(&str, &str)]) -> String {
    let mut shown = String::new();
    for command in [
        &["config", "show", "-o", "json"][..],
        &["config", "show"],
        &["config", "validate"],
        &["service", "ls"],
        &["instance", "ls"],
        &["health"],
        &["doctor"],
    ] {
        let mut command = aegis(command);
        command.args(["--no-config", "--log", "trace"]);
        command.envs(login.iter().copied());
        let Ran { stdout, stderr } = finished(command).await;
        shown.extend([stdout, stderr]);
    }
    shown
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
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
    let password = private_file(folder, "password", PASSWORD);
    let seed_file = private_file(folder, "seed", &seed);
    // The server knows no accounts: this login is refused, and says why.
    let strangers = Accounts::new().user(None);
    let creds = strangers.file(folder, "creds");
    let (url, password, seed_file, creds) = (
        server.url(),
        text(&password),
        text(&seed_file),
        text(&creds),
    );
    let with_password = [
        ("NATS_URL", url.as_str()),
        ("AEGIS_NATS__USER", "me"),
        ("AEGIS_NATS__PASSWORD_FILE", password),
    ];
    let with_seed = [("NATS_URL", url.as_str()), ("AEGIS_NATS__NKEY", seed_file)];
    let with_creds = [("NATS_URL", url.as_str()), ("NATS_CREDS", creds)];
    let in_url = url.replace("nats://", &format!("nats://me:{PASSWORD}@"));

    let router = Router::start_with(|command| {
        command.args(["--nats", &url]).envs(with_password);
        // As in a real environment, the NATS_URL of others is there as well.
        command.env("NATS_URL", &in_url);
    });
    let client = Client::builder().nkey_file(seed_file).connect(&url).await;
    let client = client.unwrap();
    let _serving = client.serve(service("canary-3")).await.unwrap();
    let wrong = Client::builder()
        .credentials_file(creds)
        .connect_timeout(Duration::from_secs(1))
        .connect(&url)
        .await;
    let wrong = format!("{:?}", wrong.unwrap_err());

    let mut told = String::new();
    for login in [
        &with_password[..],
        &with_seed,
        &with_creds,
        &[("NATS_URL", &in_url)],
    ] {
        told.push_str(&shown(login).await);
    }
    let Credentials { jwt, seed: other } = strangers;
    let secrets = [PASSWORD.to_owned(), seed, jwt, other];
    let (own, its) = (own_lines(), router.stderr());
    let http = router.told_over_http("canary", "canary-3");
    assert!(told.contains("password_file") && its.contains("router_serves"));
    let places = [
        ("this process", own.as_str()),
        ("the router", &its),
        ("the router's stdout", &router.stdout),
        ("the router over HTTP", &http),
        ("commands", &told),
        ("an error", &wrong),
    ];
    assert_eq!(search(&secrets, &places), Vec::<String>::new());
    assert!(router.folder().exists());
}

/// Every login that works: users and the system account with a JWT and a seed, over TLS with a key of one's
/// own.
#[tokio::test(flavor = "multi_thread")]
async fn no_login_that_works_is_logged_or_shown() {
    listen();
    let (accounts, authority) = (Accounts::new(), Authority::new("canary"));
    let folder = tempfile::tempdir().unwrap();
    let ca = authority.file(folder.path());
    authority.certificate(folder.path(), "server", &["127.0.0.1", "localhost"]);
    let own = authority.certificate(folder.path(), "own", &["client"]);
    let tls = "tls { cert_file: server-cert.pem, key_file: server-key.pem, ca_file: ca.pem, verify: true }";
    let config = format!("{}\n{tls}", accounts.config());
    let Some(server) = NatsServer::start_in(folder, &config) else {
        return;
    };
    let (user, system) = (accounts.user(None), accounts.system_user());
    let folder = server.folder();
    let (creds, system_creds) = (user.file(folder, "user"), system.file(folder, "system"));
    let url = server.url().replace("nats://", "tls://");
    let login = [
        ("NATS_URL", url.as_str()),
        ("NATS_CREDS", text(&creds)),
        ("AEGIS_NATS__TLS_CA", text(&ca)),
        ("AEGIS_NATS__TLS_CERT", text(&own.certificate_file)),
        ("AEGIS_NATS__TLS_KEY", text(&own.key_file)),
    ];
    let router = Router::start_with(|command| {
        command.args(["--nats", &url]).envs(login);
        command.args(["--system-creds", text(&system_creds)]);
    });
    let key = std::fs::read_to_string(&own.key_file).unwrap();
    let tls = TlsOptions {
        ca_file: Some(ca.clone()),
        client_certificate: Some(own.clone()),
        ..TlsOptions::default()
    };
    let client = Client::builder().credentials_file(&creds).tls(tls);
    let client = client.connect(&url).await.unwrap();
    let watch = Watch::start(&login);
    let _serving = client.serve(service("canary-4")).await.unwrap();
    let watched = watch.told_until("welcomed");
    let told = shown(&login).await;
    wait_for("the word of the system account", || {
        router
            .stderr()
            .contains("disconnect_events_heard")
            .then_some(())
    });

    let mut secrets = vec![user.jwt, user.seed, system.jwt, system.seed];
    secrets.extend(
        key.lines()
            .filter(|line| !line.contains("---"))
            .map(str::to_owned),
    );
    assert!(secrets.len() > 5, "a key has lines");
    assert!(told.contains("canary-4"), "{told}");
    let (own_lines, its) = (own_lines(), router.stderr());
    let http = router.told_over_http("canary", "canary-4");
    let places = [
        ("this process", own_lines.as_str()),
        ("the router", &its),
        ("the router's stdout", &router.stdout),
        ("the router over HTTP", &http),
        ("service watch", &watched),
        ("commands", &told),
    ];
    assert_eq!(search(&secrets, &places), Vec::<String>::new());
}

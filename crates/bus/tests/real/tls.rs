//! TLS with a real server: trusted, mistrusted, both ways, and before the greeting.

use aegis_bus::{
    Auth, ConnectOptions, DialError, DropReason, Secret, SecretSource, ServerAddress, TlsError,
    TlsOptions,
};
use aegis_testkit::{Authority, NatsServer};

use crate::listener::{open, options, refusal, talk, within};
use crate::outages::fills_and_drains;

const HOST: &[&str] = &["127.0.0.1", "localhost"];

fn start(authority: &Authority, hosts: &[&str], more: &str) -> Option<NatsServer> {
    let folder = tempfile::tempdir().unwrap();
    authority.file(folder.path());
    authority.certificate(folder.path(), "server", hosts);
    let config = format!(
        "tls {{ cert_file: server-cert.pem, key_file: server-key.pem, ca_file: ca.pem {more} }}"
    );
    NatsServer::start_in(folder, &config)
}

fn trusting(server: &NatsServer) -> TlsOptions {
    TlsOptions {
        ca_file: Some(server.folder().join("ca.pem")),
        ..TlsOptions::default()
    }
}

fn with(server: &NatsServer, tls: TlsOptions) -> ConnectOptions {
    ConnectOptions {
        tls: Some(tls),
        ..options(server)
    }
}

#[tokio::test]
async fn a_trusted_server() {
    let Some(server) = start(&Authority::new("one"), HOST, "") else {
        return;
    };
    let connection = talk(with(&server, trusting(&server))).await;
    assert!(connection.server_info().unwrap().tls);
    let by_name = format!("tls://localhost:{}", server.port());
    let options = ConnectOptions {
        tls: Some(trusting(&server)),
        ..ConnectOptions::new(vec![by_name.parse().unwrap()])
    };
    talk(options).await;
}

#[tokio::test]
async fn much_data_both_ways_under_tls_arrives_whole_and_in_order() {
    const MESSAGES: usize = 2_000;
    let Some(server) = start(&Authority::new("one"), HOST, "") else {
        return;
    };
    let (connection, mut story) = open(with(&server, trusting(&server)));
    within("the connection", connection.established())
        .await
        .unwrap();
    assert_eq!(story.next().await, "ready first=true");
    connection.subscribe("n", None).unwrap();
    let body = |number: usize| format!("{number} {}", "x".repeat(number * 7 % 20_000));
    let publisher = async {
        for number in 0..MESSAGES {
            // A full queue refuses; nothing of it is lost or doubled.
            while connection
                .publish("n", None, None, body(number).as_bytes())
                .is_err()
            {
                tokio::task::yield_now().await;
            }
        }
    };
    let reader = async {
        for number in 0..MESSAGES {
            let heard = story.next().await;
            assert!(heard == format!("n {}", body(number)), "message {number}");
        }
    };
    tokio::join!(publisher, reader);
}

#[tokio::test]
async fn a_full_queue_under_tls_is_written_to_the_last_byte() {
    let Some(server) = start(&Authority::new("one"), HOST, "") else {
        return;
    };
    fills_and_drains(&server, with(&server, trusting(&server))).await;
}

#[tokio::test]
async fn servers_that_are_not_trusted_are_refused_and_hear_no_password() {
    let Some(server) = start(&Authority::new("one"), HOST, "") else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let other = TlsOptions {
        ca_file: Some(Authority::new("two").file(folder.path())),
        ..TlsOptions::default()
    };
    let unknown = DialError::Tls(TlsError::UnknownIssuer);
    let options = ConnectOptions {
        auth: Auth::Token(SecretSource::Given(Secret::new("wrong-secret"))),
        ..with(&server, other)
    };
    assert_eq!(refusal(options).await, unknown);
    assert!(unknown.hint().is_some());
    // The server insists and nothing is set: the platform's authorities know nothing of ours.
    let error = refusal(self::options(&server)).await;
    assert!(
        [unknown, DialError::Tls(TlsError::NoRoots)].contains(&error),
        "{error}"
    );
    assert!(!server.log().contains("wrong-secret"));
}

#[tokio::test]
async fn a_certificate_for_another_host() {
    let Some(server) = start(&Authority::new("one"), &["elsewhere.example"], "") else {
        return;
    };
    let error = refusal(with(&server, trusting(&server))).await;
    assert_eq!(error, DialError::Tls(TlsError::WrongHost));
}

#[tokio::test]
async fn a_server_without_tls_is_refused_by_who_insists() {
    let Some(server) = NatsServer::start("") else {
        return;
    };
    let address: ServerAddress = server.url().replace("nats://", "tls://").parse().unwrap();
    let error = refusal(ConnectOptions::new(vec![address])).await;
    assert_eq!(error, DialError::Dropped(DropReason::TlsUnavailable));
}

#[tokio::test]
async fn who_has_no_certificate_the_server_trusts_is_told() {
    let authority = Authority::new("one");
    let Some(server) = start(&authority, HOST, ", verify: true") else {
        return;
    };
    let folder = server.folder();
    let showing = |client| {
        let tls = TlsOptions {
            client_certificate: Some(client),
            ..trusting(&server)
        };
        with(&server, tls)
    };
    let ours = authority.certificate(folder, "client", &["client.example"]);
    talk(showing(ours.clone())).await;

    let refused = DialError::Tls(TlsError::ClientCertificateRefused);
    assert_eq!(refusal(with(&server, trusting(&server))).await, refused);
    let strangers = Authority::new("two").certificate(folder, "stranger", &["client.example"]);
    assert_eq!(refusal(showing(strangers)).await, refused);

    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o644);
    std::fs::set_permissions(&ours.key_file, mode).unwrap();
    let error = refusal(showing(ours)).await;
    assert_eq!(error.code(), "FILE_OPEN_TO_OTHERS");
}

#[tokio::test]
async fn tls_before_the_greeting() {
    let authority = Authority::new("one");
    let Some(server) = start(&authority, HOST, ", handshake_first: true") else {
        return;
    };
    let first = TlsOptions {
        first: true,
        ..trusting(&server)
    };
    talk(with(&server, first)).await;
}

#[tokio::test]
async fn certificates_that_were_replaced_count_from_the_next_dial_on() {
    let authority = Authority::new("one");
    let Some(mut server) = start(&authority, HOST, "") else {
        return;
    };
    let (connection, mut story) = open(with(&server, trusting(&server)));
    within("the connection", connection.established())
        .await
        .unwrap();
    server.crash();
    let next = Authority::new("two");
    next.file(server.folder());
    next.certificate(server.folder(), "server", HOST);
    server.restart();
    story.until("ready first=false").await;
    assert!(connection.server_info().unwrap().tls);
}

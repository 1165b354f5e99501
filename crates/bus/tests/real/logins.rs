//! Everybody gets in with the right login, nobody with a wrong one, and each hears why.

use std::path::Path;

use aegis_bus::{Auth, DialError, DropReason, Secret, SecretSource, ServerError};
use aegis_testkit::{Accounts, NatsServer};
use nkeys::KeyPair;

use crate::listener::{as_user, open, options, private_file, refusal, talk, within};

fn given(text: &str) -> SecretSource {
    SecretSource::Given(Secret::new(text))
}

fn user(name: &str, password: &str) -> Auth {
    Auth::UserPassword {
        user: name.to_owned(),
        password: given(password),
    }
}

fn violation() -> DialError {
    DialError::Dropped(DropReason::ServerError(ServerError::Authorization))
}

#[tokio::test]
async fn without_a_login_where_none_is_asked_for() {
    let Some(server) = NatsServer::start("server_name: plain") else {
        return;
    };
    let connection = talk(options(&server)).await;
    let info = connection.server_info().unwrap();
    assert_eq!(info.server_name, "plain");
    assert!(info.client_id > 0 && info.max_payload == 1_048_576 && info.version.starts_with("2."));
    assert!(!info.tls && !info.auth_required && !info.jetstream && info.cluster.is_none());
}

#[tokio::test]
async fn user_and_password() {
    let config = "authorization { user: me, password: s3cret }";
    let Some(server) = NatsServer::start(config) else {
        return;
    };
    let connection = talk(as_user(&server, user("me", "s3cret"))).await;
    assert!(connection.server_info().unwrap().auth_required);
    let folder = server.folder();
    let file = |text: &str| Auth::UserPassword {
        user: "me".to_owned(),
        password: SecretSource::File(private_file(folder, "password", text)),
    };
    talk(as_user(&server, file("s3cret\n"))).await;
    for wrong in [
        user("me", "wrong-secret"),
        user("you", "s3cret"),
        file("wrong-secret"),
    ] {
        let error = refusal(as_user(&server, wrong)).await;
        assert_eq!(error, violation());
        assert_eq!(error.code(), "AUTHENTICATION_FAILED");
        assert!(error.hint().is_some());
    }
    let error = refusal(options(&server)).await;
    assert_eq!(
        error,
        DialError::Dropped(DropReason::AuthenticationRequired)
    );
}

#[tokio::test]
async fn a_token() {
    let Some(server) = NatsServer::start("authorization { token: s3cret }") else {
        return;
    };
    talk(as_user(&server, Auth::Token(given("s3cret")))).await;
    let wrong = as_user(&server, Auth::Token(given("wrong-secret")));
    assert_eq!(refusal(wrong).await, violation());
}

#[tokio::test]
async fn an_nkey() {
    let keys = KeyPair::new_user();
    let config = format!(
        "authorization {{ users: [ {{ nkey: {} }} ] }}",
        keys.public_key()
    );
    let Some(server) = NatsServer::start(&config) else {
        return;
    };
    let folder = server.folder();
    let seed = |name: &str, keys: &KeyPair| {
        Auth::Nkey(private_file(
            folder,
            name,
            &format!("{}\n", keys.seed().unwrap()),
        ))
    };
    talk(as_user(&server, seed("right", &keys))).await;
    let wrong = as_user(&server, seed("wrong", &KeyPair::new_user()));
    assert_eq!(refusal(wrong).await, violation());

    let open_to_all = folder.join("right");
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o644);
    std::fs::set_permissions(&open_to_all, mode).unwrap();
    let error = refusal(as_user(&server, Auth::Nkey(open_to_all.clone()))).await;
    assert_eq!(error.code(), "FILE_OPEN_TO_OTHERS");
    assert!(error.to_string().contains(open_to_all.to_str().unwrap()));
}

/// A credentials file of a new user.
fn credentials(accounts: &Accounts, folder: &Path, name: &str, expires: Option<u64>) -> Auth {
    Auth::Credentials(accounts.user(expires).file(folder, name))
}

fn in_seconds(seconds: u64) -> u64 {
    let now = std::time::SystemTime::now();
    now.duration_since(std::time::UNIX_EPOCH).unwrap().as_secs() + seconds
}

#[tokio::test]
async fn a_credentials_file() {
    let accounts = Accounts::new();
    let Some(server) = NatsServer::start(&accounts.config()) else {
        return;
    };
    let folder = server.folder();
    talk(as_user(
        &server,
        credentials(&accounts, folder, "right", None),
    ))
    .await;
    let strangers = credentials(&Accounts::new(), folder, "wrong", None);
    assert_eq!(refusal(as_user(&server, strangers)).await, violation());
    let expired = credentials(&accounts, folder, "expired", Some(1_700_000_001));
    let error = refusal(as_user(&server, expired)).await;
    assert_eq!(error.code(), "AUTHENTICATION_FAILED");
}

#[tokio::test]
async fn credentials_that_expire_are_told_and_new_ones_in_the_same_file_heal_it() {
    let accounts = Accounts::new();
    let Some(server) = NatsServer::start(&accounts.config()) else {
        return;
    };
    let folder = server.folder();
    let short = credentials(&accounts, folder, "user.creds", Some(in_seconds(6)));
    let (connection, mut story) = open(as_user(&server, short));
    within("the connection", connection.established())
        .await
        .unwrap();
    assert_eq!(story.next().await, "ready first=true");
    story.until("lost").await;
    // Within the second in which they expire they may be taken once more.
    let waiting = story.until_some("waiting: ").await;
    assert!(
        waiting.contains("the broker ended the connection: "),
        "{waiting}"
    );
    let (_, error) = connection.last_failure().unwrap();
    assert_eq!(error.code(), "AUTHENTICATION_FAILED");
    credentials(&accounts, folder, "user.creds", None);
    assert_eq!(story.next().await, "ready first=false");
    assert_eq!(connection.last_failure(), None);
}

#[tokio::test]
async fn an_nkey_for_a_broker_that_takes_none() {
    let Some(server) = NatsServer::start("authorization { token: s3cret }") else {
        return;
    };
    let seed = KeyPair::new_user().seed().unwrap();
    let seed = private_file(server.folder(), "seed", &seed);
    let error = refusal(as_user(&server, Auth::Nkey(seed))).await;
    assert_eq!(error.code(), "NKEYS_NOT_TAKEN");
}

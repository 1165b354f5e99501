//! The SDK's way to a real NATS server: who it is, and what it hears when it is not let in.

use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use aegis_client::{Client, ConnectError};
use aegis_testkit::NatsServer;

/// Longer than any test waits: a refusal must not take its time.
const LONG: Duration = Duration::from_secs(3600);

#[tokio::test]
async fn wrong_credentials_fail_at_once_and_say_so() {
    let config = "authorization { user: me, password: s3cret }";
    let Some(server) = NatsServer::start(config) else {
        return;
    };
    let url = server.url();
    let client = Client::builder().user_password("me", "s3cret");
    let client = client.connect(&url).await.unwrap();
    assert!(client.is_connected());
    client.close().await;

    let wrong = Client::builder().user_password("me", "wrong-secret");
    let with_timeout = wrong.clone().connect_timeout(LONG);
    for builder in [wrong, with_timeout] {
        let error = builder.connect(&url).await.unwrap_err();
        assert_eq!(error.code(), "AUTHENTICATION_FAILED", "{error}");
        assert!(error.hint().is_some() && !error.is_retryable());
        assert!(!format!("{error} {error:?}").contains("wrong-secret"));
    }
    let error = Client::connect(&url).await.unwrap_err();
    assert_eq!(error.code(), "AUTHENTICATION_REQUIRED", "{error}");
}

#[tokio::test]
async fn a_file_that_others_may_read_is_refused_before_its_secret_is_used() {
    let Some(server) = NatsServer::start("authorization { token: s3cret }") else {
        return;
    };
    let path = server.folder().join("token");
    std::fs::write(&path, "s3cret\n").unwrap();
    let permit = |mode| {
        std::fs::set_permissions(&path, PermissionsExt::from_mode(mode)).unwrap();
    };
    permit(0o640);
    let builder = Client::builder().token_file(&path);
    let error = builder.clone().connect(&server.url()).await.unwrap_err();
    assert_eq!(error.code(), "FILE_OPEN_TO_OTHERS");
    let said = error.to_string();
    assert!(
        said.contains("0640") && said.contains("chmod 600"),
        "{said}"
    );
    permit(0o600);
    assert!(builder.connect(&server.url()).await.unwrap().is_connected());
}

#[tokio::test]
async fn a_broker_that_is_not_there_is_told_with_the_reason() {
    let Some(mut server) = NatsServer::start("") else {
        return;
    };
    server.crash();
    let builder = Client::builder().connect_timeout(Duration::from_millis(300));
    let error = builder.connect(&server.url()).await.unwrap_err();
    let ConnectError::TimedOut { last, .. } = &error else {
        panic!("{error}");
    };
    assert!(last.is_some(), "{error}");
    assert!(
        error.is_retryable() && error.to_string().contains("refused"),
        "{error}"
    );
}

//! A subscriber that tells what it heard, and waits with an end.

use std::future::Future;
use std::time::Duration;

use aegis_bus::{Auth, ConnectOptions, Connection, Delivery, DialError, Subscriber};
pub(crate) use aegis_testkit::private_file;
use aegis_testkit::{NatsServer, PATIENCE};
use tokio::sync::mpsc;

/// Longer than any test: it must never be what ends a request.
pub(crate) const LONG: Duration = Duration::from_secs(3600);

pub(crate) async fn within<T>(what: &str, future: impl Future<Output = T>) -> T {
    match tokio::time::timeout(PATIENCE, future).await {
        Ok(value) => value,
        Err(_) => panic!("waited too long for {what}"),
    }
}

/// Tells every message as `subject payload`, with the reply subject if it has one, and the ups and downs in words.
pub(crate) struct Teller(mpsc::UnboundedSender<String>);

pub(crate) struct Story(mpsc::UnboundedReceiver<String>);

impl Story {
    pub(crate) async fn next(&mut self) -> String {
        within("an event", self.0.recv()).await.unwrap()
    }

    /// Reads on until this comes.
    pub(crate) async fn until(&mut self, expected: &str) {
        while self.next().await != expected {}
    }

    /// Reads on until something begins like this, and gives it.
    pub(crate) async fn until_some(&mut self, beginning: &str) -> String {
        loop {
            let heard = self.next().await;
            if heard.starts_with(beginning) {
                return heard;
            }
        }
    }
}

impl Subscriber for Teller {
    fn on_message(&mut self, message: Delivery<'_>) {
        let payload = String::from_utf8_lossy(message.payload);
        let reply = message
            .reply
            .map_or(String::new(), |reply| format!(" {reply}"));
        let _ = self.0.send(format!("{} {payload}{reply}", message.subject));
    }

    fn on_ready(&mut self, first: bool) {
        let _ = self.0.send(format!("ready first={first}"));
    }

    fn on_leaving(&mut self) {
        let _ = self.0.send("leaving".to_owned());
    }

    fn on_lost(&mut self) {
        let _ = self.0.send("lost".to_owned());
    }

    fn on_waiting(&mut self, _server: &str, error: &str) {
        let _ = self.0.send(format!("waiting: {error}"));
    }
}

pub(crate) fn open(options: ConnectOptions) -> (Connection, Story) {
    let (sender, receiver) = mpsc::unbounded_channel();
    (Connection::open(options, Teller(sender)), Story(receiver))
}

pub(crate) fn options(server: &NatsServer) -> ConnectOptions {
    ConnectOptions::new(vec![server.url().parse().unwrap()])
}

pub(crate) fn as_user(server: &NatsServer, auth: Auth) -> ConnectOptions {
    ConnectOptions {
        auth,
        ..options(server)
    }
}

/// Connects, and has a message come back over it.
pub(crate) async fn talk(options: ConnectOptions) -> Connection {
    let (connection, mut story) = open(options);
    within("the connection", connection.established())
        .await
        .unwrap();
    assert_eq!(story.next().await, "ready first=true");
    connection.subscribe("talk", None).unwrap();
    let body = "x".repeat(300_000);
    connection
        .publish("talk", None, None, body.as_bytes())
        .unwrap();
    assert_eq!(story.next().await, format!("talk {body}"));
    connection
}

/// Connects in vain, and says why; nothing secret is in it.
pub(crate) async fn refusal(options: ConnectOptions) -> DialError {
    let (connection, mut story) = open(options);
    let error = within("the refusal", connection.established())
        .await
        .unwrap_err();
    assert!(error.is_refusal());
    assert_eq!(connection.last_failure().unwrap().1, error);
    assert_eq!(story.next().await, format!("waiting: {error}"));
    let said = format!("{error} {error:?} {connection:?}");
    assert!(!said.contains("wrong-secret"), "{said}");
    error
}

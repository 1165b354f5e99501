//! What a NATS server tells and answers to a system account, as far as the witness needs it.
//!
//! Source of subjects and JSON: the server's documentation of system events, checked against
//! nats-server 2.15.1.

use serde::{Deserialize, Serialize};

use super::witness::Place;

/// The account of a connection that has none of its own.
pub(super) const DEFAULT_ACCOUNT: &str = "$G";

/// Where a connection asks who it is.
pub(super) const WHO_AM_I: &str = "$SYS.REQ.USER.INFO";

/// Where the end of every connection of an account is told.
pub(super) fn disconnects(account: &str) -> String {
    format!("$SYS.ACCOUNT.{account}.DISCONNECT")
}

/// Where all servers are asked for the connections of an account.
pub(super) fn connections(account: &str) -> String {
    format!("$SYS.REQ.ACCOUNT.{account}.CONNZ")
}

/// The question which connections subscribe to this inbox.
pub(super) fn who_subscribes(inbox: &str) -> Vec<u8> {
    let question = Question {
        filter_subject: inbox,
        subscriptions: true,
    };
    // Text and a flag always have a JSON form.
    serde_json::to_vec(&question).unwrap_or_default()
}

/// The question for this connection, or about it: servers number theirs each for itself.
pub(super) fn who_is(place: &Place) -> Vec<u8> {
    let cid = place.connection;
    serde_json::to_vec(&ById { cid }).unwrap_or_default()
}

/// Where one server is told to end a connection.
pub(super) fn kick(server: &str) -> String {
    format!("$SYS.REQ.SERVER.{server}.KICK")
}

#[derive(Serialize)]
struct ById {
    cid: u64,
}

#[derive(Serialize)]
struct Question<'a> {
    filter_subject: &'a str,
    subscriptions: bool,
}

/// A connection and everything it subscribes to.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) place: Place,
    pub(super) subscriptions: Vec<String>,
}

/// One server's answer. `None`: it is none.
pub(super) fn read_connections(body: &[u8]) -> Option<Vec<Found>> {
    let answer: Answer = serde_json::from_slice(body).ok()?;
    let data = answer.data?;
    let found = data.connections.into_iter().map(|connection| Found {
        place: Place {
            server: data.server_id.clone().into(),
            connection: connection.cid,
        },
        subscriptions: connection.subscriptions_list,
    });
    Some(found.collect())
}

/// The connection that ended.
pub(super) fn read_disconnect(body: &[u8]) -> Option<Place> {
    let told: Disconnect = serde_json::from_slice(body).ok()?;
    Some(Place {
        server: told.server.id.into(),
        connection: told.client.id,
    })
}

/// The account that a connection belongs to.
pub(super) fn read_account(body: &[u8]) -> Option<String> {
    let answer: UserInfo = serde_json::from_slice(body).ok()?;
    Some(answer.data?.account).filter(|account| !account.is_empty())
}

#[derive(Deserialize)]
struct Answer {
    data: Option<Connections>,
}

#[derive(Deserialize)]
struct Connections {
    server_id: String,
    #[serde(default)]
    connections: Vec<Connection>,
}

#[derive(Deserialize)]
struct Connection {
    cid: u64,
    #[serde(default)]
    subscriptions_list: Vec<String>,
}

#[derive(Deserialize)]
struct Disconnect {
    server: Server,
    client: Client,
}

#[derive(Deserialize)]
struct Server {
    id: String,
}

#[derive(Deserialize)]
struct Client {
    id: u64,
}

#[derive(Deserialize)]
struct UserInfo {
    data: Option<User>,
}

#[derive(Deserialize)]
struct User {
    #[serde(default)]
    account: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Shortened from what nats-server 2.15.1 sent.
    #[test]
    fn what_a_server_says_is_read() {
        let connz = br#"{"server":{"name":"n","id":"NDG"},"data":{"server_id":"NDG","num_connections":1,"total":1,
            "offset":0,"limit":1024,"connections":[{"cid":7,"kind":"Client","ip":"127.0.0.1","subscriptions":2,
            "name":"inst","subscriptions_list":["_INBOX.T1.*","ipc.inbox.s.i.123"]}]}}"#;
        let place = Place {
            server: "NDG".into(),
            connection: 7,
        };
        let found = read_connections(connz).unwrap();
        assert_eq!(found[0].place, place);
        assert_eq!(found[0].subscriptions[1], "ipc.inbox.s.i.123");
        let disconnect = br#"{"type":"io.nats.server.advisory.v1.client_disconnect","id":"C","server":{"name":"n",
            "id":"NDG","ver":"2.15.1"},"client":{"id":7,"acc":"APP","user":"app"},"reason":"Client Closed"}"#;
        assert_eq!(read_disconnect(disconnect), Some(place));
        let user = br#"{"server":{"id":"NDG"},"data":{"user":"app","account":"APP","account_name":"APP"}}"#;
        assert_eq!(read_account(user).as_deref(), Some("APP"));
    }

    #[test]
    fn errors_and_junk_are_nothing() {
        let error = br#"{"server":{"id":"N"},"data":null,"error":{"code":500,"description":"no"}}"#;
        assert_eq!(read_connections(error), None);
        assert_eq!(read_disconnect(b"{}"), None);
        assert_eq!(read_account(b"\xff"), None);
    }
}

//! A row: what a client sends, and what each broker says to it.

use std::io::Read;
use std::net::SocketAddr;

use super::Brokers;
use crate::raw::{PATIENCE, RawClient};

/// Everything a broker said, its lines joined by `|`, and whether the connection goes on: an answered
/// `PING` proves that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    Keeps(&'static str),
    Closes(&'static str),
}

use Answer::{Closes, Keeps};

pub(super) struct Row {
    pub(super) sent: &'static [u8],
    pub(super) ours: Answer,
    /// If not the same: what nats-server says, and why ours differs.
    pub(super) theirs: Option<(Answer, &'static str)>,
}

/// What both say.
pub(super) const fn same(sent: &'static [u8], answer: Answer) -> Row {
    Row {
        sent,
        ours: answer,
        theirs: None,
    }
}

/// Ours says something else on purpose, for this reason.
pub(super) const fn differs(
    sent: &'static [u8],
    ours: Answer,
    theirs: Answer,
    reason: &'static str,
) -> Row {
    Row {
        sent,
        ours,
        theirs: Some((theirs, reason)),
    }
}

impl Brokers {
    /// Each row on a connection of its own that begins with these bytes.
    pub(super) fn check(&self, opening: &str, rows: &[Row]) {
        let mut wrong = Vec::new();
        for row in rows {
            let sent = row.sent.escape_ascii();
            let said = converse(self.ours(), opening, row.sent, row.ours);
            if !is_as(&said, row.ours) {
                wrong.push(format!("ours, to {sent}: {said:?}, not {:?}", row.ours));
            }
            let expected = row.theirs.map_or(row.ours, |(theirs, _)| theirs);
            let Some(theirs) = self.theirs() else {
                continue;
            };
            let said = converse(theirs, opening, row.sent, expected);
            if !is_as(&said, expected) {
                wrong.push(format!(
                    "nats-server, to {sent}: {said:?}, not {expected:?}"
                ));
            }
            if let Some((theirs, reason)) = row.theirs {
                assert_ne!(row.ours, theirs, "{sent}: the same after all ({reason})");
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }
}

/// What was said, and whether the connection was kept.
fn converse(address: SocketAddr, opening: &str, sent: &[u8], expected: Answer) -> (String, bool) {
    let (Keeps(text) | Closes(text)) = expected;
    let mut client = RawClient::silent(address);
    // In one write: a broker that closes does not close on bytes that are still on their way.
    client.send([opening.as_bytes(), sent, b"PING\r\n"].concat());
    let pongs = 1 + text.matches("PONG").count();
    let mut said = Vec::new();
    let mut chunk = [0; 4096];
    let begun = std::time::Instant::now();
    loop {
        let text = String::from_utf8_lossy(&said).into_owned();
        if text.matches("PONG\r\n").count() == pongs {
            let (text, _) = text.rsplit_once("PONG\r\n").unwrap();
            return (joined(text), true);
        }
        assert!(
            begun.elapsed() < PATIENCE,
            "to {}: only {text:?}",
            sent.escape_ascii()
        );
        match client.reader.read(&mut chunk) {
            Ok(0) => return (joined(&text), false),
            Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => {
                return (joined(&text), false);
            }
            Ok(count) => said.extend_from_slice(&chunk[..count]),
            Err(error) => panic!("to {}: {text:?}, then {error}", sent.escape_ascii()),
        }
    }
}

fn joined(text: &str) -> String {
    text.strip_suffix("\r\n")
        .unwrap_or(text)
        .replace("\r\n", "|")
}

fn is_as((said, kept): &(String, bool), expected: Answer) -> bool {
    match expected {
        Keeps(text) => *kept && said == text,
        Closes(text) => !kept && said == text,
    }
}

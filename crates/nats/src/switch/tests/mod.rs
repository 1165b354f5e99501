mod budget;
mod keepalive;
mod limits;
mod local_peer;
mod protocol;
mod twin;

use std::time::Duration;

use super::*;
use crate::codec::{Limits, ServerOp, ServerOpDecoder};

const T0: Duration = Duration::from_secs(100);

/// A switch whose invariants are checked after every step, with a reader at each connection.
struct Bench<L: LocalPeer> {
    switch: Switch<L>,
    now: Duration,
    unread: std::collections::HashMap<PeerId, Vec<u8>>,
}

impl<L: LocalPeer> Bench<L> {
    fn new(config: SwitchConfig, local: L) -> Bench<L> {
        Bench {
            switch: Switch::new(config, local),
            now: T0,
            unread: std::collections::HashMap::new(),
        }
    }

    /// A connection that sent this `CONNECT` and whose `INFO` and answer are read already.
    fn connect(&mut self, json: &str) -> PeerId {
        let id = self.switch.open(self.now).unwrap();
        self.send(id, &format!("CONNECT {json}\r\n"));
        self.read(id);
        id
    }

    fn quiet(&mut self) -> PeerId {
        self.connect(r#"{"verbose":false,"headers":true,"no_responders":true}"#)
    }

    fn send(&mut self, id: PeerId, text: &str) {
        self.switch.receive(self.now, id, text.as_bytes());
        self.check();
    }

    fn close(&mut self, id: PeerId) {
        self.switch.closed(self.now, id, ClosedBy::Peer);
        self.check();
    }

    /// Lets time pass, with a timer call whenever one is due.
    fn advance(&mut self, span: Duration) {
        let end = self.now + span;
        while let Some(due) = self.switch.next_deadline().filter(|due| *due <= end) {
            self.now = self.now.max(due);
            self.switch.on_timer(self.now);
            self.check();
        }
        self.now = end;
    }

    fn check(&self) {
        self.switch.check_invariants().unwrap();
    }

    /// Everything that waits for a connection, one operation a line.
    fn read(&mut self, id: PeerId) -> String {
        let mut dirty = Vec::new();
        self.switch.take_dirty(&mut dirty);
        let unread = self.unread.entry(id).or_default();
        unread.extend_from_slice(self.switch.output(id));
        self.switch.wrote(id, unread.len());
        let mut decoder = ServerOpDecoder::new(Limits::default());
        let mut lines = Vec::new();
        while let Some((op, consumed)) = decoder.decode(unread).unwrap() {
            lines.push(line(&op));
            unread.drain(..consumed);
        }
        lines.join("\n")
    }

    fn cuts(&mut self) -> Vec<(PeerId, CutReason)> {
        let mut cuts = Vec::new();
        self.switch.take_cuts(&mut cuts);
        cuts
    }
}

fn line(op: &ServerOp<'_>) -> String {
    let ServerOp::Message {
        subject,
        sid,
        reply,
        headers,
        payload,
    } = op
    else {
        return match op {
            ServerOp::Info(_) => String::from("INFO"),
            ServerOp::Err(text) => format!("-ERR {text}"),
            op => format!("{op:?}"),
        };
    };
    let reply = reply.map(|reply| format!(" reply={reply}"));
    let headers = headers.map(|headers| format!(" {}", headers.escape_ascii()));
    let (reply, headers) = (reply.unwrap_or_default(), headers.unwrap_or_default());
    format!(
        "{subject} #{sid}{reply}{headers} [{}]",
        payload.escape_ascii()
    )
}

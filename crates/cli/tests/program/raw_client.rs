//! A client that speaks just enough of the NATS protocol: for whoever does what no SDK of ours does.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;

use serde_json::Value;

use crate::harness::{PATIENCE, Running};

/// One connection; what it says is read by the broker before it asks for anything else.
pub(crate) struct RawClient {
    stream: BufReader<TcpStream>,
    subscriptions: u32,
}

impl RawClient {
    pub(crate) fn of(router: &Running) -> RawClient {
        RawClient::at(&router.url())
    }

    pub(crate) fn at(url: &str) -> RawClient {
        let stream = TcpStream::connect(url.trim_start_matches("nats://")).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let mut client = RawClient {
            stream: BufReader::new(stream),
            subscriptions: 0,
        };
        client.write(b"CONNECT {\"verbose\":false}\r\n");
        client.synchronise();
        client
    }

    pub(crate) fn subscribe(&mut self, subject: &str) {
        // A second one under the same number would be none.
        self.subscriptions += 1;
        self.write(format!("SUB {subject} {}\r\n", self.subscriptions).as_bytes());
        self.synchronise();
    }

    pub(crate) fn publish(&mut self, subject: &str, reply: &str, body: &Value) {
        self.send(subject, reply, &rmp_serde::to_vec_named(body).unwrap());
    }

    pub(crate) fn send(&mut self, subject: &str, reply: &str, body: &[u8]) {
        let mut message = format!("PUB {subject} {reply} {}\r\n", body.len()).into_bytes();
        message.extend(body);
        message.extend(b"\r\n");
        self.write(&message);
    }

    /// Until the broker has read everything: how many messages came meanwhile.
    pub(crate) fn synchronise(&mut self) -> usize {
        self.write(b"PING\r\n");
        let mut messages = 0;
        while self.next_message_or_pong().is_some() {
            messages += 1;
        }
        messages
    }

    /// The body of the next message that comes.
    pub(crate) fn next_message(&mut self) -> Vec<u8> {
        loop {
            if let Some(body) = self.next_message_or_pong() {
                return body;
            }
        }
    }

    fn next_message_or_pong(&mut self) -> Option<Vec<u8>> {
        let mut line = Vec::new();
        loop {
            line.clear();
            assert!(
                self.stream.read_until(b'\n', &mut line).unwrap() > 0,
                "closed"
            );
            let text = String::from_utf8_lossy(&line);
            assert!(!text.starts_with("-ERR"), "{text}");
            if text.starts_with("PONG") {
                return None;
            }
            if text.starts_with("PING") {
                self.write(b"PONG\r\n");
            }
            if text.starts_with("MSG ") || text.starts_with("HMSG ") {
                let length = text.trim_end().rsplit(' ').next().unwrap().parse::<usize>();
                let length = length.unwrap();
                let mut body = vec![0; length + 2];
                std::io::Read::read_exact(&mut self.stream, &mut body).unwrap();
                body.truncate(length);
                return Some(body);
            }
        }
    }

    fn write(&mut self, bytes: &[u8]) {
        self.stream.get_mut().write_all(bytes).unwrap();
    }
}

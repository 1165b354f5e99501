//! A client that speaks just enough of the NATS protocol: for whoever does what no SDK of ours does.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;

use serde_json::Value;

use crate::harness::{PATIENCE, Running};

/// One connection; what it says is read by the broker before it asks for anything else.
pub(crate) struct RawClient {
    stream: BufReader<TcpStream>,
}

impl RawClient {
    pub(crate) fn of(router: &Running) -> RawClient {
        let stream = TcpStream::connect(router.address()).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let mut client = RawClient {
            stream: BufReader::new(stream),
        };
        client.write(b"CONNECT {\"verbose\":false}\r\n");
        client.synchronise();
        client
    }

    pub(crate) fn subscribe(&mut self, subject: &str) {
        self.write(format!("SUB {subject} 1\r\n").as_bytes());
        self.synchronise();
    }

    pub(crate) fn publish(&mut self, subject: &str, reply: &str, body: &Value) {
        let body = rmp_serde::to_vec_named(body).unwrap();
        let mut message = format!("PUB {subject} {reply} {}\r\n", body.len()).into_bytes();
        message.extend(body);
        message.extend(b"\r\n");
        self.write(&message);
    }

    /// Until the broker has read everything: how many messages came meanwhile.
    pub(crate) fn synchronise(&mut self) -> usize {
        self.write(b"PING\r\n");
        let (mut messages, mut line) = (0, Vec::new());
        loop {
            line.clear();
            assert!(
                self.stream.read_until(b'\n', &mut line).unwrap() > 0,
                "closed"
            );
            let text = String::from_utf8_lossy(&line);
            assert!(!text.starts_with("-ERR"), "{text}");
            if text.starts_with("PONG") {
                return messages;
            }
            if text.starts_with("PING") {
                self.write(b"PONG\r\n");
            }
            if text.starts_with("MSG ") || text.starts_with("HMSG ") {
                let length = text.trim_end().rsplit(' ').next().unwrap().parse::<usize>();
                let mut body = vec![0; length.unwrap() + 2];
                std::io::Read::read_exact(&mut self.stream, &mut body).unwrap();
                messages += 1;
            }
        }
    }

    fn write(&mut self, bytes: &[u8]) {
        self.stream.get_mut().write_all(bytes).unwrap();
    }
}

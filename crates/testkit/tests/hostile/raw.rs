//! A client that is nothing but a socket: it may say what no library would.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;

use aegis_testkit::PATIENCE;

pub(crate) struct RawClient {
    reader: BufReader<TcpStream>,
    /// Messages that came while something else was waited for.
    heard: Vec<Heard>,
}

/// A message that it received.
#[derive(Debug)]
pub(crate) struct Heard {
    pub(crate) subject: String,
    pub(crate) reply: Option<String>,
    /// The header block as it came.
    pub(crate) headers: Vec<u8>,
    pub(crate) payload: Vec<u8>,
}

impl RawClient {
    pub(crate) fn connect(port: u16) -> RawClient {
        let socket = TcpStream::connect(("127.0.0.1", port)).expect("a broker");
        socket.set_read_timeout(Some(PATIENCE)).expect("a timeout");
        let mut client = RawClient {
            reader: BufReader::new(socket),
            heard: Vec::new(),
        };
        assert!(client.line().starts_with("INFO "));
        client.send(b"CONNECT {\"verbose\":false,\"pedantic\":false,\"headers\":true}\r\n");
        client.settle();
        client
    }

    pub(crate) fn subscribe(&mut self, pattern: &str) {
        self.send(format!("SUB {pattern} 1\r\n").as_bytes());
        self.settle();
    }

    /// With this header block, which may be anything.
    pub(crate) fn publish(&mut self, subject: &str, reply: &str, headers: &[u8], body: &[u8]) {
        let (length, total) = (headers.len(), headers.len() + body.len());
        let line = format!("HPUB {subject} {reply} {length} {total}\r\n");
        self.send(&[line.as_bytes(), headers, body, b"\r\n"].concat());
    }

    /// Until the broker has read everything sent before. How many commands it refused meanwhile.
    pub(crate) fn settle(&mut self) -> usize {
        self.send(b"PING\r\n");
        let mut refused = 0;
        loop {
            let line = self.line();
            match line.split(' ').next().unwrap_or_default() {
                "PONG" => return refused,
                "PING" => self.send(b"PONG\r\n"),
                "-ERR" => refused += 1,
                "MSG" | "HMSG" => self.take(&line),
                other => panic!("{other} out of place: {line}"),
            }
        }
    }

    /// What it heard up to now.
    pub(crate) fn heard(&mut self) -> Vec<Heard> {
        self.settle();
        std::mem::take(&mut self.heard)
    }

    fn take(&mut self, line: &str) {
        let mut words: Vec<&str> = line.split(' ').collect();
        let number = |word: Option<&str>| -> usize {
            word.and_then(|word| word.parse().ok()).expect("a length")
        };
        let total = number(words.pop());
        let headers = match words[0] {
            "HMSG" => number(words.pop()),
            _ => 0,
        };
        let mut body = vec![0; total + 2];
        self.reader.read_exact(&mut body).expect("a whole message");
        self.heard.push(Heard {
            subject: words[1].to_owned(),
            reply: words.get(3).map(|&reply| reply.to_owned()),
            headers: body[..headers].to_vec(),
            payload: body[headers..total].to_vec(),
        });
    }

    fn line(&mut self) -> String {
        let mut line = Vec::new();
        let count = self.reader.read_until(b'\n', &mut line);
        assert!(
            count.expect("a line") > 0,
            "the broker closed the connection"
        );
        String::from_utf8_lossy(&line).trim_end().to_owned()
    }

    fn send(&mut self, bytes: &[u8]) {
        self.reader
            .get_mut()
            .write_all(bytes)
            .expect("a broker that reads");
    }
}

//! A NATS connection as bare as can be: a blocking socket, and nothing between it and who measures.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use anyhow::{Context as _, bail};

use super::super::heartbeats::probe_answer;

/// A broker that says nothing for this long has lost us.
const PATIENCE: Duration = Duration::from_secs(30);

/// One connection, with what was received of it and not looked at yet.
pub(super) struct Bare {
    stream: BufReader<TcpStream>,
}

/// What came.
pub(super) enum Frame {
    /// The answer to a PING: everything sent before has been taken.
    Pong,
    /// A message's body.
    Message(Vec<u8>),
}

impl Bare {
    pub(super) fn connect(server: &str) -> anyhow::Result<Self> {
        let address = server.trim_start_matches("nats://");
        let stream =
            TcpStream::connect(address).with_context(|| format!("connecting to {address}"))?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        let mut bare = Self {
            stream: BufReader::with_capacity(1 << 14, stream),
        };
        bare.send(
            b"CONNECT {\"verbose\":false,\"pedantic\":false,\"name\":\"aegis bench\"}\r\nPING\r\n",
        )?;
        match bare.next()? {
            Frame::Pong => Ok(bare),
            Frame::Message(_) => bail!("the broker sent a message that nobody asked for"),
        }
    }

    pub(super) fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.get_mut().write_all(bytes)
    }

    /// Waits for the next thing that matters; answers pings and probes meanwhile.
    pub(super) fn next(&mut self) -> anyhow::Result<Frame> {
        let mut line = String::new();
        loop {
            line.clear();
            if self.stream.read_line(&mut line)? == 0 {
                bail!("the broker closed the connection");
            }
            let words: Vec<&str> = line.split_ascii_whitespace().collect();
            match words.as_slice() {
                ["PONG"] => return Ok(Frame::Pong),
                ["MSG", _, _, reply, length] => {
                    let body = self.body(length)?;
                    if let Some(answer) = probe_answer(&body) {
                        let mut bytes = Vec::new();
                        publish(&mut bytes, reply, None, &answer);
                        self.send(&bytes)?;
                    }
                }
                ["MSG", .., length] => return Ok(Frame::Message(self.body(length)?)),
                ["PING"] => self.send(b"PONG\r\n")?,
                ["INFO", ..] | [] => {}
                _ => bail!("the broker said `{}`", line.trim_end()),
            }
        }
    }

    fn body(&mut self, length: &str) -> anyhow::Result<Vec<u8>> {
        let mut body = vec![0; length.parse::<usize>()? + 2];
        self.stream.read_exact(&mut body)?;
        body.truncate(body.len() - 2);
        Ok(body)
    }

    /// Sends one message, and waits for its answer on a subject that is subscribed to.
    pub(super) fn ask(
        &mut self,
        subject: &str,
        reply: &str,
        body: &[u8],
    ) -> anyhow::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        publish(&mut bytes, subject, Some(reply), body);
        self.send(&bytes)?;
        match self.next()? {
            Frame::Message(body) => Ok(body),
            Frame::Pong => bail!("the broker answered a question that was not asked"),
        }
    }
}

/// Appends one message as it travels.
pub(super) fn publish(out: &mut Vec<u8>, subject: &str, reply: Option<&str>, body: &[u8]) {
    let reply = reply.map(|reply| format!("{reply} ")).unwrap_or_default();
    let line = format!("PUB {subject} {reply}{}\r\n", body.len());
    out.extend_from_slice(line.as_bytes());
    out.extend_from_slice(body);
    out.extend_from_slice(b"\r\n");
}

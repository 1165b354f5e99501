//! A broker that does what the test says, line by line, to do what no real one would; and a
//! subscriber that tells what it heard.

use std::future::Future;
use std::time::Duration;

use aegis_bus::{ConnectOptions, Connection, Delivery, ServerAddress, Subscriber};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

/// Every wait of a test ends here at the latest.
const DEADLINE: Duration = Duration::from_secs(20);

/// Longer than any test: it must never be what ends a request.
pub(crate) const LONG: Duration = Duration::from_secs(3600);

pub(crate) async fn within<T>(what: &str, future: impl Future<Output = T>) -> T {
    match tokio::time::timeout(DEADLINE, future).await {
        Ok(value) => value,
        Err(_) => panic!("waited too long for {what}"),
    }
}

/// Waits for a condition that nothing announces.
pub(crate) async fn until(what: &str, condition: impl Fn() -> bool) {
    within(what, async {
        while !condition() {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

pub(crate) struct Recorder(mpsc::UnboundedSender<String>);

pub(crate) struct Story(mpsc::UnboundedReceiver<String>);

pub(crate) fn recorder() -> (Recorder, Story) {
    let (sender, receiver) = mpsc::unbounded_channel();
    (Recorder(sender), Story(receiver))
}

impl Recorder {
    fn tell(&self, event: String) {
        let _ = self.0.send(event);
    }
}

impl Subscriber for Recorder {
    fn on_message(&mut self, message: Delivery<'_>) {
        let payload = String::from_utf8_lossy(message.payload);
        self.tell(format!("{} {} {payload}", message.sid, message.subject));
    }

    fn on_ready(&mut self, first: bool) {
        self.tell(format!("ready first={first}"));
    }

    fn on_lost(&mut self) {
        self.tell("lost".to_owned());
    }

    fn on_waiting(&mut self, _server: &str, error: &str) {
        self.tell(format!("waiting: {error}"));
    }
}

impl Story {
    pub(crate) async fn next(&mut self) -> String {
        within("an event", self.0.recv()).await.unwrap()
    }

    pub(crate) fn is_over(&mut self) -> bool {
        self.0.try_recv().is_err()
    }
}

/// The listening side.
pub(crate) struct Script {
    listener: TcpListener,
}

impl Script {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        Self { listener }
    }

    pub(crate) fn options(&self) -> ConnectOptions {
        let address = self.listener.local_addr().unwrap();
        ConnectOptions::new(vec![ServerAddress::from(address)])
    }

    pub(crate) async fn accept(&self) -> Peer {
        let (stream, _) = within("a connection", self.listener.accept())
            .await
            .unwrap();
        Peer {
            stream: BufReader::new(stream),
        }
    }

    /// Takes a connection through its handshake and returns the lines that came with it.
    pub(crate) async fn welcome(&self) -> (Peer, Vec<String>) {
        let mut peer = self.accept().await;
        let lines = peer.greet().await;
        peer.send("PONG\r\n").await;
        (peer, lines)
    }

    /// A connection that is ready, its broker and its story.
    pub(crate) async fn connected(&self) -> (Connection, Peer, Story) {
        let (recorder, mut story) = recorder();
        let connection = Connection::open(self.options(), recorder);
        let (peer, _) = self.welcome().await;
        assert_eq!(story.next().await, "ready first=true");
        (connection, peer, story)
    }
}

impl From<TcpListener> for Script {
    fn from(listener: TcpListener) -> Self {
        Self { listener }
    }
}

/// The broker's end of one socket.
pub(crate) struct Peer {
    stream: BufReader<TcpStream>,
}

impl Peer {
    /// Greets and reads everything up to the PING that asks for the answer.
    pub(crate) async fn greet(&mut self) -> Vec<String> {
        self.send("INFO {\"headers\":true,\"max_payload\":1048576}\r\n")
            .await;
        let mut lines = Vec::new();
        loop {
            match self.line().await.as_str() {
                "PING" => return lines,
                line => lines.push(line.to_owned()),
            }
        }
    }

    pub(crate) async fn send(&mut self, text: &str) {
        self.send_bytes(text.as_bytes()).await;
    }

    pub(crate) async fn send_bytes(&mut self, bytes: &[u8]) {
        let written = self.stream.get_mut().write_all(bytes);
        within("a write", written).await.unwrap();
    }

    /// The next line, without its end; empty at the end of the stream.
    pub(crate) async fn line(&mut self) -> String {
        let mut line = String::new();
        within("a line", self.stream.read_line(&mut line))
            .await
            .unwrap();
        line.truncate(line.trim_end().len());
        line
    }

    /// The next publish: its arguments and its body.
    pub(crate) async fn publish(&mut self) -> (Vec<String>, String) {
        let line = self.line().await;
        let words: Vec<String> = line.split(' ').map(str::to_owned).collect();
        assert_eq!(words[0], "PUB", "{line}");
        let size: usize = words.last().unwrap().parse().unwrap();
        let mut body = vec![0; size + 2];
        within("a body", self.stream.read_exact(&mut body))
            .await
            .unwrap();
        body.truncate(size);
        (words, String::from_utf8(body).unwrap())
    }

    /// The reply subject of the next publish, which is a request.
    pub(crate) async fn request(&mut self) -> String {
        let (words, _) = self.publish().await;
        words[2].clone()
    }

    /// Sends to the inbox of requests, which is always the first subscription.
    pub(crate) async fn reply(&mut self, subject: &str, body: &str) {
        let line = format!("MSG {subject} 1 {}\r\n{body}\r\n", body.len());
        self.send(&line).await;
    }

    /// Reads until the client closes.
    pub(crate) async fn rest(&mut self) -> String {
        let mut rest = String::new();
        let read = self.stream.read_to_string(&mut rest);
        within("the end", read).await.unwrap();
        rest
    }
}

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Mutex;

/// In front of a broker that allows everything: denies subscriptions under `$SRV`, as a NATS server
/// does whose permissions say so.
pub(crate) struct RefusingBroker {
    port: u16,
    refused: Arc<AtomicUsize>,
}

impl RefusingBroker {
    pub(crate) async fn in_front_of(url: &str) -> RefusingBroker {
        let broker = url.trim_start_matches("nats://").to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let refused = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&refused);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let (from_client, to_client) = client.into_split();
                let (from_broker, to_broker) =
                    TcpStream::connect(&broker).await.unwrap().into_split();
                let to_client = Arc::new(Mutex::new(to_client));
                tokio::spawn(pass_on(from_broker, Arc::clone(&to_client)));
                let counter = Arc::clone(&counter);
                tokio::spawn(deny(from_client, to_broker, to_client, counter));
            }
        });
        RefusingBroker { port, refused }
    }

    pub(crate) fn url(&self) -> String {
        format!("nats://127.0.0.1:{}", self.port)
    }

    /// How many subscriptions were denied.
    pub(crate) fn refused(&self) -> usize {
        self.refused.load(Ordering::Relaxed)
    }
}

/// Operations that are whole, as the lock lets others write between two of them.
async fn pass_on(from: OwnedReadHalf, to: Arc<Mutex<OwnedWriteHalf>>) {
    let mut from = BufReader::new(from);
    while let Some(operation) = operation(&mut from).await {
        if to.lock().await.write_all(&operation).await.is_err() {
            return;
        }
    }
}

async fn deny(
    from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    back: Arc<Mutex<OwnedWriteHalf>>,
    refused: Arc<AtomicUsize>,
) {
    let mut from = BufReader::new(from);
    while let Some(operation) = operation(&mut from).await {
        if let Some(rest) = operation.strip_prefix(b"SUB $SRV.") {
            refused.fetch_add(1, Ordering::Relaxed);
            let subject = String::from_utf8_lossy(rest);
            let subject = subject.split(' ').next().unwrap();
            let text =
                format!("-ERR 'Permissions Violation for Subscription to \"$SRV.{subject}\"'\r\n");
            let _ = back.lock().await.write_all(text.as_bytes()).await;
        } else if to.write_all(&operation).await.is_err() {
            return;
        }
    }
}

/// One line, and the payload that it announces with its last word.
async fn operation(from: &mut BufReader<OwnedReadHalf>) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    from.read_until(b'\n', &mut bytes)
        .await
        .ok()
        .filter(|read| *read > 0)?;
    let line = String::from_utf8_lossy(&bytes).into_owned();
    let has_payload = ["PUB", "HPUB", "MSG", "HMSG"].contains(&line.split(' ').next()?);
    if has_payload {
        let size: usize = line.split_whitespace().last()?.parse().ok()?;
        let start = bytes.len();
        bytes.resize(start + size + 2, 0);
        from.read_exact(&mut bytes[start..]).await.ok()?;
    }
    Some(bytes)
}

//! The life of a connection: dial, serve, wait, again, until its owner wants no more.

use std::future::Future;
use std::io;
use std::sync::Arc;

use aegis_nats::client::Step;
use tokio::net::TcpStream;
use tokio::time::sleep_until;
use tokio_rustls::client::TlsStream;
use tracing::debug;

use crate::shared::{Availability, Shared};
use crate::{ConnectOptions, DialError, ServerAddress, Subscriber, socket, tls};

/// How a socket ended, or the attempt to get one.
#[derive(Debug)]
pub(crate) enum End {
    Failed(DialError),
    /// Our owner wants no more.
    Closed,
}

impl<E: Into<DialError>> From<E> for End {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

/// Runs until the connection is closed.
pub(crate) async fn run<S: Subscriber>(
    shared: Arc<Shared>,
    options: ConnectOptions,
    mut subscriber: S,
) {
    // Also when the runtime drops this task, or the subscriber panics.
    let _closed = CloseOnDrop(Arc::clone(&shared));
    while !shared.is_closing() {
        let now = shared.now();
        let step = shared.lock().link.step(now);
        match step {
            // With an empty list there is nothing to do but to be closed.
            Step::Dial(_) if options.servers.is_empty() => shared.closing().await,
            Step::Dial(index) => attempt(&shared, &options, index, &mut subscriber).await,
            Step::Wait => wait(&shared).await,
            Step::Closed => break,
        }
    }
}

/// From one dial to the end of its socket.
async fn attempt<S: Subscriber>(
    shared: &Shared,
    options: &ConnectOptions,
    index: usize,
    subscriber: &mut S,
) {
    let address = match options.servers.get(index) {
        Some(server) => server.to_string(),
        None => shared
            .lock()
            .link
            .server(index)
            .unwrap_or_default()
            .to_owned(),
    };
    let end = match connect(shared, options, index, &address, subscriber).await {
        End::Failed(error) => error,
        End::Closed => {
            shared.socket_closed();
            return;
        }
    };
    let Some(ended) = shared.socket_closed() else {
        return;
    };
    if !ended.was_ready {
        let servers = options.servers.len();
        let count = |so_far: &mut crate::attempts::Attempts| {
            so_far.failed(servers, address.clone(), end.clone());
        };
        shared.attempts.send_modify(count);
    }
    if ended.was_ready {
        shared.availability.send_replace(Availability::Connecting);
        debug!(server = address, reason = %end, event = "connection_ended", "lost the connection to the broker");
        subscriber.on_lost();
    } else if ended.first_failure {
        debug!(server = address, reason = %end, event = "connection_waiting", "no broker yet, trying on");
        subscriber.on_waiting(&address, &end.to_string());
    }
}

async fn connect<S: Subscriber>(
    shared: &Shared,
    options: &ConnectOptions,
    index: usize,
    address: &str,
    subscriber: &mut S,
) -> End {
    let learnt;
    let server = match options.servers.get(index) {
        Some(server) => server,
        None => match address.parse() {
            Ok(server) => {
                learnt = server;
                &learnt
            }
            Err(error) => return DialError::InvalidAddress(error).into(),
        },
    };
    let dialled = in_time(shared, TcpStream::connect((server.host(), server.port()))).await;
    let stream = match dialled {
        Ok(Ok(stream)) => stream,
        Ok(Err(error)) => return DialError::from(error).into(),
        Err(end) => return end,
    };
    // We gather writes ourselves; waiting for more in the kernel would only delay them.
    if let Err(error) = stream.set_nodelay(true) {
        return DialError::from(error).into();
    }
    socket::serve(stream, server, shared, options, subscriber).await
}

/// The TLS handshake.
pub(crate) async fn secure(
    stream: TcpStream,
    server: &ServerAddress,
    shared: &Shared,
    options: &ConnectOptions,
) -> Result<TlsStream<TcpStream>, End> {
    let name = tls::server_name(host_to_expect(server, options)).map_err(DialError::Tls)?;
    let asked = options.tls.clone().unwrap_or_default();
    let connector = unhurried(shared, move || tls::connector(&asked)).await??;
    let secured = in_time(shared, connector.connect(name, stream)).await?;
    Ok(secured.map_err(DialError::from)?)
}

/// A broker that tells of others gives their addresses, and certificates are for names: whoever was
/// learnt by address alone has to show a certificate for the name we were given.
fn host_to_expect<'a>(server: &'a ServerAddress, options: &'a ConnectOptions) -> &'a str {
    let is_learnt = !options.servers.contains(server);
    let named = options.servers.iter().find(|named| !named.is_ip());
    match named {
        Some(named) if is_learnt && server.is_ip() => named.host(),
        _ => server.host(),
    }
}

/// Runs what reads files apart from everything that must not wait for a disk.
pub(crate) async fn unhurried<T: Send + 'static>(
    shared: &Shared,
    read: impl FnOnce() -> T + Send + 'static,
) -> Result<T, End> {
    match in_time(shared, tokio::task::spawn_blocking(read)).await? {
        Ok(read) => Ok(read),
        Err(error) => Err(DialError::from(io::Error::other(error)).into()),
    }
}

/// Waits for a part of the handshake, at most as long as the machine lets it take.
async fn in_time<T>(shared: &Shared, part: impl Future<Output = T>) -> Result<T, End> {
    let deadline = shared.lock().link.next_deadline();
    let deadline = shared.instant(deadline.unwrap_or_default());
    tokio::select! {
        done = part => Ok(done),
        () = sleep_until(deadline) => Err(DialError::from(io::Error::from(io::ErrorKind::TimedOut)).into()),
        () = shared.closing() => Err(End::Closed),
    }
}

async fn wait(shared: &Shared) {
    let deadline = shared.lock().link.next_deadline();
    let Some(deadline) = deadline else {
        return shared.closing().await;
    };
    tokio::select! {
        () = sleep_until(shared.instant(deadline)) => {}
        () = shared.closing() => {}
    }
}

struct CloseOnDrop(Arc<Shared>);

impl Drop for CloseOnDrop {
    fn drop(&mut self) {
        self.0.closed();
    }
}

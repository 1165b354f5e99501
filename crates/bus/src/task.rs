//! The life of a connection: dial, serve, wait, again, until its owner wants no more.

use std::io;
use std::sync::Arc;

use aegis_nats::client::Step;
use tokio::net::TcpStream;
use tokio::time::sleep_until;
use tracing::debug;

use crate::shared::{Availability, Shared};
use crate::socket::{self, End};
use crate::{ConnectOptions, ServerAddress, Subscriber};

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
            Step::Dial(index) => match options.servers.get(index) {
                Some(server) => attempt(&shared, &options, server, &mut subscriber).await,
                // Only with an empty list: there is nothing to do but to be closed.
                None => shared.closing().await,
            },
            Step::Wait => wait(&shared).await,
            Step::Closed => break,
        }
    }
}

/// From one dial to the end of its socket.
async fn attempt<S: Subscriber>(
    shared: &Shared,
    options: &ConnectOptions,
    server: &ServerAddress,
    subscriber: &mut S,
) {
    let end = match dial(shared, server).await {
        Ok(stream) => {
            shared.lock().link.connected();
            socket::serve(stream, shared, options.close_timeout, subscriber).await
        }
        Err(end) => end,
    };
    let Some(ended) = shared.socket_closed() else {
        return;
    };
    if matches!(end, End::Closed) {
        return;
    }
    if ended.was_ready {
        shared.availability.send_replace(Availability::Connecting);
        debug!(%server, reason = %end, event = "broker_lost", "lost the connection to the broker");
        subscriber.on_lost();
    } else if ended.first_failure {
        debug!(%server, reason = %end, event = "broker_waiting", "no broker yet, trying on");
        subscriber.on_waiting(&server.to_string(), &end.to_string());
    }
}

async fn dial(shared: &Shared, server: &ServerAddress) -> Result<TcpStream, End> {
    let deadline = shared.lock().link.next_deadline();
    let deadline = shared.instant(deadline.unwrap_or_default());
    let connected = tokio::select! {
        connected = TcpStream::connect((server.host(), server.port())) => connected,
        () = sleep_until(deadline) => Err(io::ErrorKind::TimedOut.into()),
        () = shared.closing() => return Err(End::Closed),
    };
    let stream = connected.map_err(End::Io)?;
    // We gather writes ourselves; waiting for more in the kernel would only delay them.
    stream.set_nodelay(true).map_err(End::Io)?;
    Ok(stream)
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

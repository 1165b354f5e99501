//! Takes connections, and lets none of them hold the listener: each has its spans, and the newest
//! always gets in.

use std::collections::VecDeque;
use std::pin::pin;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::AbortHandle;
use tokio::time::{sleep, timeout};

/// Connections at a time. One more, and the oldest is cut: whoever asks now matters most, and one that
/// only sits there must not keep a supervisor out.
const MAX_CONNECTIONS: usize = 128;
/// How long the head of a request may take.
const HEAD_PATIENCE: Duration = Duration::from_secs(5);
/// How long a connection takes requests; then it ends after the answer it is at.
const LIFETIME: Duration = Duration::from_secs(60);
/// How long that answer may take, its reader included.
const LAST_ANSWER_PATIENCE: Duration = Duration::from_secs(10);
/// Most bytes of the head of a request.
const MAX_HEAD_BYTES: usize = 16 * 1024;
/// After a connection could not be taken (no descriptor left): longer than a busy loop, shorter than a
/// supervisor's patience.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Answers for as long as it is polled.
pub(super) async fn serve(listener: TcpListener, routes: Router) {
    let mut open: VecDeque<AbortHandle> = VecDeque::new();
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            // No descriptor is left; the broker, which shares them, says so.
            sleep(ACCEPT_PAUSE).await;
            continue;
        };
        open.retain(|connection| !connection.is_finished());
        if open.len() >= MAX_CONNECTIONS
            && let Some(oldest) = open.pop_front()
        {
            oldest.abort();
        }
        open.push_back(tokio::spawn(converse(stream, routes.clone())).abort_handle());
    }
}

/// One connection. How it ends concerns nobody but its client.
async fn converse(stream: TcpStream, routes: Router) {
    let service = TowerToHyperService::new(routes);
    let mut connection = pin!(
        http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HEAD_PATIENCE)
            .max_buf_size(MAX_HEAD_BYTES)
            .serve_connection(TokioIo::new(stream), service)
    );
    tokio::select! {
        _ = connection.as_mut() => return,
        () = sleep(LIFETIME) => connection.as_mut().graceful_shutdown(),
    }
    let _ = timeout(LAST_ANSWER_PATIENCE, connection).await;
}

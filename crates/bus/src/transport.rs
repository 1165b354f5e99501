//! The write side of a socket, with and without TLS. The read side of both is tokio's.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use tokio::io::AsyncWrite;
use tokio::net::TcpStream;
use tokio::net::tcp::WriteHalf;
use tokio_rustls::client::TlsStream;

/// The upgraded socket's write half.
pub(crate) type TlsWriter = tokio::io::WriteHalf<TlsStream<TcpStream>>;

/// Writing without waiting, and waiting without writing: whichever future is dropped in the middle,
/// no byte is lost or sent twice.
pub(crate) trait Writer {
    /// Takes some of `bytes`, or says `WouldBlock`. What it took may still wait inside.
    fn try_write(&mut self, bytes: &[u8]) -> io::Result<usize>;

    /// Whether nothing waits inside; `WouldBlock` if something does and cannot go now.
    fn try_flush(&mut self) -> io::Result<()>;

    /// Resolves when writing is worth another try.
    fn writable(&mut self) -> impl Future<Output = io::Result<()>> + Send;
}

impl Writer for WriteHalf<'_> {
    fn try_write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        WriteHalf::try_write(self, bytes)
    }

    fn try_flush(&mut self) -> io::Result<()> {
        Ok(())
    }

    fn writable(&mut self) -> impl Future<Output = io::Result<()>> + Send {
        WriteHalf::writable(self)
    }
}

/// Records that are encrypted and not yet written are kept in the session, not in a future.
impl Writer for TlsWriter {
    fn try_write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        now(|context| Pin::new(self).poll_write(context, bytes))
    }

    fn try_flush(&mut self) -> io::Result<()> {
        now(|context| Pin::new(self).poll_flush(context))
    }

    fn writable(&mut self) -> impl Future<Output = io::Result<()>> + Send {
        std::future::poll_fn(|context| Pin::new(&mut *self).poll_flush(context))
    }
}

/// One look. Whoever sees `WouldBlock` then waits with [`Writer::writable`], which has a waker.
fn now<T>(poll: impl FnOnce(&mut Context<'_>) -> Poll<io::Result<T>>) -> io::Result<T> {
    match poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(result) => result,
        Poll::Pending => Err(io::ErrorKind::WouldBlock.into()),
    }
}

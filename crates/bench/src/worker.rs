//! How a worker process hears and speaks: one order, lines of JSON, and it ends with its stdin.

use std::io::{self, Read, Write};
use std::thread;

use serde::Serialize;
use serde::de::DeserializeOwned;
use thiserror::Error;
use tokio::sync::oneshot;

use crate::Order;

/// What came from a worker, or to it, is not what was agreed.
#[derive(Debug, Error)]
#[error("cannot read `{text}`: {reason}")]
pub struct ReadError {
    text: String,
    reason: serde_json::Error,
}

/// Something that a worker says: one line.
pub struct Line;

impl Line {
    /// Reads what a worker said.
    ///
    /// # Errors
    /// When it is something else.
    pub fn read<T: DeserializeOwned>(text: &str) -> Result<T, ReadError> {
        serde_json::from_str(text).map_err(|reason| ReadError {
            text: text.to_owned(),
            reason,
        })
    }
}

/// Reads a worker's argument.
///
/// # Errors
/// When it is no order.
pub fn read_order(argument: &str) -> Result<Order, ReadError> {
    Line::read(argument)
}

/// Says something to whoever started this worker.
///
/// # Errors
/// When nobody listens any more.
pub fn say<T: Serialize>(what: &T) -> io::Result<()> {
    let mut line = serde_json::to_vec(what)?;
    line.push(b'\n');
    let mut out = io::stdout().lock();
    out.write_all(&line)?;
    out.flush()
}

/// Ends this process when stdin ends, whatever it is doing: for workers that stay until they are done.
///
/// # Errors
/// When the operating system refuses a thread.
pub fn end_with_stdin() -> io::Result<()> {
    thread::Builder::new().name("stdin".to_owned()).spawn(|| {
        read_stdin();
        std::process::exit(1);
    })?;
    Ok(())
}

/// Resolves when stdin ends: whoever started this worker wants it gone, or is gone itself.
///
/// # Errors
/// When the operating system refuses a thread.
pub fn until_stdin_closes() -> io::Result<impl Future<Output = ()>> {
    let (ended, end) = oneshot::channel::<()>();
    thread::Builder::new()
        .name("stdin".to_owned())
        .spawn(move || {
            read_stdin();
            drop(ended);
        })?;
    Ok(async {
        // Nothing is ever sent.
        let _ = end.await;
    })
}

fn read_stdin() {
    let mut ignored = [0; 256];
    // An error is an end as well.
    while io::stdin().read(&mut ignored).is_ok_and(|count| count > 0) {}
}

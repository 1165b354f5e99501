//! One socket from its first byte to its last.

use std::fmt;
use std::io;
use std::pin::pin;
use std::time::Duration;

use aegis_nats::client::{DropReason, Event, Inbound, Incoming, Ticket};
use aegis_nats::codec::{ProtocolError, ServerOp};
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep_until};
use tracing::{debug, warn};

use crate::Subscriber;
use crate::outbound::{Outbound, Progress};
use crate::request;
use crate::shared::{Availability, Recipient, Shared};

/// Why a socket ended.
#[derive(Debug)]
pub(crate) enum End {
    /// The operating system said so.
    Io(io::Error),
    /// The broker closed it.
    ClosedByBroker,
    /// What came is not the NATS protocol.
    Protocol(ProtocolError),
    /// The link gave it up.
    Dropped(DropReason),
    /// Our owner wants no more.
    Closed,
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(error) => error.fmt(f),
            Self::ClosedByBroker => f.write_str("the broker closed the connection"),
            Self::Protocol(error) => write!(f, "what answers there speaks no NATS: {error}"),
            Self::Dropped(reason) => reason.fmt(f),
            Self::Closed => f.write_str("closed by its owner"),
        }
    }
}

/// What is left to do before a close: the broker's answer to the last PING, or this instant.
#[derive(Clone, Copy)]
struct Closing {
    last: Ticket,
    deadline: Instant,
}

/// One socket and who it works for.
struct Socket<'a, S> {
    shared: &'a Shared,
    subscriber: &'a mut S,
    closing: Option<Closing>,
    /// Refusals of the broker on this socket, so that repeated ones do not fill the log.
    refusals: u64,
}

/// Serves a socket until it ends.
pub(crate) async fn serve<S: Subscriber>(
    mut stream: TcpStream,
    shared: &Shared,
    close_timeout: Duration,
    subscriber: &mut S,
) -> End {
    let (mut reader, writer) = stream.split();
    let mut inbound = Inbound::new();
    let mut outbound = Outbound::default();
    let mut socket = Socket {
        shared,
        subscriber,
        closing: None,
        refusals: 0,
    };
    let mut timer = pin!(sleep_until(socket.deadline()));
    loop {
        let progress = match outbound.write(&writer, shared) {
            Ok(progress) => progress,
            Err(error) => return End::Io(error),
        };
        let deadline = socket.deadline();
        if timer.deadline() != deadline {
            timer.as_mut().reset(deadline);
        }
        // Timers first: under a flood of messages they are the ones that would wait for ever.
        let step = tokio::select! {
            biased;
            () = &mut timer => socket.on_timer(),
            read = reader.read(inbound.space()) => match read {
                Ok(0) => Err(End::ClosedByBroker),
                Ok(count) => {
                    inbound.filled(count);
                    socket.on_read(&mut inbound)
                }
                Err(error) => Err(End::Io(error)),
            },
            writable = writer.writable(), if progress == Progress::Blocked => {
                writable.map_err(End::Io)
            }
            () = shared.wake.notified() => socket.on_wake(close_timeout),
            () = std::future::ready(()), if progress == Progress::More => Ok(()),
        };
        if let Err(end) = step {
            debug!(refused = inbound.refused(), "socket ended");
            return end;
        }
    }
}

impl<S: Subscriber> Socket<'_, S> {
    fn deadline(&self) -> Instant {
        let link = self.shared.lock().link.next_deadline();
        let link = self.shared.instant(link.unwrap_or_default());
        self.closing
            .map_or(link, |closing| closing.deadline.min(link))
    }

    fn on_timer(&mut self) -> Result<(), End> {
        if self
            .closing
            .is_some_and(|closing| closing.deadline <= Instant::now())
        {
            return Err(End::Closed);
        }
        let now = self.shared.now();
        match self.shared.lock().link.timer(now) {
            Some(reason) => Err(End::Dropped(reason)),
            None => Ok(()),
        }
    }

    /// Output is written by the loop; what is left is the owner's wish to close.
    fn on_wake(&mut self, close_timeout: Duration) -> Result<(), End> {
        if self.closing.is_some() || !self.shared.is_closing() {
            return Ok(());
        }
        let last = self.shared.lock().link.ping().ok_or(End::Closed)?;
        let deadline = Instant::now() + close_timeout;
        self.closing = Some(Closing { last, deadline });
        Ok(())
    }

    fn on_read(&mut self, inbound: &mut Inbound) -> Result<(), End> {
        self.shared.heard();
        while let Some(incoming) = inbound.next().map_err(End::Protocol)? {
            match incoming {
                Incoming::Message(message) => match self.shared.recipient(&message) {
                    Recipient::Subscriber => self.subscriber.on_message(message),
                    Recipient::Request(waiting) => request::settle(waiting, &message),
                    Recipient::Nobody => {}
                },
                Incoming::Op(op) => self.on_op(&op)?,
            }
        }
        Ok(())
    }

    fn on_op(&mut self, op: &ServerOp<'_>) -> Result<(), End> {
        let now = self.shared.now();
        let event = self.shared.lock().link.received(now, op);
        match event {
            None => {}
            Some(Event::Ready { first }) => {
                self.subscriber.on_ready(first);
                self.shared.availability.send_replace(Availability::Ready);
            }
            Some(Event::Answered(ticket)) => {
                self.shared.lock().flushes.answered(ticket);
                if self.closing.is_some_and(|closing| closing.last <= ticket) {
                    return Err(End::Closed);
                }
            }
            Some(Event::Refused { kind, text }) => {
                self.refusals += 1;
                if self.refusals.is_power_of_two() {
                    let count = self.refusals;
                    warn!(
                        ?kind,
                        text,
                        count,
                        event = "broker_refused",
                        "the broker refused a command"
                    );
                }
            }
            Some(Event::Drop(reason)) => return Err(End::Dropped(reason)),
        }
        Ok(())
    }
}

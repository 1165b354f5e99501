//! One socket from its first byte to its last.

use std::pin::pin;

use aegis_nats::client::{DropReason, Event, Inbound, Incoming, Ticket};
use aegis_nats::codec::{ProtocolError, ServerOp};
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep_until, timeout};
use tracing::{debug, warn};

use crate::outbound::{Outbound, Progress};
use crate::shared::{Availability, Recipient, Shared};
use crate::task::{self, End};
use crate::transport::Writer;
use crate::{ConnectOptions, DialError, ServerAddress, Subscriber, request};

/// How long to read on for the reason why the broker takes nothing more. It has said it already.
const LAST_WORDS: std::time::Duration = std::time::Duration::from_millis(100);

/// What is left to do before a close: the broker's answer to the last PING, or this instant.
#[derive(Clone, Copy)]
struct Closing {
    last: Ticket,
    deadline: Instant,
}

/// One socket and who it works for.
struct Socket<'a, S> {
    shared: &'a Shared,
    options: &'a ConnectOptions,
    subscriber: &'a mut S,
    closing: Option<Closing>,
    /// The broker waits to hear who we are.
    must_identify: bool,
    /// The broker wants us to go elsewhere.
    leaves: bool,
    /// And our owner was told to finish.
    told_to_finish: bool,
    /// Refusals of the broker on this socket, so that repeated ones do not fill the log.
    refusals: u64,
}

/// Why the conversation on a socket stops.
enum Stop {
    End(End),
    /// It goes on with TLS.
    Secure,
}

impl<E: Into<End>> From<E> for Stop {
    fn from(end: E) -> Self {
        Self::End(end.into())
    }
}

impl From<DropReason> for End {
    fn from(reason: DropReason) -> Self {
        Self::Failed(DialError::Dropped(reason))
    }
}

impl From<ProtocolError> for End {
    fn from(error: ProtocolError) -> Self {
        Self::Failed(DialError::Protocol(error))
    }
}

/// Serves a socket until it ends.
pub(crate) async fn serve<S: Subscriber>(
    mut stream: TcpStream,
    server: &ServerAddress,
    shared: &Shared,
    options: &ConnectOptions,
    subscriber: &mut S,
) -> End {
    let mut socket = Socket {
        shared,
        options,
        subscriber,
        closing: None,
        must_identify: false,
        leaves: false,
        told_to_finish: false,
        refusals: 0,
    };
    shared.lock().link.connected();
    if !options.tls.as_ref().is_some_and(|tls| tls.first) {
        let (reader, mut writer) = stream.split();
        match socket.converse(reader, &mut writer).await {
            Stop::End(end) => return end,
            Stop::Secure => {}
        }
    }
    let stream = match task::secure(stream, server, shared, options).await {
        Ok(stream) => stream,
        Err(end) => return end,
    };
    let asked = shared.lock().link.secured();
    if let Err(Stop::End(end)) = asked.map_or(Ok(()), |event| socket.on_event(event)) {
        return end;
    }
    let (reader, mut writer) = tokio::io::split(stream);
    match socket.converse(reader, &mut writer).await {
        Stop::End(end) => end,
        // The machine asks once per socket.
        Stop::Secure => End::Failed(DialError::Dropped(DropReason::InvalidInfo)),
    }
}

impl<S: Subscriber> Socket<'_, S> {
    /// Reads, writes and keeps time until the socket ends or has to be upgraded.
    async fn converse<R: AsyncRead + Unpin>(
        &mut self,
        mut reader: R,
        writer: &mut impl Writer,
    ) -> Stop {
        let shared = self.shared;
        let mut inbound = Inbound::new();
        let mut outbound = Outbound::default();
        let mut timer = pin!(sleep_until(self.deadline()));
        loop {
            if self.must_identify
                && let Err(end) = self.identify().await
            {
                return end.into();
            }
            if self.leaves {
                self.go_on_leaving();
            }
            let progress = match outbound.write(writer, shared) {
                Ok(progress) => progress,
                Err(error) => {
                    let words = self.last_words(&mut reader, &mut inbound).await;
                    return words.unwrap_or_else(|| DialError::from(error).into());
                }
            };
            let deadline = self.deadline();
            if timer.deadline() != deadline {
                timer.as_mut().reset(deadline);
            }
            // Timers first: under a flood of messages they are the ones that would wait for ever.
            let step = tokio::select! {
                biased;
                () = &mut timer => self.on_timer(),
                read = reader.read(inbound.space()) => match read {
                    Ok(count) => self.on_read(&mut inbound, count),
                    Err(error) => Err(DialError::from(error).into()),
                },
                writable = writer.writable(), if progress == Progress::Blocked => {
                    writable.map_err(|error| DialError::from(error).into())
                }
                () = shared.wake.notified() => self.on_wake(),
                () = std::future::ready(()), if progress == Progress::More => Ok(()),
            };
            if let Err(stop) = step {
                debug!(
                    event = "socket_ended",
                    refused = inbound.refused(),
                    "socket ended"
                );
                return stop;
            }
        }
    }

    /// Who we are may be written in a file.
    async fn identify(&mut self) -> Result<(), End> {
        self.must_identify = false;
        let info = self.shared.lock().link.server_info().cloned();
        let nonce = info.and_then(|info| info.nonce);
        let auth = self.options.auth.clone();
        let login = task::unhurried(self.shared, move || auth.login(nonce.as_deref())).await??;
        self.shared.lock().link.identify(&login);
        Ok(())
    }

    fn deadline(&mut self) -> Instant {
        let state = self.shared.lock();
        self.leaves = state.link.is_leaving();
        let link = state.link.next_deadline();
        drop(state);
        let link = self.shared.instant(link.unwrap_or_default());
        self.closing
            .map_or(link, |closing| closing.deadline.min(link))
    }

    /// Before anything is written: what this adds is then not left for later.
    fn go_on_leaving(&mut self) {
        if !self.told_to_finish && self.shared.lock().link.is_finishing() {
            self.told_to_finish = true;
            self.shared.holds.watch(true);
            self.shared
                .availability
                .send_replace(Availability::Finishing);
            self.subscriber.on_leaving();
        }
        self.shared.leave();
    }

    fn on_timer(&mut self) -> Result<(), Stop> {
        if self
            .closing
            .is_some_and(|closing| closing.deadline <= Instant::now())
        {
            return Err(End::Closed.into());
        }
        let now = self.shared.now();
        match self.shared.lock().link.timer(now) {
            Some(reason) => Err(End::from(reason).into()),
            None => Ok(()),
        }
    }

    /// Output is written by the loop; what is left is the owner's wish to close.
    fn on_wake(&mut self) -> Result<(), Stop> {
        if self.closing.is_some() || !self.shared.is_closing() {
            return Ok(());
        }
        let last = self.shared.lock().link.ping().ok_or(End::Closed)?;
        let deadline = Instant::now() + self.options.close_timeout;
        self.closing = Some(Closing { last, deadline });
        Ok(())
    }

    fn on_read(&mut self, inbound: &mut Inbound, count: usize) -> Result<(), Stop> {
        if count == 0 {
            return Err(DialError::ClosedByBroker.into());
        }
        inbound.filled(count);
        self.shared.heard();
        let before = inbound.refused();
        let read = self.on_bytes(inbound);
        self.shared.refused(inbound.refused() - before);
        read
    }

    fn on_bytes(&mut self, inbound: &mut Inbound) -> Result<(), Stop> {
        while let Some(incoming) = inbound.next().map_err(End::from)? {
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

    fn on_op(&mut self, op: &ServerOp<'_>) -> Result<(), Stop> {
        let now = self.shared.now();
        let event = self.shared.lock().link.received(now, op);
        event.map_or(Ok(()), |event| self.on_event(event))
    }

    fn on_event(&mut self, event: Event<'_>) -> Result<(), Stop> {
        match event {
            Event::Ready { first } => {
                self.shared.attempts.send_replace(Default::default());
                self.subscriber.on_ready(first);
                self.shared.availability.send_replace(Availability::Ready);
            }
            Event::Answered(ticket) => {
                self.shared.lock().flushes.answered(ticket);
                if self.closing.is_some_and(|closing| closing.last <= ticket) {
                    return Err(End::Closed.into());
                }
            }
            Event::Refused { kind, text } => {
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
                self.subscriber.on_refused(kind, text);
            }
            Event::Secure => return Err(Stop::Secure),
            Event::Identify => self.must_identify = true,
            Event::Drop(reason) => return Err(End::from(reason).into()),
        }
        Ok(())
    }

    /// A broker that refuses us says why and closes, which may be seen first where we write.
    async fn last_words<R: AsyncRead + Unpin>(
        &mut self,
        reader: &mut R,
        inbound: &mut Inbound,
    ) -> Option<Stop> {
        let until = Instant::now() + LAST_WORDS;
        loop {
            let left = until.saturating_duration_since(Instant::now());
            let stop = match timeout(left, reader.read(inbound.space())).await {
                Ok(Ok(0)) | Err(_) => return None,
                Ok(Ok(count)) => self.on_read(inbound, count).err(),
                Ok(Err(error)) => match DialError::from(error) {
                    DialError::Io { .. } => return None,
                    told => Some(told.into()),
                },
            };
            if stop.is_some() {
                return stop;
            }
        }
    }
}

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use aegis_nats::client::{
    Event, Inbound, Incoming, Link, LinkOptions, PublishError, Sid, Step, Ticket,
};
use aegis_types::Instant;

use super::Io;
use crate::chance::Chance;
use crate::net::LinkId;

/// A connection as `aegis-bus` keeps it: the real client machine, sockets that come and go, and
/// who waits for a reply. Decides nothing.
pub(crate) struct Conn {
    name: &'static str,
    link: Link,
    socket: Option<(LinkId, Inbound)>,
    /// The subscription of all replies.
    replies: Option<Sid>,
    /// Until when a request waits, by the last token of its reply subject.
    waiting: BTreeMap<String, Instant>,
    flushes: VecDeque<Ticket>,
    chance: Chance,
    heard: Vec<Heard>,
}

/// What came of a connection.
#[derive(Debug)]
pub(crate) enum Heard {
    Ready,
    Lost,
    /// On a subscription of the owner's.
    Message {
        reply: Option<String>,
        payload: Vec<u8>,
    },
    /// A request ended.
    Ended(String, RequestEnd),
    /// The broker has read everything that was written before the first flush that waited.
    Flushed,
}

/// How a request ended.
#[derive(Clone, Debug)]
pub(crate) enum RequestEnd {
    Reply(Vec<u8>),
    NoResponders,
    ConnectionLost,
    TimedOut,
}

impl Conn {
    pub(crate) fn new(io: &Io<'_>, name: &'static str, chance: Chance) -> Conn {
        let options = LinkOptions {
            name: format!("{name} of {}", io.me),
            ping_interval: io.net.plan.client_ping_interval,
            ..LinkOptions::default()
        };
        let mut link = Link::new(options, 1);
        let replies = link.subscribe(&io.inbox(&format!("{name}.*")), None).ok();
        Conn {
            name,
            link,
            socket: None,
            replies,
            waiting: BTreeMap::new(),
            flushes: VecDeque::new(),
            chance,
            heard: Vec::new(),
        }
    }

    pub(crate) fn subscribe(&mut self, pattern: &str) -> Option<Sid> {
        self.link.subscribe(pattern, None).ok()
    }

    pub(crate) fn unsubscribe(&mut self, sid: Sid) {
        self.link.unsubscribe(sid);
    }

    pub(crate) fn is_ready(&self) -> bool {
        self.link.is_ready()
    }

    /// The socket it has, for those who watch.
    pub(crate) fn socket(&self) -> Option<LinkId> {
        self.socket.as_ref().map(|(id, _)| *id)
    }

    /// The next thing that was heard.
    pub(crate) fn take_heard(&mut self) -> Option<Heard> {
        (!self.heard.is_empty()).then(|| self.heard.remove(0))
    }

    pub(crate) fn next_deadline(&self) -> Option<Instant> {
        let link = self.link.next_deadline().map(Instant::from_origin);
        link.into_iter().chain(self.waiting.values().copied()).min()
    }

    /// Dials, keeps alive, gives up on replies, and writes what there is to write.
    pub(crate) fn upkeep(&mut self, io: &mut Io<'_>) {
        let now = io.clock();
        let over = self.waiting.iter().filter(|(_, until)| **until <= now);
        let over: Vec<String> = over.map(|(token, _)| token.clone()).collect();
        for token in over {
            self.waiting.remove(&token);
            self.heard.push(Heard::Ended(token, RequestEnd::TimedOut));
        }
        if self.link.timer(now.since_origin()).is_some() {
            self.drop_socket(io);
        }
        if let Step::Dial(_) = self.link.step(now.since_origin()) {
            let id = io.net.open(io.me, self.name);
            self.socket = Some((id, Inbound::new()));
            self.link.connected();
        }
        self.write(io);
    }

    fn write(&mut self, io: &mut Io<'_>) {
        let Some((id, _)) = &self.socket else { return };
        let mut bytes = Vec::new();
        self.link.take_output(&mut bytes);
        if !bytes.is_empty() {
            io.net.send(*id, &bytes);
            self.link.take_output(&mut Vec::new());
        }
    }

    pub(crate) fn on_bytes(&mut self, io: &mut Io<'_>, id: LinkId, bytes: &[u8]) {
        let now = io.clock().since_origin();
        let Some((mine, mut inbound)) = self.socket.take() else {
            return;
        };
        if mine != id {
            self.socket = Some((mine, inbound));
            return;
        }
        let mut rest = bytes;
        let mut must_drop = false;
        while !rest.is_empty() && !must_drop {
            let space = inbound.space();
            let (now_read, later) = rest.split_at(rest.len().min(space.len()));
            space
                .iter_mut()
                .zip(now_read)
                .for_each(|(to, from)| *to = *from);
            inbound.filled(now_read.len());
            rest = later;
            self.link.heard();
            must_drop = !self.take_all(now, &mut inbound);
        }
        self.socket = Some((mine, inbound));
        if must_drop {
            self.drop_socket(io);
        }
        self.write(io);
    }

    /// False if the socket must go.
    fn take_all(&mut self, now: Duration, inbound: &mut Inbound) -> bool {
        loop {
            match inbound.next() {
                Err(_) => return false,
                Ok(None) => return true,
                Ok(Some(Incoming::Message(message))) => {
                    if !self.link.accepts(message.sid) {
                        continue;
                    }
                    if Some(message.sid) != self.replies {
                        self.heard.push(Heard::Message {
                            reply: message.reply.map(str::to_owned),
                            payload: message.payload.to_vec(),
                        });
                        continue;
                    }
                    let token = message.subject.rsplit('.').next().unwrap_or_default();
                    if self.waiting.remove(token).is_some() {
                        let end = match message.is_no_responders() {
                            true => RequestEnd::NoResponders,
                            false => RequestEnd::Reply(message.payload.to_vec()),
                        };
                        self.heard.push(Heard::Ended(token.to_owned(), end));
                    }
                }
                Ok(Some(Incoming::Op(op))) => match self.link.received(now, &op) {
                    None | Some(Event::Refused { .. }) => {}
                    Some(Event::Ready { .. }) => self.heard.push(Heard::Ready),
                    Some(Event::Answered(ticket)) => {
                        while self.flushes.front().is_some_and(|first| *first <= ticket) {
                            self.flushes.pop_front();
                            self.heard.push(Heard::Flushed);
                        }
                    }
                    // Nobody here asks for TLS or a login; whoever did could not be served.
                    Some(Event::Drop(_) | Event::Secure | Event::Identify) => return false,
                },
            }
        }
    }

    /// Closes the socket: the machine dials again by itself.
    pub(crate) fn drop_socket(&mut self, io: &mut Io<'_>) {
        if let Some((id, _)) = self.socket.take() {
            io.net.close(id);
        }
        self.socket_closed(io);
    }

    /// The other side closed, or there was nobody.
    pub(crate) fn on_lost(&mut self, io: &mut Io<'_>, id: LinkId) {
        if self.socket().is_some_and(|mine| mine == id) {
            self.socket = None;
            self.socket_closed(io);
        }
    }

    fn socket_closed(&mut self, io: &Io<'_>) {
        let now = io.clock().since_origin();
        let end = self.link.socket_closed(now, self.chance.next());
        for (token, _) in std::mem::take(&mut self.waiting) {
            let end = RequestEnd::ConnectionLost;
            self.heard.push(Heard::Ended(token, end));
        }
        self.flushes.clear();
        if end.is_some_and(|end| end.was_ready) {
            self.heard.push(Heard::Lost);
        }
    }

    /// Sends what cannot be understood: a fault of this process.
    pub(crate) fn write_garbage(&mut self, io: &mut Io<'_>) {
        if let Some((id, _)) = &self.socket {
            io.net.send(*id, super::GARBAGE);
        }
    }

    pub(crate) fn publish(
        &mut self,
        io: &mut Io<'_>,
        subject: &str,
        body: &[u8],
    ) -> Result<(), PublishError> {
        self.link.publish(subject, None, None, body)?;
        self.write(io);
        Ok(())
    }

    pub(crate) fn request(
        &mut self,
        io: &mut Io<'_>,
        subject: &str,
        token: &str,
        body: &[u8],
        wait: Duration,
    ) -> Result<(), PublishError> {
        let reply = io.inbox(&format!("{}.{token}", self.name));
        self.link.publish(subject, Some(&reply), None, body)?;
        self.waiting.insert(token.to_owned(), io.clock() + wait);
        self.write(io);
        Ok(())
    }

    /// [`Heard::Flushed`] follows, unless the connection is lost. False if it is.
    pub(crate) fn flush(&mut self, io: &mut Io<'_>) -> bool {
        let ticket = self.link.ping();
        self.flushes.extend(ticket);
        self.write(io);
        ticket.is_some()
    }
}

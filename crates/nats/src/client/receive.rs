//! What the broker says, and the handshake.
//!
//! The broker greets with INFO. We answer with CONNECT, every subscription, and a PING, in one
//! write. Its PONG means that the broker has taken them all, so that whoever hears *ready* and
//! announces itself can already be reached.

use std::time::Duration;

use super::link::{Link, Phase};
use super::{DropReason, Event, ServerError};
use crate::codec::{ConnectInfo, DEFAULT_MAX_PAYLOAD, ServerInfo, ServerOp, encode};

/// The name under which brokers know the software of this client.
const LANG: &str = "rust";

impl Link {
    /// Takes one operation. Messages are for the host: ask [`accepts`](Self::accepts) instead.
    pub fn received<'a>(&mut self, now: Duration, op: &ServerOp<'a>) -> Option<Event<'a>> {
        match *op {
            ServerOp::Info(json) => self.informed(json).err().map(Event::Drop),
            ServerOp::Ping => self.pinged(),
            ServerOp::Pong => self.ponged(now),
            ServerOp::Err(text) => Some(complained(text)),
            ServerOp::Ok | ServerOp::Message { .. } => None,
        }
    }

    fn informed(&mut self, json: &[u8]) -> Result<(), DropReason> {
        let info: ServerInfo = serde_json::from_slice(json).map_err(|_| DropReason::InvalidInfo)?;
        let max_payload = match info.max_payload {
            0 => DEFAULT_MAX_PAYLOAD,
            announced => announced,
        };
        match self.phase {
            Phase::Greeting { deadline } => {
                check(&info)?;
                self.max_payload = max_payload;
                self.phase = Phase::Joining { deadline };
                self.join();
            }
            // Brokers repeat INFO when something about them changes.
            Phase::Joining { .. } | Phase::Ready => self.max_payload = max_payload,
            Phase::Waiting { .. } | Phase::Dialing { .. } | Phase::Closed => {}
        }
        Ok(())
    }

    fn join(&mut self) {
        let connect = ConnectInfo {
            verbose: false,
            pedantic: false,
            echo: self.options.echo,
            headers: true,
            no_responders: true,
            protocol: 1,
            name: Some(self.options.name.clone()),
            lang: Some(LANG.to_owned()),
            version: Some(env!("CARGO_PKG_VERSION").to_owned()),
        };
        // A struct of text and flags always has a JSON form.
        let json = serde_json::to_vec(&connect).unwrap_or_default();
        encode::connect(&mut self.output, &json);
        for (sid, subscription) in self.subscriptions.iter() {
            let queue_group = subscription.queue_group.as_deref();
            encode::subscribe(
                &mut self.output,
                &subscription.pattern,
                queue_group,
                &sid.to_string(),
            );
        }
        encode::ping(&mut self.output);
        self.keepalive.pinged();
    }

    fn pinged(&mut self) -> Option<Event<'static>> {
        // Ours are refused long before; only a broker that sends PINGs and reads nothing gets here.
        if self.is_full(0) {
            return Some(Event::Drop(DropReason::NotReading));
        }
        encode::pong(&mut self.output);
        None
    }

    fn ponged(&mut self, now: Duration) -> Option<Event<'static>> {
        let ticket = self.keepalive.ponged()?;
        match self.phase {
            Phase::Joining { .. } => {
                let first = !self.ever_ready;
                self.ready(now);
                Some(Event::Ready { first })
            }
            Phase::Ready => Some(Event::Answered(ticket)),
            _ => None,
        }
    }
}

fn check(info: &ServerInfo) -> Result<(), DropReason> {
    if info.auth_required {
        return Err(DropReason::AuthenticationRequired);
    }
    if info.tls_required {
        return Err(DropReason::TlsRequired);
    }
    if !info.headers {
        return Err(DropReason::HeadersUnsupported);
    }
    Ok(())
}

fn complained(text: &str) -> Event<'_> {
    let kind = ServerError::parse(text);
    if kind.keeps_connection() {
        Event::Refused { kind, text }
    } else {
        Event::Drop(DropReason::ServerError(kind))
    }
}

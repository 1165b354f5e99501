//! What the broker says, and the handshake.
//!
//! The broker greets with INFO. If TLS is wanted, the host then does its handshake; if there is
//! something to say about who we are, the host is asked for it. We answer with CONNECT, every subscription, and a PING, in one
//! write. Its PONG means that the broker has taken them all, so that whoever hears *ready* and
//! announces itself can already be reached.

use std::time::Duration;

use serde::Serialize;

use super::link::{Link, Phase};
use super::{DropReason, Event, Login, ServerError, TlsUse};
use crate::codec::{ConnectInfo, DEFAULT_MAX_PAYLOAD, ServerInfo, ServerOp, encode};

/// The name under which brokers know the software of this client.
const LANG: &str = "rust";

/// The JSON of our CONNECT.
#[derive(Serialize)]
struct Connect<'a> {
    #[serde(flatten)]
    client: ConnectInfo,
    #[serde(skip_serializing_if = "is_false")]
    tls_required: bool,
    #[serde(flatten)]
    login: &'a Login,
}

impl Link {
    /// Takes one operation. Messages are for the host: ask [`accepts`](Self::accepts) instead.
    pub fn received<'a>(&mut self, now: Duration, op: &ServerOp<'a>) -> Option<Event<'a>> {
        match *op {
            ServerOp::Info(json) => self.informed(now, json).unwrap_or_else(dropped),
            ServerOp::Ping => self.pinged(),
            ServerOp::Pong => self.ponged(now),
            ServerOp::Err(text) => Some(complained(text)),
            ServerOp::Ok | ServerOp::Message { .. } => None,
        }
    }

    /// The TLS handshake is done. What follows from it may be a question to the host.
    pub fn secured(&mut self) -> Option<Event<'static>> {
        let Phase::Securing { deadline } = self.phase else {
            return None;
        };
        self.is_secure = true;
        if self.info.is_some() {
            self.greeted(deadline)
        } else {
            self.phase = Phase::Greeting { deadline };
            None
        }
    }

    /// Who we are, after [`Event::Identify`].
    pub fn identify(&mut self, login: &Login) {
        if let Phase::Identifying { deadline } = self.phase {
            self.phase = Phase::Joining { deadline };
            self.join(login);
        }
    }

    fn informed<'a>(
        &mut self,
        now: Duration,
        json: &[u8],
    ) -> Result<Option<Event<'a>>, DropReason> {
        let info: ServerInfo = serde_json::from_slice(json).map_err(|_| DropReason::InvalidInfo)?;
        let max_payload = match info.max_payload {
            0 => DEFAULT_MAX_PAYLOAD,
            announced => announced,
        };
        match self.phase {
            Phase::Greeting { deadline } => {
                let secures = self.secures(&info)?;
                self.check(&info)?;
                self.max_payload = max_payload;
                self.know(info);
                if secures {
                    self.phase = Phase::Securing { deadline };
                    return Ok(Some(Event::Secure));
                }
                return Ok(self.greeted(deadline));
            }
            // Brokers repeat INFO when something about them changes.
            Phase::Joining { .. } | Phase::Ready => {
                self.max_payload = max_payload;
                let is_leaving = info.ldm;
                self.know(info);
                if is_leaving {
                    self.told_to_go(now);
                }
            }
            Phase::Waiting { .. }
            | Phase::Dialing { .. }
            | Phase::Securing { .. }
            | Phase::Identifying { .. }
            | Phase::Leaving { .. }
            | Phase::Closed => {}
        }
        Ok(None)
    }

    fn know(&mut self, mut info: ServerInfo) {
        if self.options.learns_servers {
            self.servers.learn(&info.connect_urls);
        }
        // What is said once per socket is not said again.
        if let Some(before) = self.info.take() {
            if info.client_id == 0 {
                info.client_id = before.client_id;
            }
            info.nonce = before.nonce;
        }
        self.info = Some(Box::new(info));
    }

    /// Whether TLS has to begin now.
    fn secures(&self, info: &ServerInfo) -> Result<bool, DropReason> {
        if self.is_secure {
            return Ok(false);
        }
        let offered = info.tls_required || info.tls_available;
        match self.options.tls {
            TlsUse::Never if info.tls_required => Err(DropReason::TlsRequired),
            TlsUse::Never => Ok(false),
            TlsUse::IfRequired => Ok(info.tls_required),
            TlsUse::Always | TlsUse::First if !offered => Err(DropReason::TlsUnavailable),
            TlsUse::Always | TlsUse::First => Ok(true),
        }
    }

    fn check(&self, info: &ServerInfo) -> Result<(), DropReason> {
        if info.auth_required && !self.options.has_login {
            return Err(DropReason::AuthenticationRequired);
        }
        if !info.headers {
            return Err(DropReason::HeadersUnsupported);
        }
        Ok(())
    }

    /// The broker has greeted and the socket is as it has to be.
    fn greeted(&mut self, deadline: Duration) -> Option<Event<'static>> {
        if self.options.has_login {
            self.phase = Phase::Identifying { deadline };
            return Some(Event::Identify);
        }
        self.phase = Phase::Joining { deadline };
        self.join(&Login::default());
        None
    }

    fn join(&mut self, login: &Login) {
        let client = ConnectInfo {
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
        let connect = Connect {
            client,
            tls_required: self.is_secure,
            login,
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
            Phase::Ready => {
                self.leave_answered(ticket);
                Some(Event::Answered(ticket))
            }
            Phase::Leaving { .. } if self.has_left(ticket) => {
                Some(Event::Drop(DropReason::Leaving))
            }
            Phase::Leaving { .. } => Some(Event::Answered(ticket)),
            _ => None,
        }
    }
}

fn is_false(flag: &bool) -> bool {
    !flag
}

fn dropped(reason: DropReason) -> Option<Event<'static>> {
    Some(Event::Drop(reason))
}

fn complained(text: &str) -> Event<'_> {
    let kind = ServerError::parse(text);
    if kind.keeps_connection() {
        Event::Refused { kind, text }
    } else {
        Event::Drop(DropReason::ServerError(kind))
    }
}

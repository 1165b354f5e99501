//! Services as NATS micro services (ADR-32), so that `nats service ls`, `info` and `stats` show them.
//!
//! An instance listens on `$SRV.<VERB>`, `$SRV.<VERB>.<service>` and `$SRV.<VERB>.<service>.<instance>`
//! and answers in JSON. Only what there is to see is theirs: calls go over our own subjects. A server
//! that denies these subscriptions says so, the connection logs it, and nothing else changes.

mod card;
mod stats;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use aegis_bus::{Connection, Sid, WeakConnection};
use aegis_wire::Subjects;
use tracing::debug;

pub(crate) use card::Card;
pub(crate) use stats::MethodStats;

use super::Served;

/// Most subscriptions of one client that are for questions alone: under half of what a broker gives
/// one connection (1,000 in ours), since inboxes need theirs. Services beyond are not shown.
const MAX_SUBSCRIPTIONS: usize = 450;

/// What is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verb {
    /// Who is there?
    Ping,
    /// What does it offer?
    Info,
    /// How does it go?
    Stats,
}

impl Verb {
    const ALL: [Verb; 3] = [Verb::Ping, Verb::Info, Verb::Stats];

    const fn word(self) -> &'static str {
        match self {
            Verb::Ping => "PING",
            Verb::Info => "INFO",
            Verb::Stats => "STATS",
        }
    }
}

/// Answers for one served service.
pub(crate) struct Discovery {
    card: Card,
    served: Arc<Served>,
}

impl Discovery {
    pub(crate) fn new(card: Card, served: Arc<Served>) -> Discovery {
        Discovery { card, served }
    }

    /// The subscriptions and what is asked on each; none if that were too many beside those that
    /// `exist`. What the connection does not take is left out: the service does not depend on it.
    pub(crate) fn subscribe(&self, connection: &Connection, exist: usize) -> Vec<(Sid, Verb)> {
        if exist >= MAX_SUBSCRIPTIONS {
            return Vec::new();
        }
        let (name, id) = (self.card.name(), self.card.id());
        let mut sids = Vec::new();
        for verb in Verb::ALL {
            let word = verb.word();
            for subject in [
                format!("$SRV.{word}"),
                format!("$SRV.{word}.{name}"),
                format!("$SRV.{word}.{name}.{id}"),
            ] {
                match connection.subscribe(&subject, None) {
                    Ok(sid) => sids.push((sid, verb)),
                    Err(error) => {
                        debug!(%error, subject, event = "not_discoverable", "cannot subscribe");
                    }
                }
            }
        }
        sids
    }

    /// Somebody asked. Called on the work connection's task.
    pub(crate) fn on_request(&self, verb: Verb, reply_to: Option<&str>) {
        let connection = WeakConnection::upgrade(&self.served.connection);
        let reply_to = reply_to.filter(|reply| may_answer(&self.served.subjects, reply));
        let (Some(connection), Some(reply_to)) = (connection, reply_to) else {
            return;
        };
        let body = match verb {
            Verb::Ping => self.card.ping(),
            Verb::Info => self.card.info(),
            Verb::Stats => self.card.stats(|method| {
                let method = self.served.methods.get(method)?;
                Some(method.stats.snapshot())
            }),
        };
        if let Err(error) = connection.publish(reply_to, None, None, &body) {
            let (service, instance) = (self.card.name(), self.card.id());
            debug!(%error, service, instance, event = "reply_not_sent", "a question about the service could not be answered");
        }
    }
}

/// Whoever asks may not make this instance write to where it has more rights than the asker: not to
/// our own subjects, and not to those of the server.
fn may_answer(subjects: &Subjects, reply: &str) -> bool {
    let ours = reply.strip_prefix(subjects.prefix());
    !reply.starts_with('$') && !ours.is_some_and(|rest| rest.starts_with('.'))
}

//! The connection of the system account: it asks where instances live and hears whose connection ended.

use aegis_bus::{Connection, Delivery, Sid, Subscriber, WeakConnection};
use aegis_types::Instant;

use super::host::{Host, SharedHost};
use super::system_account::{
    connections, disconnects, read_connections, read_disconnect, who_subscribes,
};
use super::witness::Witness;
use crate::observe;

/// What a host knows of connections. Without a system account it has none of this.
#[derive(Debug)]
pub(super) struct Evidence {
    witness: Witness,
    connection: WeakConnection,
    /// The account that services and callers are in.
    account: String,
    /// Where answers come; nobody can guess it.
    inbox: String,
    answers: Option<Sid>,
    disconnects: Option<Sid>,
}

impl Evidence {
    pub(super) fn new(connection: WeakConnection, account: String, inbox: String) -> Evidence {
        Evidence {
            witness: Witness::default(),
            connection,
            account,
            inbox,
            answers: None,
            disconnects: None,
        }
    }

    fn subscribe(&mut self, connection: &Connection) {
        if self.answers.is_none() {
            self.answers = connection.subscribe(&self.inbox, None).ok();
        }
        if self.disconnects.is_none() {
            let subject = disconnects(&self.account);
            self.disconnects = connection.subscribe(&subject, None).ok();
        }
    }

    pub(super) fn next_deadline(&self) -> Option<Instant> {
        self.witness.next_deadline()
    }
}

impl Host {
    /// Asks for the places of those that are new or may have moved.
    pub(super) fn look_around(&mut self, now: Instant) {
        let Some(evidence) = &mut self.evidence else {
            return;
        };
        for (instance, inbox) in self.driver.take_located() {
            evidence.witness.seek(instance, &inbox);
        }
        for instance in self.driver.take_removed() {
            evidence.witness.forget(instance);
        }
        evidence.witness.on_timer(now);
        let Some(connection) = evidence.connection.upgrade() else {
            return;
        };
        if !connection.is_connected() {
            return;
        }
        let subject = connections(&evidence.account);
        while let Some(inbox) = evidence.witness.take_question(now) {
            let question = who_subscribes(&inbox);
            // Unsent, it is asked again in its time.
            let _ = connection.publish(&subject, Some(&evidence.inbox), None, &question);
        }
    }

    fn on_system_message(&mut self, message: &Delivery<'_>) {
        let now = Instant::from_origin(aegis_broker::now());
        let Some(evidence) = &mut self.evidence else {
            return;
        };
        if Some(message.sid) == evidence.answers {
            for found in read_connections(message.payload).unwrap_or_default() {
                let subscriptions = found.subscriptions.iter().map(String::as_str);
                evidence.witness.on_found(&found.place, subscriptions);
            }
        } else if let Some(place) = read_disconnect(message.payload) {
            for instance in evidence.witness.on_disconnected(&place) {
                self.driver.on_disconnected(now, instance);
            }
        }
        self.end_turn();
    }

    fn on_system_ready(&mut self, connection: &Connection) {
        if let Some(evidence) = &mut self.evidence {
            evidence.subscribe(connection);
            observe::witnesses(&evidence.account);
            self.set_witnessing(true);
        }
        self.end_turn();
    }

    fn on_system_lost(&mut self) {
        self.set_witnessing(false);
        if let Some(evidence) = &mut self.evidence {
            let known = evidence.witness.known();
            evidence.witness.on_lost();
            observe::witnesses_no_more(known);
        }
        self.end_turn();
    }
}

/// What the connection of the system account tells the host.
pub(super) struct SystemEar {
    pub(super) host: SharedHost,
    pub(super) connection: WeakConnection,
}

impl Subscriber for SystemEar {
    fn on_message(&mut self, message: Delivery<'_>) {
        self.host.lock().on_system_message(&message);
    }

    fn on_ready(&mut self, _first: bool) {
        if let Some(connection) = self.connection.upgrade() {
            self.host.lock().on_system_ready(&connection);
        }
    }

    fn on_lost(&mut self) {
        self.host.lock().on_system_lost();
    }

    fn on_waiting(&mut self, server: &str, error: &str) {
        observe::no_system_account(server, error);
    }
}

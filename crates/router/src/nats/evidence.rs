//! The connection of the system account: it asks where instances live and hears whose connection ended.
//!
//! Anybody may subscribe to the subjects of the system account, and only for its own users anything
//! comes. So disconnect events count as heard only once an answer has named this router's own
//! connection, after the subscription to them was taken.

use std::time::Duration;

use aegis_bus::{Connection, Delivery, ServerError, Sid, Subscriber, WeakConnection};
use aegis_types::Instant;

use super::host::{Host, News, SharedHost};
use super::system_account::{
    connections, disconnects, read_connections, read_disconnect, who_is, who_subscribes,
};
use super::unseat::Unseating;
use super::witness::{Place, Witness};
use crate::observe;

/// How often the router's own connection is asked for until an answer names it.
const ASK_OWN_EVERY: Duration = Duration::from_secs(1);

/// Questions for it in vain before that is told.
const TOLD_AFTER: u32 = 3;

/// Last tokens of the subjects on which answers come.
const PLACES: &str = "places";
const OWN: &str = "own";
pub(super) const UNSEAT: &str = "unseat";
pub(super) const KICKED: &str = "kicked";

/// What a host knows of connections. Without a system account it has none of this.
#[derive(Debug)]
pub(super) struct Evidence {
    pub(super) witness: Witness,
    connection: WeakConnection,
    /// The account that services and callers are in, once it is known.
    account: Option<String>,
    /// Where answers come; nobody can guess it.
    inbox: String,
    answers: Option<Sid>,
    disconnects: Option<Sid>,
    proof: Proof,
    pub(super) unseating: Option<Unseating>,
}

/// Whether it is a user of the system account that hears of this account.
#[derive(Debug, Default)]
struct Proof {
    /// When the router's own connection is asked for next.
    ask_at: Option<Instant>,
    asked: u32,
    refused: bool,
    is_told: bool,
}

impl Evidence {
    pub(super) fn new(connection: WeakConnection, inbox: String) -> Evidence {
        Evidence {
            witness: Witness::default(),
            connection,
            account: None,
            inbox,
            answers: None,
            disconnects: None,
            proof: Proof::default(),
            unseating: None,
        }
    }

    fn reply(&self, last: &str) -> String {
        format!("{}.{last}", self.inbox)
    }

    /// Listens, and begins to prove itself.
    fn begin(&mut self, now: Instant, connection: &Connection) -> Result<(), String> {
        let Some(account) = &self.account else {
            return Ok(());
        };
        self.proof.ask_at = Some(now);
        (self.proof.asked, self.proof.refused) = (0, false);
        for (subject, sid) in [
            (format!("{}.*", self.inbox), &mut self.answers),
            (disconnects(account), &mut self.disconnects),
        ] {
            if sid.is_none() {
                let subscribed = connection.subscribe(&subject, None);
                *sid = Some(subscribed.map_err(|error| format!("{subject}: {error}"))?);
            }
        }
        Ok(())
    }

    /// Asks all servers of the account; `None`: there is nobody to ask now.
    pub(super) fn ask(&self, question: &[u8], answer: &str) -> Option<()> {
        let subject = connections(self.account.as_deref()?);
        let reply = self.reply(answer);
        // Unsent, it is asked again in its time.
        self.connection
            .upgrade()?
            .publish(&subject, Some(&reply), None, question)
            .ok()
    }

    /// A question to one server.
    pub(super) fn tell(&self, subject: &str, body: &[u8], answer: &str) -> Option<()> {
        let reply = self.reply(answer);
        self.connection
            .upgrade()?
            .publish(subject, Some(&reply), None, body)
            .ok()
    }

    /// Where it is connected, for log lines.
    fn server(&self) -> String {
        let connection = self.connection.upgrade();
        let info = connection.and_then(|connection| connection.server_info());
        info.map_or_else(String::new, |info| info.server_name)
    }

    fn is_about(&self, refusal: &str) -> bool {
        let account = self.account.as_deref().unwrap_or_default();
        [
            disconnects(account),
            connections(account),
            self.inbox.clone(),
        ]
        .iter()
        .any(|subject| refusal.contains(subject.as_str()))
    }

    pub(super) fn next_deadline(&self) -> Option<Instant> {
        let asks = self.proof.ask_at;
        self.witness.next_deadline().into_iter().chain(asks).min()
    }
}

impl Host {
    /// The account that this router's own connection is in, as its server says, or as is guessed until
    /// it does.
    pub(super) fn set_account(&mut self, account: &str) {
        let now = Instant::from_origin(aegis_broker::now());
        let Some(evidence) = &mut self.evidence else {
            return;
        };
        if evidence.account.as_deref() == Some(account) {
            return;
        }
        evidence.account = Some(account.to_owned());
        let connection = evidence.connection.upgrade();
        if let (Some(connection), Some(sid)) = (&connection, evidence.disconnects.take()) {
            connection.unsubscribe(sid);
        }
        if let Some(connection) = connection.filter(Connection::is_connected) {
            self.begin_to_witness(now, &connection);
        }
        self.end_turn();
    }

    fn begin_to_witness(&mut self, now: Instant, connection: &Connection) {
        self.set_witnessing(false);
        if let Some(evidence) = &mut self.evidence
            && let Err(error) = evidence.begin(now, connection)
        {
            observe::no_system_account(&evidence.server(), &error);
        }
    }

    /// Asks for the places of those that are new or may have moved.
    pub(super) fn look_around(&mut self, now: Instant) {
        self.prove_if_due(now);
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
        if !self.status.is_witnessing() {
            return;
        }
        while let Some(inbox) = evidence.witness.take_question(now) {
            let _ = evidence.ask(&who_subscribes(&inbox), PLACES);
        }
    }

    fn own_place(&self) -> Option<Place> {
        let info = self.connection.upgrade()?.server_info()?;
        Some(Place {
            server: info.server_id.into(),
            connection: info.client_id,
        })
    }

    fn prove_if_due(&mut self, now: Instant) {
        let evidence = self.evidence.as_ref();
        let ask_at = evidence.and_then(|evidence| evidence.proof.ask_at);
        if ask_at.is_none_or(|due| due > now) {
            return;
        }
        let own = self.own_place();
        let Some(evidence) = &mut self.evidence else {
            return;
        };
        evidence.proof.ask_at = Some(now + ASK_OWN_EVERY);
        let Some(own) = own else {
            return;
        };
        if evidence.proof.asked >= TOLD_AFTER
            && !std::mem::replace(&mut evidence.proof.is_told, true)
        {
            let account = evidence.account.as_deref().unwrap_or_default();
            let error = format!(
                "no answer names the router's own connection in account `{account}`: this login is not one of the system account"
            );
            observe::no_system_account(&evidence.server(), &error);
        }
        if evidence.ask(&who_is(&own), OWN).is_some() {
            evidence.proof.asked += 1;
        }
    }

    fn on_system_message(&mut self, message: &Delivery<'_>) {
        let now = Instant::from_origin(aegis_broker::now());
        let Some(evidence) = &mut self.evidence else {
            return;
        };
        if Some(message.sid) == evidence.answers {
            let answer = message.subject.strip_prefix(&evidence.inbox);
            match answer.and_then(|rest| rest.strip_prefix('.')) {
                Some(PLACES) => evidence.on_places(message.payload),
                Some(OWN) => self.on_own_place(message.payload),
                Some(UNSEAT) => self.on_silent_found(message.payload),
                Some(KICKED) => self.on_kicked(),
                _ => {}
            }
        } else if let Some(place) = read_disconnect(message.payload) {
            for instance in evidence.witness.on_disconnected(&place) {
                self.driver.on_disconnected(now, instance);
            }
        }
        self.end_turn();
    }

    fn on_own_place(&mut self, answer: &[u8]) {
        let own = self.own_place();
        let found = read_connections(answer).unwrap_or_default();
        let is_named = found.iter().any(|found| Some(&found.place) == own.as_ref());
        let Some(evidence) = &mut self.evidence else {
            return;
        };
        let proof = &mut evidence.proof;
        if !is_named || proof.refused || proof.ask_at.is_none() {
            return;
        }
        (proof.ask_at, proof.is_told) = (None, false);
        observe::witnesses(evidence.account.as_deref().unwrap_or_default());
        self.set_witnessing(true);
    }

    fn on_system_ready(&mut self, connection: &Connection) {
        let now = Instant::from_origin(aegis_broker::now());
        self.begin_to_witness(now, connection);
        self.end_turn();
    }

    fn on_system_refused(&mut self, text: &str) {
        let Some(evidence) = &mut self.evidence else {
            return;
        };
        if !evidence.is_about(text) {
            return;
        }
        (evidence.proof.refused, evidence.proof.ask_at) = (true, None);
        if !std::mem::replace(&mut evidence.proof.is_told, true) {
            observe::no_system_account(&evidence.server(), text);
        }
        self.set_witnessing(false);
    }

    fn on_system_lost(&mut self) {
        let was_witnessing = self.status.is_witnessing();
        self.set_witnessing(false);
        if let Some(evidence) = &mut self.evidence {
            let known = evidence.witness.known();
            evidence.witness.on_lost();
            evidence.proof = Proof::default();
            if was_witnessing {
                observe::witnesses_no_more(known);
            }
        }
        self.end_turn();
    }
}

impl Evidence {
    fn on_places(&mut self, answer: &[u8]) {
        for found in read_connections(answer).unwrap_or_default() {
            let subscriptions = found.subscriptions.iter().map(String::as_str);
            self.witness.on_found(&found.place, subscriptions);
        }
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

    fn on_refused(&mut self, _kind: ServerError, text: &str) {
        self.host.lock().on_system_refused(text);
    }

    fn on_lost(&mut self) {
        self.host.lock().on_system_lost();
    }

    fn on_waiting(&mut self, server: &str, error: &str) {
        observe::no_system_account(server, error);
    }
}

impl Drop for SystemEar {
    /// It is closed after the life it belongs to, unless something in it broke.
    fn drop(&mut self) {
        let _ = self.host.lock().news.send(News::Broken);
    }
}

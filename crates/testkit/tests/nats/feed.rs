//! What the router tells of instances, as somebody who watches hears it.

use std::sync::{Arc, Mutex, PoisonError};

use aegis_bus::{ConnectOptions, Connection, Delivery, ServerAddress, Subscriber};
use aegis_wire::event::InstanceEvent;

const EVENTS: &str = "ipc.event.instance.>";

/// A connection of its own that listens.
pub(crate) struct Feed {
    pub(crate) connection: Connection,
    told: Told,
}

/// What was told: `NAME: HEALTH REASON`.
#[derive(Clone, Default)]
struct Told(Arc<Mutex<Vec<String>>>);

impl Subscriber for Told {
    fn on_message(&mut self, message: Delivery<'_>) {
        let event = InstanceEvent::decode(message.payload).expect("an event");
        let told = format!("{}: {} {}", event.instance, event.to, event.reason);
        self.lock().push(told);
    }
}

impl Told {
    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Feed {
    /// Listens before it returns.
    pub(crate) async fn open(servers: &str) -> Feed {
        let told = Told::default();
        let servers = ServerAddress::parse_list(servers).expect("an address");
        let connection = Connection::open(ConnectOptions::new(servers), told.clone());
        connection.subscribe(EVENTS, None).expect("a pattern");
        connection.ready().await;
        Feed { connection, told }
    }

    pub(crate) fn told(&self) -> Vec<String> {
        self.told.lock().clone()
    }

    /// # Panics
    ///
    /// If a lease ended, or nothing at all was heard.
    pub(crate) fn assert_nobody_expired(&self) {
        let told = self.told();
        assert!(
            told.iter().any(|told| told.contains("healthy")),
            "the feed heard nothing at all"
        );
        let expired = told.iter().filter(|told| told.contains("lease_expired"));
        assert_eq!(expired.count(), 0, "{told:#?}");
    }
}

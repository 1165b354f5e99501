//! What the connection tells the host.

use aegis_bus::{Delivery, ServerError, Subscriber, WeakConnection};

use super::host::{News, SharedHost};

/// Hears for the host.
pub(super) struct Ear {
    pub(super) host: SharedHost,
    pub(super) connection: WeakConnection,
}

impl Subscriber for Ear {
    fn on_message(&mut self, message: Delivery<'_>) {
        self.host.lock().on_message(&message);
    }

    fn on_ready(&mut self, _first: bool) {
        if let Some(connection) = self.connection.upgrade() {
            self.host.lock().on_ready(&connection);
        }
    }

    fn on_leaving(&mut self) {
        if let Some(connection) = self.connection.upgrade() {
            self.host.lock().on_leaving(&connection);
        }
    }

    fn on_lost(&mut self) {
        self.host.lock().on_lost();
    }

    fn on_refused(&mut self, kind: ServerError, text: &str) {
        if kind == ServerError::PermissionsViolation {
            self.host.lock().on_refused(text);
        }
    }

    fn on_waiting(&mut self, server: &str, error: &str) {
        self.host.lock().on_waiting(server, error);
    }
}

impl Drop for Ear {
    fn drop(&mut self) {
        let news = if std::thread::panicking() {
            News::Broken
        } else {
            News::Gone
        };
        let _ = self.host.lock().news.send(news);
    }
}

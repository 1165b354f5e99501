//! Texts that must never be seen, and the search for them.

use std::sync::{Arc, Mutex};

use aegis_bus::{Delivery, Subscriber};
use serde_json::Value;

/// Marked so that each is found wherever it is printed, and never by chance.
pub(crate) const PARAMS: &str = "canary-of-params-4f1c";
pub(crate) const RESULT: &str = "canary-of-a-result-91d0";
pub(crate) const ERROR: &str = "canary-of-an-error-77ab";
pub(crate) const METADATA: &str = "canary-of-metadata-c2e8";
pub(crate) const JUNK: &str = "canary-of-junk-0b6d";
pub(crate) const PASSWORD: &str = "canary-of-a-password-e35a";
pub(crate) const JWT: &str = "eyJjYW5hcnkiOiJqd3QifQ.canary-of-a-jwt-58f2";

/// Refuses every place that holds one of the secrets, and says which and where.
pub(crate) fn search(secrets: &[String], places: &[(&str, &str)]) -> Vec<String> {
    let mut found = Vec::new();
    for (place, text) in places {
        for line in text.lines() {
            let secret = secrets.iter().find(|secret| line.contains(*secret));
            found.extend(secret.map(|secret| format!("{place}: {secret:?} in: {line}")));
        }
    }
    found
}

/// Hears everything that travels, and keeps the lease tokens.
#[derive(Clone, Default)]
pub(crate) struct Tap(Arc<Mutex<Vec<u64>>>);

impl Subscriber for Tap {
    fn on_message(&mut self, message: Delivery<'_>) {
        let map = rmp_serde::from_slice::<Value>(message.payload);
        let token = map.ok().and_then(|map| map["lease_token"].as_u64());
        self.0.lock().unwrap().extend(token);
    }
}

impl Tap {
    /// Every way in which one might be printed.
    pub(crate) fn tokens(&self) -> Vec<String> {
        let tokens = self.0.lock().unwrap();
        let texts = tokens.iter().flat_map(|token| {
            [
                format!("{token}"),
                format!("{token:x}"),
                format!("{token:X}"),
            ]
        });
        texts.collect()
    }
}

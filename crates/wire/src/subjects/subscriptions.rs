use super::Subjects;

/// The queue group of everything that one router of many should answer.
pub const REQUEST_QUEUE: &str = "aegis-router";

/// What one router of many should answer, under the prefix: the subjects of instances, callers and
/// operators, plain and refined.
pub const SHARED_REQUESTS: &[&str] = &[
    "service.register",
    "service.register.*.*",
    "service.unregister",
    "service.unregister.*.*",
    "route.request",
    "route.request.*.*",
    "resource.register",
    "resource.register.*.*",
    "resource.release",
    "resource.release.*.*",
    "resource.bulk_register",
    "resource.bulk_register.*.*",
    "resource.bulk_release",
    "resource.bulk_release.*.*",
    "resource.transfer",
    "resource.transfer.*.*",
    "resource.query",
    "resource.query.*.*",
    "role.renew.*.*",
    "role.release.*.*",
    "outcome.*",
    "message.status",
    "ack.response",
    "admin.*.*",
];

/// What every router hears.
pub const HEARD_BY_ALL: &[&str] = &["service.heartbeat", "service.heartbeat.*.*"];

impl Subjects {
    /// What a router listens on, each with its queue group: requests are shared among routers,
    /// heartbeats reach all of them, and responses come to the router `router` alone, through one
    /// wildcard for all attempts.
    pub fn subscriptions(&self, router: &str) -> Vec<(String, Option<String>)> {
        let mut patterns: Vec<_> = SHARED_REQUESTS
            .iter()
            .map(|pattern| (self.of(&[pattern]), Some(REQUEST_QUEUE.to_owned())))
            .collect();
        patterns.extend(
            HEARD_BY_ALL
                .iter()
                .map(|pattern| (self.of(&[pattern]), None)),
        );
        patterns.push((self.responses(router), None));
        patterns
    }

    /// Where the attempts of one router are answered, all of them.
    pub fn responses(&self, router: &str) -> String {
        self.of(&["response", router, "*"])
    }

    /// Patterns of all inboxes, whose gain and loss of subscribers a router watches.
    /// [`Subjects::parse_inbox`] tells what matched.
    pub fn inbox_patterns(&self) -> Vec<String> {
        vec![self.of(&["inbox.*.*.*"]), self.of(&["instance.>"])]
    }
}

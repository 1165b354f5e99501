use super::Subjects;

/// The queue group of everything that one router of many should answer.
pub const REQUEST_QUEUE: &str = "aegis-router";

impl Subjects {
    /// What a router listens on, each with its queue group: requests are shared among routers,
    /// heartbeats reach all of them, and responses come to the router `router` alone, through one
    /// wildcard for all attempts.
    pub fn subscriptions(&self, router: &str) -> Vec<(String, Option<String>)> {
        let shared = [
            "service.register",
            "service.register.*.*",
            "service.unregister",
            "service.unregister.*.*",
            "route.request",
            "route.request.*.*",
            "admin.*.*",
        ];
        let heard_by_all = ["service.heartbeat", "service.heartbeat.*.*"];
        let mut patterns: Vec<_> = shared
            .iter()
            .map(|pattern| (self.of(&[pattern]), Some(REQUEST_QUEUE.to_owned())))
            .collect();
        patterns.extend(
            heard_by_all
                .iter()
                .map(|pattern| (self.of(&[pattern]), None)),
        );
        patterns.push((self.of(&["response", router, "*"]), None));
        patterns
    }

    /// Patterns of all inboxes, whose gain and loss of subscribers a router watches.
    /// [`Subjects::parse_inbox`] tells what matched.
    pub fn inbox_patterns(&self) -> Vec<String> {
        vec![self.of(&["inbox.*.*.*"]), self.of(&["instance.>"])]
    }
}

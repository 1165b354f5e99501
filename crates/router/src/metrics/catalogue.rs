//! Every metric that a router shows: the one table that `docs/reference/metrics.md` is written from.
//!
//! The renderer takes its names from here and from nowhere else.

/// What kind of series it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Only rises, until the router restarts.
    Counter,
    /// A number as it is now.
    Gauge,
    /// Counts per bucket, with a sum and a count.
    Histogram,
}

impl Kind {
    /// As OpenMetrics calls it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Kind::Counter => "counter",
            Kind::Gauge => "gauge",
            Kind::Histogram => "histogram",
        }
    }
}

/// Which hosts show it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shown {
    /// Every router.
    Always,
    /// A router with its embedded broker.
    Embedded,
    /// A router on NATS servers.
    OnNats,
    /// Every router, with `metrics.legacy_names = true`.
    Legacy,
}

/// One metric family.
#[derive(Clone, Copy, Debug)]
pub struct Metric {
    /// As it stands in a scrape; of a histogram, without `_bucket`, `_sum` and `_count`.
    pub name: &'static str,
    /// Its kind.
    pub kind: Kind,
    /// Its labels, in their order.
    pub labels: &'static [&'static str],
    /// Which hosts show it.
    pub shown: Shown,
    /// What it says.
    pub meaning: &'static str,
}

impl Metric {
    /// Its base unit, which its name ends with; empty if it counts things.
    #[must_use]
    pub fn unit(&self) -> &'static str {
        let name = self.name.strip_suffix("_total").unwrap_or(self.name);
        ["seconds", "bytes"]
            .into_iter()
            .find(|unit| name.ends_with(unit))
            .unwrap_or("")
    }
}

macro_rules! metrics {
    ($($constant:ident $name:literal $kind:ident $shown:ident $labels:expr, $meaning:literal;)*) => {
        $(
            #[doc = $meaning]
            pub const $constant: Metric = Metric {
                name: $name,
                kind: Kind::$kind,
                labels: &$labels,
                shown: Shown::$shown,
                meaning: $meaning,
            };
        )*

        /// All of them, in the order of a scrape.
        pub const ALL: &[Metric] = &[$($constant),*];
    };
}

metrics! {
    // The router itself.
    BUILD_INFO "aegis_build_info" Gauge Always ["version"],
        "Always 1; the version of the router is its label.";
    ROUTER_STATE "aegis_router_state" Gauge Always ["state"],
        "1 for what the router does now, 0 for the rest: `connecting`, `looking`, `standby`, `serving`, `broker_lost`, `stopping`, `ended`.";
    BROKER_CONNECTED "aegis_broker_connected" Gauge Always [],
        "1 while the router has its broker: its embedded one runs, or a NATS server is connected.";
    TRUST "aegis_router_trust" Gauge Always ["state"],
        "1 for how far the router trusts its own view, 0 for the rest: `normal`, `warming`, `preserving`.";
    TRUST_CHANGES "aegis_router_trust_changes_total" Counter Always ["to", "reason"],
        "Times that the router began to trust its own view more, or less.";
    LATENESS "aegis_router_lateness_seconds" Histogram Always [],
        "How late the router's timers ran: a busy or starved router is late for everything.";

    // Heartbeats.
    HEARTBEATS "aegis_heartbeats_received_total" Counter Always ["service", "status"],
        "Heartbeats accepted, by what the instance says of itself: `healthy`, `degraded`, `unhealthy`.";
    HEARTBEATS_REFUSED "aegis_heartbeats_refused_total" Counter Always ["reason"],
        "Heartbeats refused: `unknown_instance`, `stale_incarnation`, `wrong_token`, `evicted`.";
    HEARTBEATS_LATE "aegis_heartbeats_late_total" Counter Always ["service"],
        "Heartbeats that came more than one and a half intervals after the one before.";
    HEARTBEATS_MISSED "aegis_heartbeats_missed_total" Counter Always ["service"],
        "Times that an instance was silent for 0.6 of its lease. Counted while it is silent, not when it is heard again.";
    HEARTBEAT_GAP "aegis_heartbeat_gap_seconds" Histogram Always ["service"],
        "Time between two heartbeats of an instance.";
    HEARTBEAT_HANDLING "aegis_heartbeat_handling_seconds" Histogram Always ["service"],
        "Time that the router worked on a heartbeat. Every 64th is timed.";

    // Instances.
    INSTANCES "aegis_instances" Gauge Always ["service", "health", "lifecycle"],
        "Registered instances, by health (`joining`, `healthy`, `suspect`, `unhealthy`) and lifecycle (`serving`, `draining`).";
    INSTANCES_EJECTED "aegis_instances_ejected" Gauge Always ["service"],
        "Instances kept out for a while since their calls go badly (outliers).";
    INSTANCES_ROUTABLE "aegis_instances_routable" Gauge Always ["service"],
        "Instances that calls may go to now: healthy or suspect, serving, reachable, and neither drained by an operator nor ejected.";
    INSTANCE_LOSSES "aegis_instance_losses_total" Counter Always ["service"],
        "Times that an instance which calls could go to was found unhealthy or out of reach.";
    INSTANCE_FLAPS "aegis_instance_flaps_total" Counter Always ["service"],
        "Times that an instance came back, with the same id, that had been gone three times within ten of its lease TTLs: silent, cut off or restarted.";
    TRANSITIONS "aegis_instance_transitions_total" Counter Always ["service", "from", "to", "reason"],
        "Announced changes of instances. `from` is `none` for a new one, `to` is `none` for one that was removed; both are the same where something else changed than health (`ejected`, `drained`). A series appears with its first change.";
    REGISTRATIONS "aegis_registrations_total" Counter Always [],
        "Registrations admitted, renewed ones among them.";
    REGISTRATIONS_REFUSED "aegis_registrations_refused_total" Counter Always ["reason"],
        "Registrations refused: `duplicate_instance`, `stale_incarnation`, `role_conflict`, `evicted`, `overloaded`, `stopping`.";
    DEREGISTRATIONS "aegis_deregistrations_total" Counter Always [],
        "Instances that said goodbye.";
    PROBES_SENT "aegis_probes_sent_total" Counter Always [],
        "Probes that the router sent to inboxes of instances.";
    PROBES_SETTLED "aegis_probes_settled_total" Counter Always ["outcome"],
        "What came of probes: `answered`, `no_responders`. The rest had no answer.";
    INSTANCE_ATTEMPTS "aegis_instance_attempts" Gauge Always ["service", "instance", "outcome"],
        "Attempts settled on an instance since it registered: `ok`, `handler_error`, `failed`. At most 1,000 instances; the rest together are `other`.";
    INSTANCE_IN_FLIGHT "aegis_instance_in_flight" Gauge Always ["service", "instance"],
        "Attempts on an instance that are not settled. The same instances as `aegis_instance_attempts`, without `other`.";
    INSTANCE_ROUTABLE "aegis_instance_routable" Gauge Always ["service", "instance"],
        "1 if calls may go to the instance. The same instances as `aegis_instance_attempts`, without `other`.";

    // Calls.
    CALLS "aegis_calls_total" Counter Always ["service", "method", "outcome"],
        "Calls ended: `ok`, `handler_error`, `not_run`, `ran` (with a reply that could not be used), `unknown` (whether it ran), `abandoned` (its caller is gone). A service that nobody ever registered is `other`, as is a method that nobody declared.";
    CALL_DURATION "aegis_call_duration_seconds" Histogram Always ["service", "outcome"],
        "Time from the receipt of a call to its end, in the router. Calls that it turns away at once are `not_run`, after no time. A series but that of `ok` appears with its first call.";
    CALL_FAILURES "aegis_call_failures_total" Counter Always ["service", "reason"],
        "Calls that the router answered itself: `unknown_service`, `unknown_method`, `no_routable_instance`, `outcome_unknown`, `invalid_reply`, `expired`, `deadline_passed`, `overloaded`, `stopping`.";
    CALLS_IN_FLIGHT "aegis_calls_in_flight" Gauge Always ["service"],
        "Calls that have not had their answer.";
    ATTEMPTS "aegis_attempts_total" Counter Always ["service"],
        "Sendings of calls to instances.";
    ATTEMPT_FAILURES "aegis_attempt_failures_total" Counter Always ["service", "reason"],
        "Attempts that ended without a result: `no_responders`, `unsent`, `refused`, `connection_lost`, `inbox_gone`, `instance_gone`, `broker_lost`, `router_stopped`, `deadline_passed`, `handler_error`, `invalid_reply`.";
    REROUTES "aegis_reroutes_total" Counter Always ["service", "reason"],
        "Attempts beyond the first of a call, by how the one before ended.";
    RETRY_BUDGET "aegis_retry_budget_left" Gauge Always ["service"],
        "Retries of calls that may have run which may still be made now. Services that share `other` have none.";
    LATE_REPLIES "aegis_late_replies_total" Counter Always [],
        "Replies that came after their attempt or call was settled.";
    LIMITS "aegis_limit_reached_total" Counter Always ["limit"],
        "Times that a limit refused or cut off somebody, by its name in `[limits]`: `services`, `instances`, `methods_per_service`, `registrations_per_connection`, `calls_in_flight`, `calls_per_caller`, `calls_per_instance`; with the embedded broker also `connections`, `subscriptions_per_connection`, `payload_bytes`, `pending_bytes`, `pending_bytes_total`.";
    MESSAGES_REFUSED "aegis_messages_refused_total" Counter Always [],
        "Messages that were refused with an error before they meant anything.";
    MESSAGES_DROPPED "aegis_messages_dropped_total" Counter Always ["reason"],
        "Messages dropped without an answer: `unanswerable` (no usable reply subject, or a subject of nothing), `late_response`.";

    // The embedded broker.
    BROKER_CONNECTIONS "aegis_broker_connections" Gauge Embedded [],
        "Connections to the embedded broker.";
    BROKER_OPENED "aegis_broker_connections_opened_total" Counter Embedded [],
        "Connections that the broker took.";
    BROKER_REFUSED "aegis_broker_connections_refused_total" Counter Embedded ["reason"],
        "Connections that the broker did not take: `limit` (or a shutdown), `system` (no descriptor or memory).";
    BROKER_CUT "aegis_broker_connections_cut_total" Counter Embedded ["reason"],
        "Connections that the broker cut: `slow_consumer` (too much waited for it), `memory` (too much waited for all), `protocol_error`, `stale` (answered no ping), `connect_timeout`.";
    BROKER_MESSAGES_IN "aegis_broker_received_messages_total" Counter Embedded [],
        "Messages that clients published.";
    BROKER_MESSAGES_OUT "aegis_broker_sent_messages_total" Counter Embedded [],
        "Messages queued for clients.";
    BROKER_BYTES_IN "aegis_broker_received_bytes_total" Counter Embedded [],
        "Bytes read from clients.";
    BROKER_BYTES_OUT "aegis_broker_sent_bytes_total" Counter Embedded [],
        "Bytes written to clients.";
    BROKER_NO_RESPONDERS "aegis_broker_no_responders_total" Counter Embedded [],
        "Requests that reached nobody and were answered 503.";
    BROKER_OPERATIONS_REFUSED "aegis_broker_operations_refused_total" Counter Embedded [],
        "Operations refused while the connection was kept.";
    BROKER_BUDGETS_SPENT "aegis_broker_budgets_spent_total" Counter Embedded [],
        "Turns in which a connection had more to do than its budget allows.";

    // On NATS servers.
    EVIDENCE "aegis_router_hears_disconnects" Gauge OnNats [],
        "1 while the NATS server tells a system account whose connections end.";
    UNSENT "aegis_messages_unsent_total" Counter OnNats [],
        "Messages that the connection to the NATS server took no more: its queue was full, or they were too large.";
    FENCED "aegis_requests_fenced_total" Counter OnNats [],
        "Requests and heartbeats that were dropped unread: the router had been stopped or cut off, and another might have taken over.";

    // The first AegisIPC's names.
    OLD_HEARTBEATS "ipc_heartbeats_received_total" Counter Legacy ["service_name", "instance_id", "status"],
        "`aegis_heartbeats_received_total`, by instance.";
    OLD_HANDLING "ipc_heartbeat_processing_duration_seconds" Histogram Legacy ["service_name", "status"],
        "`aegis_heartbeat_handling_seconds`, by whether the heartbeat was accepted: `success`, `failure`. The latter appears with its first one.";
    OLD_FAILURES "ipc_instance_routing_failures_total" Counter Legacy ["service_name", "instance_id", "error_code"],
        "`aegis_attempt_failures_total`, by instance; the codes are its reasons. A series appears with its first failure.";
    OLD_DURATION "ipc_instance_routing_duration_seconds" Histogram Legacy ["service_name", "instance_id", "success"],
        "Time from the sending of an attempt to its end, by instance; `success` is `true` for a result.";
}

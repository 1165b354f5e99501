//! Every event that is logged: `docs/reference/log-events.md` is written from this table, and
//! `cargo xtask tidy` holds the sources to that page.

/// One kind of log line. Its code is stable: programs may look for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogEvent {
    /// The value of the field `event`.
    pub code: &'static str,
    /// Its levels, the usual one first.
    pub levels: &'static str,
    /// Who logs it: router, broker, SDK, connection (of a router or an SDK to its broker) or
    /// program. What two of them log, each with its own fields, stands there twice.
    pub logged_by: &'static str,
    /// Its fields besides `event`; not each line has each.
    pub fields: &'static str,
    /// What happened.
    pub meaning: &'static str,
    /// What to do about it.
    pub what_to_do: &'static str,
}

macro_rules! events {
    ($($heading:literal { $($code:ident $levels:literal by $logged_by:literal with $fields:literal
        $meaning:literal
        do $what_to_do:literal)* })*) => {
        /// All of them, under the headings of the page.
        pub const LOG_EVENTS: &[(&str, &[LogEvent])] = &[$((
            $heading,
            &[$(LogEvent {
                code: stringify!($code),
                levels: $levels,
                logged_by: $logged_by,
                fields: $fields,
                meaning: $meaning,
                what_to_do: $what_to_do,
            }),*],
        )),*];
    };
}

events! {
    "Calls" {
        call_refused "debug" by "router" with "trace_id service error_code"
            "A request was answered with an error before it became a call: it cannot be read, contradicts its subject, is too large, or asks for what comes later."
            do "Read the text; the caller got the same one."
        call_sent "debug" by "router" with "trace_id service instance attempt"
            "The first attempt of a call left for an instance."
            do "Nothing."
        call_rerouted "info, debug" by "router" with "trace_id service instance attempt count suppressed"
            "A call goes on to another instance; `instance` is the new one. What is over the rate is at debug."
            do "Look at the instance before: its health changed, or it refused the call."
        invalid_reply "warn" by "router" with "trace_id service method count suppressed"
            "A reply cannot be used: it cannot be read, has keys that its caller cannot read, or is too large."
            do "That method of that service answers what is no answer."
        invalid_reply "warn" by "SDK" with "error count suppressed"
            "The router's answer to a registration or a heartbeat cannot be used."
            do "Compare the versions of router and SDK."
        call_failed "warn, debug" by "router" with "trace_id service method error_code outcome count suppressed"
            "A call ended without a result. A warning if it may have run, on debug if it did not, or if it is over the rate."
            do "`outcome=unknown` needs somebody who knows the service: it may have run. Otherwise the caller may repeat it."
        call_failed "warn, debug" by "SDK" with "trace_id service method error_code outcome after_ms count suppressed"
            "The same on the caller, which knows more: it may have sent the call more than once, or lost the router."
            do "As above."
        call_answered "debug" by "router" with "trace_id service method instance attempt outcome"
            "A call ended with what its handler gave, which was passed on: a result, or an error of its own."
            do "Nothing; an error of a handler is its caller's to read."
        call_answered "debug" by "SDK" with "trace_id service method outcome after_ms"
            "The caller has what the handler gave."
            do "Nothing."
        call_sent_again "info" by "SDK" with "trace_id service method sending"
            "The caller's SDK sends a call once more: the connection, the router or its answer was lost, and the call may be sent again."
            do "Nothing; often: look for losses of the broker or the router."
        request_unanswerable "warn" by "router" with "trace_id subject count suppressed"
            "A request came without a reply subject, or with one that answers must not go to."
            do "Find who sends it: a client that publishes where it should request."
        router_message_unsent "error" by "router" with "trace_id subject error count suppressed"
            "A message of the router could not be sent: too large, or too much waits to be sent. If it was an answer, its caller waits until its deadline."
            do "Look at the NATS server: it is slow, or its payload limit is lower than before."
    }
    "Calls on an instance" {
        request_started "debug" by "SDK" with "trace_id service instance method attempt waited_ms"
            "A handler starts; `waited_ms` tells how late, since it came."
            do "Much of it: the service needs more places or instances."
        request_refused "info, debug" by "SDK" with "trace_id service instance method attempt reason count suppressed"
            "A request was refused before its handler started: `overloaded`, `expired`, `draining`, `unknown_method`, `wrong_incarnation`. The router may send it elsewhere. What is over the rate is at debug."
            do "`overloaded`, `expired`: more places or instances. The others pass."
        request_ended "debug" by "SDK" with "trace_id service instance method attempt outcome took_ms"
            "A handler ended, or its params or result could not be read or written: see `outcome`."
            do "Nothing."
        request_abandoned "warn" by "SDK" with "trace_id service instance method attempt"
            "The runtime dropped a handler half-way: its caller cannot know the outcome."
            do "Drain the service before its runtime is shut down."
        handler_panicked "error" by "SDK" with "trace_id service instance method attempt count suppressed"
            "A handler panicked; the service goes on, and its caller got an error."
            do "Mend the handler; the panic's own text is on stderr."
        reply_lost "warn" by "SDK" with "trace_id service instance error count suppressed"
            "A reply is lost, since too much waits to be sent: its caller cannot know the outcome."
            do "Look at the connection: the broker is slow or the replies are too large for it."
        reply_not_sent "debug" by "SDK" with "trace_id service instance error"
            "A reply, or the answer to a probe or a question, could not be sent: the broker is gone. The router settles the call."
            do "Nothing."
        inbox_message_dropped "debug" by "SDK" with "trace_id kind error"
            "A message in the inbox is no request: unknown, unreadable, or without a subject that an instance may answer to."
            do "Find who publishes to inboxes."
    }
    "Heartbeats: never one line per beat" {
        heartbeat_started "debug" by "router" with "service instance incarnation reason"
            "Heartbeats of an instance are expected: it registered, or was taken back after a restart of the router. `instance_health_changed` says it too."
            do "Nothing."
        heartbeat_started "info" by "SDK" with "service instance incarnation"
            "The instance is registered, and its heartbeats begin."
            do "Nothing."
        heartbeat_late "warn" by "router" with "service instance incarnation silent_ms count suppressed"
            "Nothing was heard of the instance for most of its lease, whatever its health is."
            do "Look at the instance and at the network between; `lag_ms` of the instance tells whether it is busy."
        heartbeat_late "warn" by "SDK" with "service instance incarnation why"
            "A heartbeat was not confirmed, or cannot be sent."
            do "Look at the router, the broker and the network between."
        heartbeat_missed "warn" by "router" with "service instance incarnation silent_ms count suppressed"
            "The lease ended without a heartbeat: the instance gets no new calls until it is heard."
            do "Is the process alive, can it run, and is the broker reachable from it? If not, start it again."
        heartbeat_missed "warn" by "SDK" with "service instance incarnation why"
            "The lease ended without a confirmation: the router takes the instance for gone, if there is one."
            do "See whether there is a router, and whether the broker can be reached."
        heartbeat_recovered "info" by "router" with "service instance incarnation silent_ms"
            "After one of the two above: heartbeats arrive again; `silent_ms` is the gap before this one."
            do "Nothing; often: `aegis service watch` shows who flaps."
        heartbeat_recovered "info" by "SDK" with "service instance incarnation"
            "After one of the two above: heartbeats are confirmed again."
            do "Nothing; often: look at the network between."
        heartbeat_stopped "debug" by "router" with "service instance incarnation reason"
            "No heartbeat of this life is expected: it deregistered, was replaced by a later life, was put out by an operator, or was silent for so long that it is forgotten. `instance_health_changed` says it too."
            do "Nothing, if it was meant."
        heartbeat_stopped "info" by "SDK" with "service instance incarnation"
            "No heartbeat follows: the instance left, or was replaced, refused or put out. `stopped` says why."
            do "Nothing, if it was meant."
        heartbeat_refused "info" by "router" with "service instance why count suppressed"
            "A heartbeat renewed nothing: the instance is unknown, replaced, put out, or shows a wrong token."
            do "Nothing after a restart of the router: it registers again. Otherwise find the process that goes on beating."
    }
    "Instances" {
        instance_health_changed "info, warn" by "router" with "service instance incarnation from to reason in_flight"
            "An instance changed: its health, the main reason for it, or whether calls go to it; `from` and `to` are the same unless it is its health."
            do "See the reason; `aegis instance info` tells the evidence."
        operator_obeyed "info" by "router" with "service instance health held"
            "An operator drained, undrained or evicted an instance."
            do "Nothing."
        registration_refused "warn" by "router" with "service instance why count suppressed"
            "A registration was refused."
            do "See the text: typically, another process holds the id."
        registered "info" by "SDK" with "service instance again"
            "The instance is registered."
            do "Nothing."
        registration_waiting "warn" by "SDK" with "service instance why"
            "The instance is not registered, and tries on."
            do "See what it waits for."
        joining "warn" by "SDK" with "subject"
            "Registered, but the router's probe of the inbox was not answered in time: no call comes until it is."
            do "Look whether the runtime of the work connection is blocked."
        stopped "info, warn" by "SDK" with "service instance reason"
            "The instance has left, or was refused, replaced or put out for good."
            do "If it was not meant: see the reason."
        stalled "warn" by "SDK" with "gap_ms"
            "This process did not run for a while; it takes no work until the router answers."
            do "Look for a paused or starved machine."
        draining_not_heard "debug" by "SDK" with "why"
            "No router confirmed that the instance drains; what still comes is refused."
            do "Nothing."
        drain_timed_out "warn" by "SDK" with "service instance running"
            "Handlers still run after the drain timeout; their calls end as unknown."
            do "Allow more time to drain, or find the slow handler."
        not_discoverable "debug" by "SDK" with "subject error"
            "The questions of NATS micro services cannot be answered."
            do "Allow the subject `$SRV.>` to the service, if it is wanted."
        event_dropped "debug" by "SDK" with "error"
            "An event that was watched for cannot be read."
            do "Compare the versions of router and SDK."
    }
    "Connections to a broker" {
        connected "info" by "SDK" with "first"
            "Connected to the broker."
            do "Nothing."
        connection_lost "warn" by "SDK" with ""
            "Lost the connection to the broker; trying again."
            do "Look at the broker."
        waiting_for_broker "warn" by "SDK" with "server error"
            "No broker can be reached; said once per outage."
            do "Look at the address and at the broker."
        lifeline_waiting "warn" by "SDK" with "server error"
            "The lifeline waits for a broker; said once per outage."
            do "Look at the address and at the broker."
        connection_ended "debug" by "connection" with "server reason"
            "A connection that worked ended."
            do "Nothing: whoever owns it says more."
        connection_waiting "debug" by "connection" with "server reason"
            "No connection yet; trying on."
            do "Nothing: whoever owns it says more."
        socket_ended "debug" by "connection" with "refused"
            "A socket ended; `refused` messages on it could not be read."
            do "Nothing."
        broker_refused "warn" by "connection" with "kind text count"
            "The broker refused a command: a permission, a limit. Said at the 1st, 2nd, 4th, 8th time."
            do "Compare the permissions of this login with the page on NATS servers."
    }
    "The router and its NATS server" {
        router_serves "info" by "router" with "router"
            "It answers requests."
            do "Nothing."
        router_took_over "info, warn" by "router" with "router before"
            "It answers requests in place of another router; a warning if it does not have that one's data directory."
            do "Start the next one on the same data directory."
        router_stands_by "info" by "router" with "first host pid"
            "Another router serves; this one waits."
            do "Nothing."
        router_yields "warn" by "router" with "to host pid"
            "Another router serves; this one gives way."
            do "Find out why two were started."
        router_doubts "warn" by "router" with "in_flight"
            "It did not hear its own announcements for 2.5 s: it was stopped, cut off or far behind, and another router may have taken over. It handles no request until it has looked."
            do "Look at the machine: was it suspended, or out of processor time or memory? Then at the network."
        router_resumes "warn" by "router" with "dropped"
            "It looked, nobody had taken over, and it serves again. `dropped` requests and heartbeats had been waiting in its socket: callers that said `retry: unknown` send theirs again, others wait for their deadline."
            do "See `router_doubts`."
        silent_router_unseated "info" by "router" with "before"
            "It takes over from a router that fell silent without a goodbye, and had that one's connection ended, so that the NATS server gives it no more requests."
            do "Find out why the one before fell silent."
        silent_router_remains "warn" by "router" with "before"
            "It takes over from a router that fell silent, and could not have its connection ended. If that one was killed, all is well. If it hangs, the NATS server gives it its share of the requests, which nobody answers, until it has missed the server's pings."
            do "End the process of the router before. Give routers a user of the system account that may publish to `$SYS.REQ.SERVER.*.KICK`; without one, lower `ping_interval` of the servers."
        router_trust_changed "info, warn" by "router" with "from to reason live silent"
            "The router trusts its own view more or less: `warming`, `normal`, `preserving`."
            do "`preserving` is for somebody to look at: many instances fell silent at once; the network or this machine is likely at fault."
        router_waits_for_broker "warn" by "router" with "server error"
            "No NATS server can be reached; said once per outage."
            do "Look at the address and at the server."
        broker_lost "warn" by "router" with "in_flight"
            "The router lost its NATS server: it expires nobody until it is back."
            do "Look at the NATS server."
        broker_regained "info" by "router" with ""
            "It has a NATS server again."
            do "Nothing."
        disconnect_events_heard "info" by "router" with "account"
            "The NATS server tells whose connections end."
            do "Nothing."
        disconnect_events_lost "warn" by "router" with "known"
            "The connection of the system account was lost; 503 and leases tell who is gone."
            do "Look at the NATS server."
        system_account_unreachable "warn" by "router" with "server error"
            "The system account cannot be used; said once per outage."
            do "Look at its credentials: `aegis doctor`."
    }
    "The embedded broker" {
        connection_opened "debug" by "broker" with "peer address"
            "A client connected."
            do "Nothing."
        connection_closed "debug" by "broker" with "peer address by"
            "A connection ended."
            do "Nothing."
        connection_refused "warn" by "broker" with "reason address suppressed"
            "A client was refused: `too_many_connections`, `shutting_down`."
            do "Raise `limits.connections`, or find who opens so many."
        connection_unusable "debug" by "broker" with "address error"
            "A new connection broke at once."
            do "Nothing."
        connection_cut "warn" by "broker" with "reason peer address name suppressed"
            "A client was cut: `protocol_error`, `malformed_connect`, `connect_timeout`, `slow_consumer`, `stale_connection`."
            do "Find that client; a slow consumer reads slower than others send to it."
        connections_limited "warn" by "broker" with "default limit descriptors"
            "This process may open too few files for the default number of connections."
            do "Raise its hard limit, or set `limits.connections`."
        accept_failed "warn" by "broker" with "error out_of_descriptors suppressed"
            "A connection cannot be taken; trying again shortly."
            do "If it goes on, raise the limit on open files."
        broker_stopping "info" by "broker" with ""
            "No new connections; finishing."
            do "Nothing."
        broker_wake_failed "error" by "broker" with "error"
            "The loop of the broker cannot be woken."
            do "Restart the router, and report it."
        broker_panicked "error" by "broker" with ""
            "The thread of the broker panicked."
            do "Restart the router, and report it."
    }
    "The program" {
        stopping "info" by "program" with "reason"
            "It was asked to stop; a second signal stops at once."
            do "Nothing."
        log_filter_changed "info" by "program" with "from to"
            "What is logged changed while the program runs."
            do "Nothing."
        log_filter_refused "warn" by "program" with "error"
            "The settings were read again, and what is logged did not change."
            do "Mend the settings, and send SIGHUP again."
        admin_address_taken "warn" by "program" with "address"
            "The usual admin address is taken: nothing is served there."
            do "Choose another with `--admin`."
        admin_failed "warn" by "program" with "error"
            "The admin listener stopped."
            do "Restart the router."
    }
}

#[cfg(test)]
mod tests;

//! What each vector is and what its reader must do with it. A vector that is not here does not pass.

/// What is told about a vector.
pub(crate) struct Described {
    pub(crate) name: &'static str,
    /// A name in `records.rs`.
    pub(crate) record: &'static str,
    /// What a reader must do with it.
    pub(crate) reader: &'static str,
}

/// What is told about the vector of this name.
pub(crate) fn find(name: &str) -> &'static Described {
    let found = DESCRIBED.iter().find(|described| described.name == name);
    found.unwrap_or_else(|| panic!("the vector {name} is not described in described.rs"))
}

const fn v(name: &'static str, record: &'static str, reader: &'static str) -> Described {
    Described {
        name,
        record,
        reader,
    }
}

pub(crate) const DESCRIBED: &[Described] = &[
    v(
        "route_request",
        "RouteRequest",
        "takes it as a native call, since it says `protocol`",
    ),
    v(
        "inbox_call",
        "InboxCall",
        "runs the method if `incarnation` is its own and `deadline_ms` has not passed, and answers on the reply subject",
    ),
    v(
        "inbox_call_legacy",
        "InboxCall",
        "runs the method: a call without `kind`, as instances of the first AegisIPC get it",
    ),
    v(
        "inbox_probe",
        "Probe",
        "answers at once if `incarnation` is its own",
    ),
    v(
        "instance_reply_success",
        "InstanceReply",
        "passes `result` on to the caller",
    ),
    v(
        "instance_reply_failure",
        "InstanceReply",
        "passes `error` on to the caller with its code",
    ),
    v(
        "instance_reply_refused",
        "InstanceReply",
        "knows that the handler did not run, and tries another instance",
    ),
    v(
        "instance_probe_ack",
        "ProbeAck",
        "knows that the inbox is served",
    ),
    v(
        "call_reply_success",
        "CallReply",
        "gives `result` to its user; it came with the second attempt",
    ),
    v(
        "call_reply_success_first_try",
        "CallReply",
        "gives `result` to its user",
    ),
    v(
        "call_reply_outcome_unknown",
        "CallReply",
        "tells its user that the call may have run, and does not repeat it by itself",
    ),
    v(
        "call_reply_outcome_unknown_legacy",
        "CallReply",
        "sees a time-out (504), which the first AegisIPC's callers understand",
    ),
    v(
        "call_reply_unknown_service",
        "CallReply",
        "tells its user that nothing was run",
    ),
    v(
        "call_reply_overloaded",
        "CallReply",
        "tries again after `retry_after_ms` if its deadline allows: nothing was run",
    ),
    v(
        "call_reply_passed_error",
        "CallReply",
        "tells its user the service's own error; `attempts` says what was tried before",
    ),
    v(
        "register",
        "RegisterRequest",
        "takes it as a native registration, since it says `incarnation`",
    ),
    v(
        "register_reply",
        "Registered",
        "keeps `lease_token` secret and shows it with each heartbeat",
    ),
    v(
        "register_reply_joining",
        "Registered",
        "keeps the lease; no call comes until its inbox answers a probe",
    ),
    v(
        "register_reply_legacy",
        "Registered",
        "looks at the flat keys or under `data`",
    ),
    v(
        "register_reply_refused",
        "Refusal",
        "registers again after `retry_after_ms`, since it is retryable",
    ),
    v(
        "unregister",
        "UnregisterRequest",
        "ends the registration if the token is the one it gave",
    ),
    v("unregister_reply", "Unregistered", "stops its heartbeats"),
    v(
        "heartbeat",
        "HeartbeatRequest",
        "renews the lease if the token is the one it gave",
    ),
    v(
        "heartbeat_reply",
        "Renewal",
        "sends the next heartbeat after `next_interval_ms`, and takes `router_now_ms` for the router's clock",
    ),
    v(
        "heartbeat_reply_legacy",
        "Renewal",
        "looks under `envelope`",
    ),
    v(
        "heartbeat_reply_refused",
        "HeartbeatRefusal",
        "registers again, with the same incarnation",
    ),
    v(
        "heartbeat_reply_refused_legacy",
        "HeartbeatRefusal",
        "looks under `envelope`",
    ),
    v(
        "admin_list_request",
        "ListRequest",
        "answers with the entries after `after`",
    ),
    v(
        "admin_list_request_one_instance",
        "ListRequest",
        "answers with this instance alone",
    ),
    v(
        "admin_service_list",
        "ServiceList",
        "shows them; there is no further page",
    ),
    v(
        "admin_instance_list",
        "InstanceList",
        "shows them, and asks for the rest with `after` = `next`",
    ),
    v(
        "admin_operator_request",
        "OperatorRequest",
        "does what the subject says",
    ),
    v("admin_operator_reply", "OperatorReply", "shows it"),
    v(
        "admin_router_info",
        "RouterInfo",
        "compares it with what it sees: clocks, versions, limits",
    ),
    v("event_instance", "InstanceEvent", "notes the change"),
    v(
        "event_instance_new",
        "InstanceEvent",
        "notes an instance that was not known before",
    ),
    v(
        "event_router",
        "RouterEvent",
        "notes that nobody is expired for now",
    ),
    v(
        "event_router_took_over",
        "RouterEvent",
        "takes what is out without an answer for lost: it may have run or not",
    ),
    v(
        "event_router_handed_over",
        "RouterEvent",
        "goes on: the router before still answers what it has",
    ),
    v(
        "event_router_broker_regained",
        "RouterEvent",
        "takes what was on its way when the router lost its server for lost; what the router had, it still answers",
    ),
    v(
        "presence",
        "Presence",
        "stands by or goes away: another router serves",
    ),
    v(
        "legacy_register",
        "RegisterRequest",
        "takes it as a registration of the first AegisIPC",
    ),
    v(
        "legacy_register_extras",
        "RegisterRequest",
        "ignores `host` and `port`, which it does not know",
    ),
    v(
        "legacy_unregister",
        "UnregisterRequest",
        "ends the registration; there is no token",
    ),
    v(
        "legacy_heartbeat",
        "HeartbeatRequest",
        "renews the lease; there is no token",
    ),
    v(
        "legacy_route_request",
        "RouteRequest",
        "takes it as a call of the first AegisIPC: `timeout` in seconds, here an integer",
    ),
    v(
        "legacy_route_request_all_keys",
        "RouteRequest",
        "takes `message_id` = nil as absent",
    ),
    v(
        "legacy_instance_reply_success",
        "InstanceReply",
        "passes `result` on to the caller",
    ),
    v(
        "legacy_instance_reply_result_only",
        "InstanceReply",
        "takes it for a success, since there is no `error`",
    ),
    v(
        "legacy_instance_reply_failure",
        "InstanceReply",
        "passes `error` on to the caller with its code",
    ),
    v(
        "legacy_instance_reply_int_keys",
        "InstanceReply",
        "passes it on to a native caller; a caller of the first AegisIPC gets `INVALID_REPLY` with the path of the key",
    ),
    v(
        "legacy_resource_register",
        "ResourceRequest",
        "refuses it in the shape of a result in which nothing was done",
    ),
    v(
        "legacy_resource_release",
        "ResourceRequest",
        "refuses it in the shape of a result in which nothing was done",
    ),
    v(
        "legacy_resource_bulk_register",
        "ResourceRequest",
        "refuses it in the shape of a result in which nothing was done",
    ),
    v(
        "legacy_message_status",
        "MessageStatusRequest",
        "says that it keeps nothing about messages",
    ),
    v(
        "legacy_ack",
        "Ack",
        "takes the message for dealt with, and failed",
    ),
    v(
        "resource_register_refused",
        "ResourceRefusal",
        "finds every key of its result, and tells its user the error",
    ),
    v(
        "resource_release_refused",
        "ResourceRefusal",
        "finds every key of its result, and tells its user the error",
    ),
    v(
        "resource_bulk_register_refused",
        "ResourceRefusal",
        "finds every key of its result, and tells its user the error",
    ),
    v(
        "resource_bulk_release_refused",
        "ResourceRefusal",
        "finds every key of its result, and tells its user the error",
    ),
    v(
        "resource_transfer_refused",
        "ResourceRefusal",
        "finds every key of its result, and tells its user the error",
    ),
    v(
        "resource_query_refused",
        "ResourceRefusal",
        "finds every key of its result, and tells its user the error",
    ),
    v(
        "message_status_refused",
        "MessageStatusRefusal",
        "finds every key of a status; `state` is nil",
    ),
    v(
        "ack",
        "Ack",
        "waits no longer: the reply is all there will be",
    ),
    v(
        "ack_response_refused",
        "AckRefusal",
        "knows that nothing was noted",
    ),
    v(
        "call_reply_unknown_resource_legacy",
        "CallReply",
        "tells its user that nobody owns the resource",
    ),
    v(
        "edge_unknown_keys",
        "RouteRequest",
        "ignores what it does not know",
    ),
    v(
        "edge_integer_for_float",
        "RouteRequest",
        "takes an integer where a float is meant",
    ),
    v(
        "edge_float_for_milliseconds",
        "RouteRequest",
        "takes a float where milliseconds are meant, and rounds it down",
    ),
    v(
        "edge_nil_is_absent",
        "RouteRequest",
        "takes nil in an optional key for an absent key",
    ),
    v(
        "edge_duplicate_key",
        "RouteRequest",
        "takes the last value of a key that comes twice",
    ),
    v(
        "edge_longest_forms",
        "RouteRequest",
        "takes lengths and numbers that are written longer than needed",
    ),
    v(
        "edge_signed_form",
        "HeartbeatRequest",
        "takes a positive integer that is written as a signed one",
    ),
    v(
        "edge_largest_integer",
        "HeartbeatRequest",
        "keeps all 64 bits of `lease_token`: a float of 64 bits does not",
    ),
    v(
        "edge_bytes_in_params",
        "RouteRequest",
        "passes bytes on as bytes, and texts as texts",
    ),
    v(
        "edge_text_not_utf8_in_params",
        "RouteRequest",
        "passes `params` on as they came, without looking into texts",
    ),
    v(
        "edge_ext_in_params",
        "RouteRequest",
        "passes types of MessagePack that it does not know on as they came",
    ),
    v(
        "edge_integer_keys_in_params",
        "RouteRequest",
        "passes them on: only the message itself must have string keys",
    ),
    v(
        "edge_depth_32",
        "RouteRequest",
        "takes `params` nested 32 levels deep",
    ),
    v(
        "edge_unknown_kind",
        "InboxCall",
        "says nothing to a `kind` that it does not know",
    ),
    v(
        "hostile_depth_33",
        "RouteRequest",
        "refuses `params` nested deeper than 32 levels, without recursing into them",
    ),
    v("hostile_not_a_map", "RouteRequest", "refuses it"),
    v("hostile_truncated", "RouteRequest", "refuses it"),
    v(
        "hostile_trailing_bytes",
        "RouteRequest",
        "refuses it: a message is exactly one value",
    ),
    v("hostile_reserved_byte", "RouteRequest", "refuses it"),
    v(
        "hostile_length_of_4_gb",
        "RouteRequest",
        "refuses it without allocating what the length promises",
    ),
    v(
        "hostile_bytes_for_text",
        "RouteRequest",
        "refuses it: a name is a text, not bytes",
    ),
    v("hostile_text_for_integer", "RouteRequest", "refuses it"),
    v(
        "hostile_missing_method",
        "RouteRequest",
        "refuses it, naming the key",
    ),
    v(
        "hostile_blank_name",
        "RouteRequest",
        "refuses it: names are trimmed first",
    ),
    v("hostile_control_character", "RouteRequest", "refuses it"),
    v("hostile_name_not_utf8", "RouteRequest", "refuses it"),
    v("hostile_timeout_not_a_number", "RouteRequest", "refuses it"),
    v("hostile_timeout_too_long", "RouteRequest", "refuses it"),
    v("hostile_negative_timeout", "RouteRequest", "refuses it"),
    v(
        "hostile_legacy_params_not_a_map",
        "RouteRequest",
        "refuses it: without `protocol` it is a call of the first AegisIPC, whose `params` are a map",
    ),
    v(
        "hostile_native_name_with_a_dot",
        "RegisterRequest",
        "refuses it: names of native instances become tokens of subjects",
    ),
    v(
        "hostile_no_lease_token",
        "HeartbeatRequest",
        "refuses it: whoever says `incarnation` must show the token",
    ),
];

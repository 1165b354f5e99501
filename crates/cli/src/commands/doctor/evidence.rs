//! What tells the router first that an instance is gone.

use aegis_wire::admin::RouterInfo;

use super::finding::Finding;

const CHECK: &str = "evidence";

pub(super) fn verdict(router: &RouterInfo) -> Finding {
    match router.evidence.as_str() {
        RouterInfo::EMBEDDED => {
            Finding::ok(CHECK, "embedded broker: the end of a connection is seen at once")
        }
        RouterInfo::DISCONNECT_EVENTS => Finding::ok(
            CHECK,
            "disconnect events of the NATS servers: the end of a connection is told within milliseconds",
        ),
        RouterInfo::NO_RESPONDERS => Finding::warning(
            CHECK,
            "503 and leases alone: calls in flight on a dead instance wait until the next send to it, a probe after a second of silence, or the end of its lease",
        )
        .todo("give the router a user of the system account: --system-creds, `nats.system_nkey`, or `nats.system_user` with its password file"),
        other => Finding::could_not_look(CHECK, format!("`{other}` is not known to this program")),
    }
}

#[cfg(test)]
mod tests {
    use super::super::finding::Verdict;
    use super::*;

    #[test]
    fn a_router_without_a_system_account_is_told_of_it() {
        for (evidence, expected) in [
            (RouterInfo::EMBEDDED, Verdict::Ok),
            (RouterInfo::DISCONNECT_EVENTS, Verdict::Ok),
            (RouterInfo::NO_RESPONDERS, Verdict::Warning),
            ("telepathy", Verdict::CouldNotLook),
        ] {
            let router = RouterInfo {
                evidence: evidence.to_owned(),
                ..RouterInfo::default()
            };
            assert_eq!(verdict(&router).verdict, expected, "{evidence}");
        }
    }
}

//! Settings against each other, against the router's and against what services declare. Relations
//! among the settings alone were checked when they were read.

use std::time::Duration;

use aegis_client::ServiceEntry;
use aegis_wire::admin::RouterInfo;

use super::finding::Finding;
use crate::config::{Key, Origin, Setting, Settings};

const CHECK: &str = "settings";

pub(super) fn look(
    settings: &Settings,
    router: Option<&RouterInfo>,
    services: &[ServiceEntry],
) -> Vec<Finding> {
    let mut findings = Vec::new();
    if let Some(router) = router {
        for (key, here, there) in [
            (Key::LeaseTtl, &settings.lease_ttl, router.lease_ttl_ms),
            (
                Key::HeartbeatInterval,
                &settings.heartbeat_interval,
                router.heartbeat_interval_ms,
            ),
        ] {
            findings.extend(differs(&key, here, Duration::from_millis(there)));
        }
    }
    for service in services {
        findings.extend(attempts(&settings.timeout, service));
    }
    if findings.is_empty() {
        findings.push(Finding::ok(CHECK, "they fit together"));
    }
    findings
}

/// What was set here and does not hold in the router.
fn differs(key: &Key, here: &Setting<Duration>, there: Duration) -> Option<Finding> {
    if here.origin == Origin::Default || here.value == there {
        return None;
    }
    let saw = format!(
        "`{key}` is {:?} ({}), and the router runs with {there:?}",
        here.value, here.origin
    );
    Some(
        Finding::warning(CHECK, saw)
            .todo("restart the router with these settings, or correct them here"),
    )
}

/// Methods whose attempts are as long as a whole call may take: the first one that hangs uses up the
/// deadline, and none is left for another instance.
fn attempts(timeout: &Setting<Duration>, service: &ServiceEntry) -> Option<Finding> {
    let too_long: Vec<String> = service
        .methods
        .iter()
        .filter_map(|method| {
            let attempt = Duration::from_millis(method.attempt_timeout_ms?);
            (attempt >= timeout.value).then(|| {
                let (service, method) = (&service.name, &method.name);
                format!("{attempt:?} for one attempt at `{service}.{method}` (declared by its instances)")
            })
        })
        .collect();
    if too_long.is_empty() {
        return None;
    }
    let saw = format!(
        "`{}` is {:?} ({}), no more than {}: a second attempt never fits",
        Key::Timeout,
        timeout.value,
        timeout.origin,
        too_long.join(", ")
    );
    Some(
        Finding::warning(CHECK, saw)
            .todo("give calls more time than one attempt takes, or declare shorter attempts"),
    )
}

#[cfg(test)]
mod tests {
    use aegis_client::MethodEntry;

    use super::*;

    fn set(value: Duration) -> Setting<Duration> {
        Setting {
            value,
            origin: Origin::Flag("--timeout"),
        }
    }

    #[test]
    fn an_attempt_must_leave_time_for_another() {
        let service = |attempt_timeout_ms| ServiceEntry {
            name: "orders".to_owned(),
            methods: vec![MethodEntry {
                name: "place".to_owned(),
                attempt_timeout_ms,
                ..MethodEntry::default()
            }],
            ..ServiceEntry::default()
        };
        let timeout = set(Duration::from_secs(5));
        assert_eq!(attempts(&timeout, &service(None)), None);
        assert_eq!(attempts(&timeout, &service(Some(4_999))), None);
        let found = attempts(&timeout, &service(Some(5_000))).unwrap();
        for word in ["`timeout` is 5s", "--timeout", "orders.place", "5s for one"] {
            assert!(found.saw.contains(word), "{word}: {found:?}");
        }
    }

    #[test]
    fn what_the_router_does_not_run_with_is_told_if_it_was_set() {
        let there = Duration::from_secs(30);
        let here = set(Duration::from_secs(10));
        let found = differs(&Key::LeaseTtl, &here, there).unwrap();
        assert!(
            found.saw.contains("10s") && found.saw.contains("30s"),
            "{found:?}"
        );
        assert_eq!(differs(&Key::LeaseTtl, &set(there), there), None);
        let unsaid = Setting::default(Duration::from_secs(10));
        assert_eq!(differs(&Key::LeaseTtl, &unsaid, there), None);
    }
}

//! What runs where, and whether it is too old.

use aegis_wire::admin::RouterInfo;

use super::finding::Finding;

const CHECK: &str = "version";

/// Older servers lack what the router relies on in clusters, and get no mends.
const OLDEST: (u64, u64) = (2, 11);

/// The version of a NATS server; `router` tells whether the broker is the router's own.
pub(super) fn of_broker(version: &str, router: Option<&RouterInfo>) -> Finding {
    if router.is_some_and(|router| router.broker == RouterInfo::EMBEDDED) {
        return Finding::ok(CHECK, format!("embedded in the router, {version}")).about("broker");
    }
    let finding = match parse(version) {
        // One that does not say is our own, or made by somebody for himself.
        None => Finding::warning(CHECK, format!("`{version}` is no version of nats-server"))
            .todo("see that it does what nats-server 2.11 does; everything here is tested with that alone"),
        Some(found) if found < OLDEST && found >= (1, 0) => {
            let (major, minor) = OLDEST;
            Finding::warning(
                CHECK,
                format!("nats-server {version} is older than {major}.{minor}"),
            )
            .todo("upgrade the NATS servers, one after the other: clients move by themselves")
        }
        Some((0, _)) => Finding::ok(CHECK, format!("an embedded broker, {version}")),
        Some(_) => Finding::ok(CHECK, format!("nats-server {version}")),
    };
    finding.about("broker")
}

/// The router's version against ours.
pub(super) fn of_router(router: &RouterInfo, ours: &str) -> Finding {
    let theirs = &router.version;
    let finding = if theirs == ours {
        Finding::ok(CHECK, format!("{theirs}, as this program"))
    } else {
        Finding::warning(CHECK, format!("{theirs}, and this program is {ours}"))
            .todo("let the older one follow: what is new on one side is not known on the other")
    };
    finding.about("router")
}

fn parse(version: &str) -> Option<(u64, u64)> {
    let mut parts = version.trim_start_matches('v').split('.');
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::super::finding::Verdict;
    use super::*;

    #[test]
    fn old_servers_are_warned_of() {
        for (version, verdict) in [
            ("2.15.1", Verdict::Ok),
            ("2.11.0", Verdict::Ok),
            ("3.0.0-beta", Verdict::Ok),
            ("2.10.29", Verdict::Warning),
            ("1.4.1", Verdict::Warning),
            ("unknown", Verdict::Warning),
        ] {
            assert_eq!(of_broker(version, None).verdict, verdict, "{version}");
        }
        let embedded = RouterInfo {
            broker: RouterInfo::EMBEDDED.to_owned(),
            ..RouterInfo::default()
        };
        let found = of_broker("0.1.0", Some(&embedded));
        assert!(found.saw.contains("embedded"), "{found:?}");
    }

    #[test]
    fn another_version_of_the_router_is_told() {
        let router = RouterInfo {
            version: "0.1.0".to_owned(),
            ..RouterInfo::default()
        };
        assert_eq!(of_router(&router, "0.1.0").verdict, Verdict::Ok);
        assert_eq!(of_router(&router, "0.2.0").verdict, Verdict::Warning);
    }
}

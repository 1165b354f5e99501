use std::path::Path;
use std::time::Duration;

use super::*;

fn settled(file: &str, flags: Vec<Given>) -> Result<Settings, Vec<String>> {
    let mut problems = Vec::new();
    let mut given = flags;
    given.extend(file::parse(Path::new("aegis.toml"), file, &mut problems));
    Settings::of(given, None, problems)
        .map_err(|Problems(problems)| problems.iter().map(ToString::to_string).collect())
}

fn refusals(file: &str) -> Vec<String> {
    settled(file, Vec::new()).unwrap_err()
}

#[test]
fn nothing_said_is_what_the_router_does_by_itself() {
    let settings = settled("", Vec::new()).unwrap();
    let (ours, theirs) = (settings.router(), aegis_router::RouterConfig::default());
    assert_eq!(format!("{ours:?}"), format!("{theirs:?}"));
}

#[test]
fn a_flag_wins_over_the_file_and_each_says_where_it_is_from() {
    let file = "# ours\nlease_ttl = '9s'\nheartbeat_interval = '2s'\n";
    let flag = flags([(Key::LeaseTtl, "--lease-ttl", Some("12s"))]);
    let settings = settled(file, flag).unwrap();
    assert_eq!(settings.lease_ttl.value, Duration::from_secs(12));
    assert_eq!(settings.lease_ttl.origin, Origin::Flag("--lease-ttl"));
    assert_eq!(
        settings.heartbeat_interval.origin.to_string(),
        "aegis.toml:3"
    );
    assert_eq!(settings.timeout.origin, Origin::Default);
}

#[test]
fn relations_name_both_values_and_both_places() {
    assert_eq!(
        refusals("lease_ttl = '14s'"),
        [
            "`lease_ttl` is 14s (aegis.toml:1), less than 3 times `heartbeat_interval`, which is 5s (default)"
        ]
    );
    assert_eq!(
        refusals("[services.orders]\nheartbeat_interval = '2s'\nlease_ttl = '5s'"),
        [
            "`services.orders.lease_ttl` is 5s (aegis.toml:3), less than 3 times `services.orders.heartbeat_interval`, which is 2s (aegis.toml:2)"
        ]
    );
    assert_eq!(
        refusals("[services.orders]\nlease_ttl = '9s'"),
        [
            "`services.orders.lease_ttl` is 9s (aegis.toml:2), less than 3 times `heartbeat_interval`, which is 5s (default)"
        ]
    );
    assert_eq!(
        refusals("admin = '127.0.0.1:4222'"),
        ["`admin` is 127.0.0.1:4222 (aegis.toml:1), and so is `listen` (default)"]
    );
    assert_eq!(
        refusals("limits.pending_bytes = 1000"),
        [
            "`limits.pending_bytes` is 1000 (aegis.toml:1), less than `limits.payload_bytes`, which is 1048576 (default)"
        ]
    );
}

#[test]
fn a_lease_for_all_is_no_reason_to_refuse_a_slower_service() {
    let settings = settled("[services.slow]\nheartbeat_interval = '60s'", Vec::new());
    assert!(settings.is_ok(), "{settings:?}");
}

#[test]
fn each_wrong_value_is_told_with_its_rule() {
    let wrong = refusals(
        "timeout = 5\nlisten = 'here'\nprefix = 'a b'\nserver = 'nats://me:secret@host'\n\
         lease_ttl = ['30s']\n[limits]\ninstances = 0\n[services.orders]\npolicy = 'random'\n",
    );
    assert_eq!(wrong.len(), 7, "{wrong:#?}");
    assert!(
        wrong.iter().all(|text| text.contains("aegis.toml:")),
        "{wrong:#?}"
    );
    assert!(!wrong.concat().contains("secret"), "{wrong:#?}");
}

#[test]
fn unknown_keys_name_the_nearest_and_the_check_interval_says_why_it_is_gone() {
    for (file, key, hint) in [
        ("lease_tll = '30s'", "`lease_tll`", "`lease_ttl`"),
        ("[router]\nlisten = 'x'", "`router.listen`", "`listen`"),
        ("[limit]", "`limit`", "config show"),
        (
            "[services.a]\npolicies = 'x'",
            "`services.a.policies`",
            "`services.a.policy`",
        ),
        (
            "health_check_interval = '10s'",
            "`health_check_interval`",
            "at its instant",
        ),
        (
            "[router]\nhealth_check_interval = 10",
            "gone",
            "`lease_ttl`",
        ),
    ] {
        let mut problems = Vec::new();
        file::parse(Path::new("aegis.toml"), file, &mut problems);
        let [problem] = problems.as_slice() else {
            panic!("{file}: {problems:?}");
        };
        let text = format!("{problem} {:?}", problem.report());
        assert!(text.contains(key) && text.contains(hint), "{file}: {text}");
    }
}

#[test]
fn a_file_that_is_not_toml_is_refused_with_its_line() {
    let wrong = refusals("prefix = 'ipc'\nlease_ttl = 30s\n");
    assert_eq!(wrong.len(), 1);
    assert!(
        wrong.concat().starts_with("aegis.toml:2 is not TOML: "),
        "{wrong:?}"
    );
}

#[test]
fn limits_reach_the_router_by_name() {
    for limit in LIMITS {
        let file = format!("limits.{} = 1048577", limit.name);
        let file = match limit.name {
            "methods_per_service" => "limits.methods_per_service = 77".to_owned(),
            limit::PAYLOAD_BYTES => format!("{file}\nlimits.pending_bytes = 99999999"),
            limit::PENDING_BYTES_TOTAL => "limits.pending_bytes_total = 99999999".to_owned(),
            _ => file,
        };
        let given = settled(&file, Vec::new()).unwrap().router();
        let default = aegis_router::RouterConfig::default();
        assert_ne!(format!("{given:?}"), format!("{default:?}"), "{file}");
    }
}

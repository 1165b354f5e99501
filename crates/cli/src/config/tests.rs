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

fn environment(variables: &[(&str, &str)]) -> Vec<Given> {
    let variables = variables
        .iter()
        .map(|(name, value)| (name.into(), value.into()));
    let mut problems = Vec::new();
    let given = environment::read(variables, &mut problems);
    assert!(problems.is_empty(), "{problems:?}");
    given
}

fn shown(settings: &Settings, key: &str) -> String {
    let all = settings.accepted();
    let found = all.iter().find(|it| it.key == key).unwrap();
    format!("{} ({})", found.value, found.source)
}

#[test]
fn an_address_of_the_environment_may_hold_a_login_which_is_never_shown() {
    let given = environment(&[
        ("NATS_URL", "nats://me:hunter2@a:1,b:2"),
        ("AEGIS_NATS", "tls://hunter2@c"),
    ]);
    let settings = settled("", given).unwrap();
    let all = format!("{:?} {settings:?}", settings.accepted());
    assert!(!all.contains("hunter2"), "{all}");
    assert_eq!(
        shown(&settings, "server"),
        "nats://***@a:1,nats://***@b:2 (environment)"
    );
    assert_eq!(
        shown(&settings, "nats.servers"),
        "tls://***@c:4222 (environment)"
    );
    assert_eq!(settings.server.value.connectable(), "nats://a:1,nats://b:2");
    let aegis_bus::Auth::UserPassword { user, .. } = settings.connect_options().auth else {
        panic!("no login");
    };
    assert_eq!(user, "me");
    let broker = settings.router_broker().unwrap();
    assert!(matches!(broker.auth, aegis_bus::Auth::Token(_)));
    assert!(broker.servers[0].is_tls());
}

#[test]
fn an_address_of_a_flag_or_the_file_must_not() {
    let flag = |key, flag| flags([(key, flag, Some("nats://me:hunter2@a"))]);
    let file = "server = 'nats://me:hunter2@a'\nnats = 'hunter2@a'";
    for (file, flags, count) in [
        ("", flag(Key::Server, "--server"), 1),
        ("", flag(Key::Nats, "--nats"), 1),
        (file, Vec::new(), 2),
    ] {
        let refused = settled(file, flags).unwrap_err();
        assert_eq!(refused.len(), count, "{refused:?}");
        for text in refused {
            assert!(!text.contains("hunter2"), "{text}");
            assert!(
                text.contains("NATS_URL") && text.contains("--creds"),
                "{text}"
            );
        }
    }
}

#[test]
fn nats_is_a_text_or_a_table() {
    assert!(settled("", Vec::new()).unwrap().router_broker().is_none());
    for file in [
        "nats = 'a:1,b:1'",
        "[nats]\nservers = 'a:1,b:1'\nlearn_servers = false",
    ] {
        let settings = settled(file, Vec::new()).unwrap();
        let broker = settings.router_broker().unwrap();
        assert_eq!(broker.servers.len(), 2);
        assert_eq!(broker.learns_servers, !file.contains("learn"));
        assert!(shown(&settings, "nats.servers").starts_with("a:1,b:1 (file)"));
    }
}

#[test]
fn one_way_to_say_who_we_are_wins_by_its_place() {
    let file = "[nats]\nuser = 'me'\npassword_file = '/pw'";
    let settings = settled(file, Vec::new()).unwrap();
    let auth = settings.connect_options().auth;
    assert!(
        matches!(auth, aegis_bus::Auth::UserPassword { .. }),
        "{auth:?}"
    );
    let variable = environment(&[("NATS_CREDS", "/user.creds")]);
    let auth = settled(file, variable.clone())
        .unwrap()
        .connect_options()
        .auth;
    assert!(matches!(auth, aegis_bus::Auth::Credentials(_)), "{auth:?}");
    let nkey = Key::Transport(TransportKey::Nkey);
    let mut given = flags([(nkey, "--nkey", Some("/seed"))]);
    given.extend(variable);
    let auth = settled(file, given).unwrap().connect_options().auth;
    assert!(matches!(auth, aegis_bus::Auth::Nkey(_)), "{auth:?}");
}

#[test]
fn transport_settings_that_do_not_fit_name_both_and_their_places() {
    for (file, text) in [
        (
            "[nats]\ncreds = '/a'\nnkey = '/b'",
            "`nats.creds` is set (aegis.toml:2), and so is `nats.nkey` (aegis.toml:3)",
        ),
        (
            "[nats]\nuser = 'me'",
            "`nats.user` is set (aegis.toml:2), and `nats.password_file` is not",
        ),
        (
            "[nats]\ntls_key = '/k'",
            "`nats.tls_key` is set (aegis.toml:2), and `nats.tls_cert` is not",
        ),
    ] {
        assert_eq!(refusals(file), [text]);
    }
}

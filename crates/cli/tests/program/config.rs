//! Settings: where they come from, and how wrong ones are refused.

use std::path::Path;

use serde_json::Value;

use crate::harness::{Ran, Running, aegis, finished, text};

/// Runs in a folder that may hold an `aegis.toml`.
fn run_in(folder: &Path, arguments: &[&str], environment: &[(&str, &str)]) -> Ran {
    let mut command = aegis(arguments);
    command
        .current_dir(folder)
        .envs(environment.iter().copied());
    finished(&mut command)
}

fn folder_with(config: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("aegis.toml"), config).unwrap();
    folder
}

fn setting<'v>(shown: &'v Value, key: &str) -> &'v Value {
    let found = shown.as_array().unwrap().iter().find(|it| it["key"] == key);
    found.unwrap_or_else(|| panic!("no {key} in {shown:#}"))
}

#[test]
fn each_value_says_where_it_came_from() {
    let folder = folder_with(
        "lease_ttl = \"20s\"\nheartbeat_interval = \"2s\"\nprefix = \"file\"\n\n\
         [limits]\ninstances = 500\n\n[services.orders]\npolicy = \"least_in_flight\"\n",
    );
    let environment = [
        ("AEGIS_HEARTBEAT_INTERVAL", "3s"),
        ("AEGIS_PREFIX", "env"),
        ("AEGIS_LIMITS__SERVICES", "7"),
    ];
    let arguments = ["config", "show", "-o", "json", "--prefix", "flag"];
    let ran = run_in(folder.path(), &arguments, &environment);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let shown = ran.json();
    for (key, value, source, place) in [
        ("prefix", "flag", "flag", "--prefix"),
        (
            "heartbeat_interval",
            "3s",
            "environment",
            "AEGIS_HEARTBEAT_INTERVAL",
        ),
        ("lease_ttl", "20s", "file", "aegis.toml:1"),
        ("limits.instances", "500", "file", "aegis.toml:6"),
        (
            "limits.services",
            "7",
            "environment",
            "AEGIS_LIMITS__SERVICES",
        ),
        (
            "services.orders.policy",
            "least_in_flight",
            "file",
            "aegis.toml:9",
        ),
    ] {
        let setting = setting(&shown, key);
        assert_eq!(setting["value"], value, "{setting}");
        assert_eq!(
            (&setting["source"], &setting["place"]),
            (&source.into(), &place.into())
        );
    }
    assert_eq!(setting(&shown, "timeout")["source"], "default");
    assert_eq!(setting(&shown, "timeout")["place"], Value::Null);
    let table = run_in(folder.path(), &["config", "show"], &[]).stdout;
    assert!(table.starts_with("KEY"), "{table}");
    assert!(table.contains("aegis.toml:9"), "{table}");
}

#[test]
fn the_file_is_the_asked_one_else_the_one_here_else_the_users() {
    let (here, users) = (
        folder_with("prefix = \"here\""),
        tempfile::tempdir().unwrap(),
    );
    std::fs::create_dir(users.path().join("aegis")).unwrap();
    std::fs::write(users.path().join("aegis/aegis.toml"), "prefix = \"users\"").unwrap();
    let asked = folder_with("prefix = \"asked\"");
    let asked = asked.path().join("aegis.toml");
    let elsewhere = tempfile::tempdir().unwrap();
    let xdg = ("XDG_CONFIG_HOME", text(users.path()));
    let variable = ("AEGIS_CONFIG", text(&asked));
    let show = ["config", "show", "--json"];
    let show_asked = [&show[..], &["--config", text(&asked)]].concat();
    let show_none = [&show[..], &["--no-config"]].concat();
    for (folder, arguments, environment, prefix) in [
        (&here, &show[..], &[xdg][..], "here"),
        (&elsewhere, &show, &[xdg], "users"),
        (&elsewhere, &show, &[], "ipc"),
        (&here, &show_asked, &[xdg], "asked"),
        (&here, &show, &[xdg, variable], "asked"),
        (&here, &show_none, &[xdg, variable], "ipc"),
    ] {
        let ran = run_in(folder.path(), arguments, environment);
        assert_eq!(ran.code, Some(0), "{}", ran.stderr);
        assert_eq!(
            setting(&ran.json(), "prefix")["value"],
            prefix,
            "{arguments:?}"
        );
    }
    let ran = run_in(
        here.path(),
        &["config", "validate", "--config", "nothing.toml"],
        &[],
    );
    assert_eq!(ran.code, Some(2));
    assert!(ran.stderr.contains("nothing.toml"), "{}", ran.stderr);
}

#[test]
fn settings_that_hold_together_are_valid() {
    let folder = folder_with("lease_ttl = \"30s\"");
    let ran = run_in(folder.path(), &["config", "validate"], &[]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert!(ran.stdout.contains("aegis.toml"), "{}", ran.stdout);
    let ran = run_in(folder.path(), &["config", "validate", "-o", "json"], &[]);
    assert_eq!(ran.json()["valid"], true);
}

#[test]
fn a_relation_that_does_not_hold_names_both_values_and_both_places() {
    let folder = folder_with("\nlease_ttl = \"14s\"");
    let arguments = [
        "config",
        "validate",
        "--heartbeat-interval",
        "6s",
        "-o",
        "json",
    ];
    let ran = run_in(folder.path(), &arguments, &[]);
    assert_eq!(ran.code, Some(2));
    for part in ["14s", "aegis.toml:2", "6s", "--heartbeat-interval"] {
        assert!(ran.stderr.contains(part), "{part}: {}", ran.stderr);
    }
    let verdict = ran.json();
    assert_eq!(verdict["valid"], false);
    assert_eq!(verdict["problems"][0]["code"], "DOES_NOT_FIT");
}

#[test]
fn everything_that_is_wrong_is_said_at_once_before_anything_starts() {
    let folder = folder_with(
        "health_check_interval = \"10s\"\nlease_tll = \"30s\"\n[limits]\ninstances = \"many\"\n",
    );
    let commands: [&[&str]; 3] = [
        &["config", "validate"],
        &["router", "--until-stdin-closes", "--data-dir", "state"],
        &["service", "ls"],
    ];
    for arguments in commands {
        let ran = run_in(folder.path(), arguments, &[]);
        assert_eq!(ran.code, Some(2), "{arguments:?}: {}", ran.stderr);
        for part in [
            "at its instant",
            "`lease_ttl`",
            "limits.instances",
            "aegis.toml:4",
        ] {
            assert!(ran.stderr.contains(part), "{part}: {}", ran.stderr);
        }
    }
    assert!(!folder.path().join("state").exists());
    let ran = run_in(
        tempfile::tempdir().unwrap().path(),
        &["config", "validate"],
        &[("AEGIS_HEALTH_CHECK_INTERVAL", "10s")],
    );
    assert_eq!(ran.code, Some(2));
    assert!(ran.stderr.contains("at its instant"), "{}", ran.stderr);
}

#[test]
fn the_router_does_what_the_file_says() {
    let folder = folder_with(
        "listen = \"127.0.0.1:0\"\nadmin = \"127.0.0.1:0\"\ndata_dir = \"state\"\nprefix = \"shop\"\n\
         [services.toy]\nheartbeat_interval = \"250ms\"\nlease_ttl = \"2s\"\npolicy = \"least_in_flight\"\n",
    );
    let mut command = aegis(&["router", "-o", "json"]);
    command.current_dir(folder.path());
    let router = Running::start(&mut command, tempfile::tempdir().unwrap());
    let url = router.url();
    let _toy = Running::start(
        &mut aegis(&[
            "toy-service",
            "-o",
            "json",
            "--server",
            &url,
            "--instance",
            "toy-1",
            "--prefix",
            "shop",
        ]),
        tempfile::tempdir().unwrap(),
    );
    let info = |noun: &[&str]| {
        let ran = run_in(
            folder.path(),
            &[noun, &["-s", &url, "--json"]].concat(),
            &[],
        );
        assert_eq!(ran.code, Some(0), "{}", ran.stderr);
        ran.json()
    };
    let instance = info(&["instance", "info", "toy", "toy-1"]);
    assert_eq!(instance["lease_ttl_ms"], 2_000, "{instance:#}");
    assert_eq!(instance["heartbeat_interval_ms"], 250, "{instance:#}");
    let service = info(&["service", "info", "toy"]);
    assert_eq!(
        service["service"]["policy"], "least_in_flight",
        "{service:#}"
    );
}

//! Help is part of the interface: a change of it is seen here first.

use crate::harness::{aegis, finished};

const COMMANDS: [&[&str]; 30] = [
    &[],
    &["demo"],
    &["router"],
    &["broker"],
    &["service"],
    &["service", "ls"],
    &["service", "info"],
    &["service", "watch"],
    &["instance"],
    &["instance", "ls"],
    &["instance", "info"],
    &["instance", "drain"],
    &["instance", "undrain"],
    &["instance", "evict"],
    &["call"],
    &["health"],
    &["doctor"],
    &["config"],
    &["config", "show"],
    &["config", "validate"],
    &["bench"],
    &["bench", "call"],
    &["bench", "heartbeat"],
    &["bench", "failover"],
    &["bench", "all"],
    &["completion"],
    &["bench-worker"],
    &["toy-service"],
    &["list-services"],
    &["disconnect"],
];

fn help(command: &[&str]) -> String {
    let ran = finished(aegis(command).arg("--help"));
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert_eq!(ran.stderr, "");
    ran.stdout
}

#[test]
fn every_help_has_an_example() {
    for command in COMMANDS {
        assert!(help(command).contains("Example:\n  aegis"), "{command:?}");
    }
}

#[test]
fn help_stays_as_it_is() {
    let mut all = String::new();
    for command in COMMANDS {
        let typed = [&["aegis"], command, &["--help"]].concat().join(" ");
        all.push_str(&format!("$ {typed}\n{}\n", help(command)));
    }
    // Help pads some lines; what is at their ends is nobody's business.
    let lines: Vec<String> = all.lines().map(|line| line.trim_end().to_owned()).collect();
    insta::assert_snapshot!(lines.join("\n"));
}

#[test]
fn what_is_hidden_is_not_listed() {
    for hidden in ["bench-worker", "toy-service", "list-services", "disconnect"] {
        assert!(!help(&[]).contains(hidden), "{hidden}");
    }
}

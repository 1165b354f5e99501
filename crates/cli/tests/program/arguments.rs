//! Wrong arguments: exit code 2, nothing tried, a hint where one helps.

use crate::harness::{aegis, finished, run, run_with_input};

#[test]
fn an_unknown_command_is_answered_with_a_suggestion() {
    let ran = run(&["rooter"]);
    assert_eq!(ran.code, Some(2));
    assert_eq!(ran.stdout, "");
    assert!(ran.stderr.contains("'router'"), "{}", ran.stderr);
}

#[test]
fn a_span_needs_a_unit() {
    let ran = run(&["service", "ls", "--timeout", "5"]);
    assert_eq!(ran.code, Some(2));
    assert!(
        ran.stderr.contains("a number with a unit"),
        "{}",
        ran.stderr
    );
}

#[test]
fn params_that_are_not_json_are_refused_with_the_place() {
    let ran = run(&["call", "billing", "quote", "{\"order\": }"]);
    assert_eq!(ran.code, Some(2));
    assert!(ran.stderr.contains("params are not JSON"), "{}", ran.stderr);
    assert!(ran.stderr.contains("column 11"), "{}", ran.stderr);
    let ran = run_with_input(&["call", "billing", "quote", "-"], "[1,");
    assert_eq!(ran.code, Some(2));
}

#[test]
fn a_name_that_cannot_be_one_is_refused() {
    let ran = run(&["call", " ", "quote"]);
    assert_eq!(ran.code, Some(2), "{}", ran.stderr);
}

#[test]
fn settings_that_do_not_fit_are_refused_naming_both() {
    let folder = tempfile::tempdir().unwrap();
    let ran = finished(
        aegis(&[
            "router",
            "--heartbeat-interval",
            "5s",
            "--lease-ttl",
            "14s",
            "--data-dir",
        ])
        .arg(folder.path()),
    );
    assert_eq!(ran.code, Some(2), "{}", ran.stderr);
    assert!(
        ran.stderr.contains("14s") && ran.stderr.contains("5s"),
        "{}",
        ran.stderr
    );
}

#[test]
fn a_log_filter_that_cannot_be_read_is_refused() {
    let ran = run(&["service", "ls", "--log", "aegis=loud"]);
    assert_eq!(ran.code, Some(2));
    assert!(ran.stderr.contains("hint:"), "{}", ran.stderr);
}

#[test]
fn completions_know_the_commands() {
    for shell in ["bash", "zsh", "fish"] {
        let ran = run(&["completion", shell]);
        assert_eq!(ran.code, Some(0), "{shell}: {}", ran.stderr);
        assert!(ran.stdout.contains("undrain"), "{shell}");
    }
    assert_eq!(run(&["completion", "tcsh"]).code, Some(2));
}

//! Log lines as programs read them, and what is logged as it changes.

use std::path::Path;

use aegis_testkit::TestBroker;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::harness::{Running, aegis, run, text, wait_for};

/// A router whose log filter is in a file of settings, in its folder.
fn router_with_settings(settings: &str) -> Running {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("aegis.toml");
    std::fs::write(&file, settings).unwrap();
    let mut command = aegis(&["router", "-o", "json", "--listen", "127.0.0.1:0"]);
    command.args(["--admin", "127.0.0.1:0", "--config", text(&file)]);
    command.arg("--data-dir").arg(folder.path().join("state"));
    Running::start(&mut command, folder)
}

fn hang_up(router: &Running) {
    let pid = Pid::from_raw(i32::try_from(router.pid()).unwrap()).unwrap();
    kill_process(pid, Signal::HUP).unwrap();
}

/// The next line of this event, after as many as were there before.
fn line_of(router: &Running, event: &str, before: usize) -> Value {
    wait_for(event, || lines_of(router, event).into_iter().nth(before))
}

fn lines_of(router: &Running, event: &str) -> Vec<Value> {
    let text = router.stderr();
    let whole = text.rsplit_once('\n').map_or("", |(whole, _)| whole);
    let lines = whole
        .lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line:?}")));
    lines
        .filter(|line: &Value| line["event"] == event)
        .collect()
}

fn ask_something(router: &Running) {
    let ran = run(&["service", "ls", "--server", &router.url()]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
}

#[test]
fn what_is_logged_changes_on_sighup_and_what_cannot_be_read_changes_nothing() {
    let settings = |router: &Running| router.folder.path().join("aegis.toml");
    let write = |path: &Path, text: &str| std::fs::write(path, text).unwrap();
    if TestBroker::Nats.is_passed_over("logs", "its router brings its own broker in both runs") {
        return;
    }
    let router = router_with_settings("log = \"info\"\n");
    ask_something(&router);
    assert_eq!(lines_of(&router, "connection_opened").len(), 0);

    write(&settings(&router), "log = \"info,aegis_broker=debug\"\n");
    hang_up(&router);
    let line = line_of(&router, "log_filter_changed", 0);
    assert_eq!(line["from"], "info");
    assert_eq!(line["to"], "info,aegis_broker=debug");
    ask_something(&router);
    line_of(&router, "connection_opened", 0);

    for broken in ["log = \"no=such=filter\"\n", "lgo = \"debug\"\n"] {
        let before = lines_of(&router, "log_filter_refused").len();
        write(&settings(&router), broken);
        hang_up(&router);
        line_of(&router, "log_filter_refused", before);
    }
    write(&settings(&router), "log = \"warn\"\n");
    hang_up(&router);
    line_of(&router, "log_filter_changed", 1);
    write(&settings(&router), "");
    hang_up(&router);
    // What the command logs unasked; under `warn` nobody would have heard of it.
    assert_eq!(line_of(&router, "log_filter_changed", 2)["to"], "info");
    assert!(router.terminate().success());
}

#[test]
fn a_line_has_the_promised_fields() {
    let router = Running::router();
    let stderr = wait_for("a line", || {
        let text = router.stderr();
        text.contains('\n').then_some(text)
    });
    for line in stderr.lines().take(1) {
        let line: Value = serde_json::from_str(line).unwrap();
        let first: Vec<&String> = line.as_object().unwrap().keys().collect();
        for field in ["timestamp", "level", "target", "message", "event"] {
            assert!(first.iter().any(|key| *key == field), "{line}");
        }
    }
}

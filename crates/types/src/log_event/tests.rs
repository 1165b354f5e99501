use std::collections::HashSet;
use std::fmt::Write as _;

use super::{LOG_EVENTS, LogEvent};

const PAGE: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../docs/reference/log-events.md"
);

/// Set to write the page instead of comparing it.
const WRITE: &str = "AEGIS_WRITE_DOCS";

const INTRODUCTION: &str = "# Log events

Every log line carries `event`, a stable code; this page is all of them. Programs should look for codes, people may read texts, which change.

Lines go to stderr: readable ones on a terminal, else one JSON object each, whose first fields are always `timestamp` (RFC 3339, UTC), `level`
(`error`, `warn`, `info`, `debug`, `trace`), `target` (the module) and `message`. The others stand beside them: `event`, and as far as they are known
`trace_id` (cut to 128 bytes), `service`, `instance` and what the tables name. A line never holds params, results, errors' details, lease tokens or credentials.

Each line of a call's life, on caller, router and instance, has the call's `trace_id` (unless what came could not be read so far): `jq -c 'select(.trace_id == \"..\")'` over the logs of all
three tells it. On level `info` only what is worth a look is there; `--log info,aegis_client=debug,aegis_router=debug` tells every step.

What repeats is counted: of one event and one instance of a service (of calls: one service; of what strangers send: the event alone), the first line
comes at once, then at most one in 10 s (of lines that name a call: 32 in 10 s), with `count` (how often in all) and `suppressed` (how many lines were
left out since the last one). Of an event about more than 1,024 of them at a time, the others share one count.

What two programs log under one code stands there once for each, with the fields that it has there.

What is logged can be changed without a restart: on SIGHUP `aegis router` and `aegis broker` read their settings again, flags over environment over file
as at the start, and take over `log`; everything else waits for the next start. What cannot be read changes nothing.

On level `trace` libraries beneath us log as well; their lines have no `event`.

This page is written from `crates/types/src/log_event.rs`; `cargo xtask tidy` holds every log line of the sources to it, and it to them.
";

fn page() -> String {
    let mut page = String::from(INTRODUCTION);
    for (heading, events) in LOG_EVENTS {
        write!(
            page,
            "\n## {heading}\n\n\
             | event | level | logged by | fields | what happened | what to do |\n\
             |---|---|---|---|---|---|\n"
        )
        .unwrap();
        for event in *events {
            let LogEvent {
                code,
                levels,
                logged_by,
                meaning,
                what_to_do,
                ..
            } = event;
            let fields: Vec<String> = event
                .fields
                .split_whitespace()
                .map(|field| format!("`{field}`"))
                .collect();
            let fields = fields.join(" ");
            writeln!(
                page,
                "| `{code}` | {levels} | {logged_by} | {fields} | {meaning} | {what_to_do} |"
            )
            .unwrap();
        }
    }
    page
}

#[test]
fn the_page_is_the_table() {
    if std::env::var_os(WRITE).is_some() {
        std::fs::write(PAGE, page()).unwrap();
    }
    let written = std::fs::read_to_string(PAGE).unwrap_or_default();
    assert!(
        written == page(),
        "docs/reference/log-events.md is not the table: {WRITE}=1 cargo test -p aegis-types"
    );
}

#[test]
fn every_code_is_there_once_for_each_who_logs_it_and_looks_like_one() {
    let mut codes = HashSet::new();
    for event in LOG_EVENTS.iter().flat_map(|(_, events)| *events) {
        let line = (event.code, event.logged_by);
        assert!(codes.insert(line), "{line:?} twice");
        assert!(!event.logged_by.contains(','), "{line:?}: a row for each");
        let is_code = |sign: char| sign.is_ascii_lowercase() || sign == '_';
        assert!(event.code.chars().all(is_code), "{}", event.code);
        assert!(event.meaning.ends_with('.'), "{}", event.code);
        assert!(event.what_to_do.ends_with('.'), "{}", event.code);
    }
}

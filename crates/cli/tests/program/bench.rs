use std::collections::BTreeSet;
use std::fs;

use super::harness::{run, text};

/// Every cell runs, no call fails, and the page has all its rows. How fast it was is not asked: the
/// machines that run tests are slow and busy.
#[test]
fn a_quick_benchmark_runs_every_cell_and_writes_the_page() {
    let folder = tempfile::tempdir().unwrap();
    let page = folder.path().join("performance.md");
    fs::write(&page, "# Old\n\n## Notes\n\nkept\n").unwrap();
    let ran = run(&[
        "bench",
        "all",
        "--quick",
        "--control",
        "none",
        "--write",
        text(&page),
        "-o",
        "json",
    ]);
    assert_eq!(ran.code, Some(0), "{ran:?}");

    let seen = ran.json();
    let calls = seen["calls"].as_array().unwrap();
    let cells: BTreeSet<&str> = calls
        .iter()
        .map(|cell| cell["cell"].as_str().unwrap())
        .collect();
    assert_eq!(
        cells,
        BTreeSet::from([
            "c1",
            "c16",
            "c64",
            "c64-4k",
            "conn64",
            "rate-10000-per-second",
            "rate-200-per-minute",
        ])
    );
    for cell in calls {
        let report = &cell["aegis"][0];
        assert_eq!(report["failed"], 0, "{cell:#}");
        assert!(report["latency"]["count"].as_u64().unwrap() > 0, "{cell:#}");
    }
    let floods = seen["heartbeats"]["floods"].as_array().unwrap();
    assert_eq!(floods.len(), 4, "{floods:#?}");
    for flood in floods {
        assert_eq!(flood["lost"], 0, "{flood:#}");
        assert!(flood["aegis"][0]["sent"].as_u64().unwrap() > 0, "{flood:#}");
    }
    let crowd = &seen["heartbeats"]["crowd"]["aegis"];
    assert_eq!(crowd["failed"], 0, "{crowd:#}");
    assert!(
        crowd["lateness"]["count"].as_u64().unwrap() >= 100,
        "{crowd:#}"
    );
    let scrapes = &seen["scrapes"];
    assert!(
        scrapes["took"]["count"].as_u64().unwrap() > 0,
        "{scrapes:#}"
    );
    assert!(scrapes["series"].as_u64().unwrap() > 100, "{scrapes:#}");
    for crowd in ["unasked", "asked"] {
        assert_eq!(scrapes[crowd]["failed"], 0, "{scrapes:#}");
    }
    for fleet in seen["failover"].as_array().unwrap() {
        assert_eq!(fleet["failed"], 0, "{fleet:#}");
        assert_eq!(
            fleet["out_of_routing"]["count"], fleet["kills"],
            "{fleet:#}"
        );
        assert!(fleet["added"]["count"].as_u64().unwrap() > 0, "{fleet:#}");
    }

    let page = fs::read_to_string(page).unwrap();
    let rows = |with: &str| page.lines().filter(|line| line.contains(with)).count();
    // Nine of calls, six by rate, nine of heartbeats, two of scrapes, eight of kills.
    let verdicts = [" | met |", " | **not met** |", " | not measured |"].map(rows);
    assert_eq!(verdicts.iter().sum::<usize>(), 34, "{page}");
    for heading in [
        "## Asked and measured",
        "## Calls by name at a fixed rate",
        "## Calls",
        "## Heartbeats",
        "## Scrapes",
        "## Failover",
    ] {
        assert_eq!(
            page.lines().filter(|line| *line == heading).count(),
            1,
            "{page}"
        );
    }
    assert!(page.ends_with("## Notes\n\nkept\n"), "{page}");
}

#[test]
fn a_control_that_was_asked_for_and_is_not_there_is_refused() {
    let ran = run(&["bench", "call", "--quick", "--control", "does/not/exist"]);
    assert_eq!(ran.code, Some(2), "{ran:?}");
    assert!(ran.stderr.contains("cannot run does/not/exist"), "{ran:?}");
    assert!(ran.stderr.contains("cargo xtask bench"), "{ran:?}");
}

/// Needs a NATS server and the control's program: `cargo xtask test` brings the one and builds the
/// other, and runs this.
#[test]
#[ignore = "needs a NATS server: run by `cargo xtask test`"]
fn a_quick_benchmark_compares_with_a_nats_server() {
    let server = std::env::var("AEGIS_NATS_SERVER").unwrap();
    for (noun, list) in [("call", ""), ("heartbeat", "/floods")] {
        let ran = run(&["bench", noun, "--quick", "--control", &server, "-o", "json"]);
        assert_eq!(ran.code, Some(0), "{ran:?}");
        let seen = ran.json();
        let cells = seen.pointer(list).unwrap().as_array().unwrap();
        let compared = cells.iter().filter(|cell| cell["nats"][0].is_object());
        let expected = if noun == "call" { cells.len() } else { 2 };
        assert_eq!(compared.count(), expected, "{seen:#}");
    }
}

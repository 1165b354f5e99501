//! A real Prometheus that looks at routers every second.

use std::net::TcpListener;
use std::process::{Command, Stdio};

use aegis_testkit::{Program, wait_for};
use serde_json::Value;
use tempfile::TempDir;

use super::expressions::{alerts, read, rules};
use super::router::http_get;

/// All durations and thresholds of the shipped rules that these tests shorten; nothing else is changed.
const WINDOW: &str = "15s";
const FOR: &str = "1s";
const EVERY: &str = "1s";
/// A heartbeat never takes ten milliseconds here; any that was timed takes this long.
const SLOW_HANDLING: (&str, &str) = ("_seconds:p99_5m > 0.01", "_seconds:p99_5m > 0.0000001");

/// One pause of the router is one late timer.
const LATE_TIMERS: (&str, &str) = ("increase5m > 3", "increase5m > 0");

pub(crate) struct Prometheus {
    address: String,
    _program: Program,
    _folder: TempDir,
}

impl Prometheus {
    /// With the shipped rules, scraping these admin listeners.
    pub(crate) fn watching(targets: &[&str]) -> Prometheus {
        let folder = tempfile::tempdir().unwrap();
        let config = read("deploy/prometheus/prometheus.yml")
            .replace("scrape_interval: 5s", &format!("scrape_interval: {EVERY}"))
            .replace(
                "evaluation_interval: 15s",
                &format!("evaluation_interval: {EVERY}"),
            )
            .replace("[\"router:7422\"]", &format!("{targets:?}"));
        let file = folder.path().join("prometheus.yml");
        std::fs::write(&file, config).unwrap();
        std::fs::write(folder.path().join("rules.yaml"), shortened(&rules())).unwrap();

        // Prometheus does not say which port it was given: a free one is found for it.
        let free = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = free.local_addr().unwrap().to_string();
        drop(free);
        let mut command = Command::new("prometheus");
        command
            .arg(format!("--config.file={}", file.display()))
            .arg(format!(
                "--storage.tsdb.path={}",
                folder.path().join("data").display()
            ))
            .arg(format!("--web.listen-address={address}"))
            .arg("--log.level=error")
            .stderr(Stdio::inherit());
        let program = Program::start(&mut command);
        wait_for("Prometheus to listen", || {
            std::net::TcpStream::connect(&address).ok()
        });
        Prometheus {
            address,
            _program: program,
            _folder: folder,
        }
    }

    /// The alerts that fire now.
    pub(crate) fn firing(&self) -> Vec<String> {
        let answer = http_get(&self.address, "/api/v1/alerts");
        let body = answer.split_once("\r\n\r\n").unwrap().1;
        let Ok(body) = serde_json::from_str::<Value>(body) else {
            return Vec::new(); // It still starts.
        };
        let alerts = body["data"]["alerts"]
            .as_array()
            .cloned()
            .unwrap_or_default();
        let firing = alerts.iter().filter(|alert| alert["state"] == "firing");
        firing
            .map(|alert| alert["labels"]["alertname"].as_str().unwrap().to_owned())
            .collect()
    }

    /// Whether a query has an answer.
    pub(crate) fn has(&self, query: &str) -> bool {
        let answer = http_get(&self.address, &format!("/api/v1/query?query={query}"));
        answer.contains("\"metric\"")
    }
}

/// The rules as shipped but for the spans.
fn shortened(rules: &str) -> String {
    let mut lowered = rules.to_owned();
    for (from, to) in [SLOW_HANDLING, LATE_TIMERS] {
        assert!(lowered.contains(from));
        lowered = lowered.replace(from, to);
    }
    let mut text = String::new();
    for line in lowered.lines() {
        let mut line = match line.split_once("for: ") {
            Some((before, _)) if before.trim().is_empty() => format!("{before}for: {FOR}"),
            _ => line.to_owned(),
        };
        for window in ["1m", "5m", "15m"] {
            line = line.replace(&format!("[{window}]"), &format!("[{WINDOW}]"));
            line = line.replace(&format!("offset {window}"), &format!("offset {WINDOW}"));
        }
        text += &line;
        text.push('\n');
    }
    assert_eq!(
        text.matches(&format!("for: {FOR}\n")).count(),
        alerts().len()
    );
    text
}

//! A real Prometheus that looks at routers every second.

use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};

use aegis_testkit::Program;
use serde_json::Value;
use tempfile::TempDir;

use super::expressions::{alerts, read, rules};
use super::router::http_get;

/// All durations and thresholds of the shipped rules that these tests shorten; nothing else is changed.
pub(crate) const WINDOW: &str = "15s";
const FOR: &str = "1s";
const EVERY: &str = "1s";
/// A heartbeat never takes ten milliseconds here; each takes this long. That it must be one in a hundred of
/// more than a hundred stays as it is.
const SLOW_HANDLING: (&str, &str) = ("_seconds:p99_5m > 0.01", "_seconds:p99_5m > 0.0000001");

/// One pause of the router is one late timer.
const LATE_TIMERS: (&str, &str) = ("timers_late:increase5m > 3", "timers_late:increase5m > 0");

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

        // Which port it was given it says on standard error.
        let mut command = Command::new("sh");
        command
            .args(["-c", "exec prometheus \"$@\" 2>&1", "prometheus"])
            .arg(format!("--config.file={}", file.display()))
            .arg(format!(
                "--storage.tsdb.path={}",
                folder.path().join("data").display()
            ))
            .arg("--web.listen-address=127.0.0.1:0");
        let program = Program::start(&mut command);
        let listening = program.line_with("msg=\"Listening on\"");
        let (_, address) = listening.rsplit_once("address=").unwrap();
        let address = address.to_owned();
        program.line_with("Server is ready to receive web requests");
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
        let path = format!("/api/v1/query?query={}", escaped(query));
        http_get(&self.address, &path).contains("\"metric\"")
    }

    /// Whether it had one at any time in the last half hour.
    pub(crate) fn had(&self, query: &str) -> bool {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        let (start, end) = (now.as_secs() - 1_800, now.as_secs());
        let query = escaped(query);
        let path = format!("/api/v1/query_range?query={query}&start={start}&end={end}&step=1");
        let answer = http_get(&self.address, &path);
        assert!(answer.contains("\"success\""), "{query}: {answer}");
        answer.contains("\"metric\"")
    }
}

/// As it stands in an address.
fn escaped(query: &str) -> String {
    let letters = query.bytes().map(|byte| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'_' => char::from(byte).to_string(),
        byte => format!("%{byte:02X}"),
    });
    letters.collect()
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

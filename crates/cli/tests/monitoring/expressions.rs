//! What is asked of Prometheus, taken apart as far as these tests need.

use std::fs;
use std::path::PathBuf;

use serde_json::Value;

/// One use of a metric, with the labels that are asked of it and their values as written.
#[derive(Debug)]
pub(crate) struct Use {
    pub(crate) metric: String,
    pub(crate) labels: Vec<(String, String)>,
}

/// A file of this repository.
pub(crate) fn path(name: &str) -> PathBuf {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
    PathBuf::from(root).join(name)
}

pub(crate) fn read(name: &str) -> String {
    fs::read_to_string(path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

pub(crate) fn rules() -> String {
    read("deploy/prometheus/rules.yaml")
}

/// The names of all alerts, in their order.
pub(crate) fn alerts() -> Vec<String> {
    let rules = rules();
    let names = rules
        .lines()
        .filter_map(|line| line.trim().strip_prefix("- alert: "));
    names.map(str::to_owned).collect()
}

/// Every expression of the dashboard, with the label that it groups by in its legend.
pub(crate) fn dashboard() -> Vec<String> {
    fn collect(value: &Value, found: &mut Vec<String>) {
        match value {
            Value::Object(map) => {
                for (key, value) in map {
                    match value {
                        Value::String(text) if matches!(key.as_str(), "expr" | "query") => {
                            found.push(text.clone());
                        }
                        _ => collect(value, found),
                    }
                }
            }
            Value::Array(values) => values.iter().for_each(|value| collect(value, found)),
            _ => {}
        }
    }
    let dashboard = serde_json::from_str(&read("deploy/grafana/aegis.json")).unwrap();
    let mut found = Vec::new();
    collect(&dashboard, &mut found);
    found
}

/// Every metric of ours that a text uses. Recorded series (`aegis:...`) are none.
pub(crate) fn uses(text: &str) -> Vec<Use> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == ':';
    let mut rest = text;
    let mut found = Vec::new();
    while let Some(start) = rest.find(is_part) {
        let word_and_rest = &rest[start..];
        let end = word_and_rest
            .find(|c| !is_part(c))
            .unwrap_or(word_and_rest.len());
        let (word, after) = word_and_rest.split_at(end);
        rest = after;
        if word.starts_with("aegis_") || word.starts_with("ipc_") {
            let selector = after
                .strip_prefix('{')
                .and_then(|text| text.split_once('}'));
            found.push(Use {
                metric: word.to_owned(),
                labels: selector.map_or_else(Vec::new, |(inside, _)| selected(inside)),
            });
        }
    }
    found
}

/// `a="b",c=~"d|e"`.
fn selected(selector: &str) -> Vec<(String, String)> {
    let pairs = selector.split(',').filter(|pair| !pair.is_empty());
    let pairs = pairs.map(|pair| {
        let (label, value) = pair.split_once(['=', '!']).unwrap();
        let value = value.trim_start_matches(['=', '~']).trim_matches('"');
        (label.trim().to_owned(), value.to_owned())
    });
    pairs.collect()
}

/// The labels that a text groups and joins by.
pub(crate) fn grouped(text: &str) -> Vec<String> {
    let lists = ["by (", "on (", "ignoring (", "without ("];
    let parts = lists.iter().flat_map(|list| text.split(list).skip(1));
    let inside = parts.filter_map(|part| part.split_once(')').map(|(inside, _)| inside));
    let labels = inside.flat_map(|inside| inside.split(','));
    labels.map(|label| label.trim().to_owned()).collect()
}

//! A scrape, read as Prometheus reads it, by a reader that knows nothing of the writer.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use aegis_broker::BrokerStatus;
use aegis_router::metrics::{HostNumbers, render};
use aegis_router::{Driver, Phase};

use crate::support::Bench;

/// Labels of a series, by name.
pub(crate) type Labels = BTreeMap<String, String>;

#[derive(Debug)]
pub(crate) struct Scrape {
    /// Type by family.
    pub(crate) types: BTreeMap<String, String>,
    pub(crate) series: BTreeMap<(String, Labels), f64>,
    pub(crate) bytes: usize,
}

impl Scrape {
    /// Of a bench as it is now.
    pub(crate) fn of(bench: &Bench, legacy_names: bool) -> Scrape {
        Scrape::embedded(bench.switch.local(), bench.now, legacy_names)
    }

    pub(crate) fn embedded(driver: &Driver, now: Duration, legacy_names: bool) -> Scrape {
        let host = HostNumbers::Embedded(BrokerStatus::default());
        Scrape::read(&render(driver.snapshot(now), host, legacy_names))
    }

    pub(crate) fn on_nats(bench: &Bench) -> Scrape {
        let host = HostNumbers::Nats {
            phase: Phase::BrokerLost,
            hears_disconnects: false,
            unsent: 3,
            fenced: 2,
        };
        let snapshot = bench.switch.local().snapshot(bench.now);
        Scrape::read(&render(snapshot, host, false))
    }

    pub(crate) fn read(text: &str) -> Scrape {
        assert!(text.ends_with("# EOF\n"), "the end is marked");
        let (mut types, mut series) = (BTreeMap::new(), BTreeMap::new());
        for line in text.lines() {
            if let Some(rest) = line.strip_prefix("# TYPE ") {
                let (name, kind) = rest.split_once(' ').unwrap();
                let twice = types.insert(name.to_owned(), kind.to_owned());
                assert_eq!(twice, None, "{name} is begun twice");
            } else if !line.starts_with('#') {
                let (key, value) = line.rsplit_once(' ').unwrap();
                let key = read_key(key);
                let twice = series.insert(key, value.parse().unwrap());
                assert_eq!(twice, None, "{line} is there twice");
            }
        }
        Scrape {
            types,
            series,
            bytes: text.len(),
        }
    }

    /// The value of one series; none if it is not there.
    pub(crate) fn value(&self, name: &str, labels: &[(&str, &str)]) -> Option<f64> {
        let labels = labels
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let key = (name.to_owned(), labels.collect());
        self.series.get(&key).copied()
    }

    /// All series of one name together.
    pub(crate) fn sum(&self, name: &str) -> f64 {
        self.series_of(name).map(|(_, value)| value).sum()
    }

    /// How many values a label has in one name.
    pub(crate) fn values_of(&self, name: &str, label: &str) -> usize {
        let values: BTreeSet<&String> = self
            .series_of(name)
            .map(|(labels, _)| &labels[label])
            .collect();
        values.len()
    }

    fn series_of(&self, name: &str) -> impl Iterator<Item = (&Labels, f64)> {
        let series = self.series.iter().filter(move |((of, _), _)| of == name);
        series.map(|((_, labels), value)| (labels, *value))
    }
}

/// `name{label="value",...}`; values may hold escaped quotes and backslashes.
fn read_key(key: &str) -> (String, Labels) {
    let Some((name, rest)) = key.split_once('{') else {
        return (key.to_owned(), Labels::new());
    };
    let mut labels = Labels::new();
    let mut rest = rest.strip_suffix('}').unwrap();
    while !rest.is_empty() {
        let (label, after) = rest.split_once("=\"").unwrap();
        let (mut value, mut end) = (String::new(), None);
        let mut letters = after.char_indices();
        while let Some((at, letter)) = letters.next() {
            match letter {
                '\\' => value.push(letters.next().unwrap().1),
                '"' => {
                    end = Some(at + 1);
                    break;
                }
                _ => value.push(letter),
            }
        }
        let twice = labels.insert(label.to_owned(), value);
        assert_eq!(twice, None, "{key}");
        rest = after[end.unwrap()..].trim_start_matches(',');
    }
    (name.to_owned(), labels)
}

//! Every name of the catalogue is seen to say what it says: something is done, and its series has the value.

use std::collections::BTreeSet;

use aegis_router::metrics::catalogue::{ALL, Kind, Metric};

use crate::scrape::Scrape;
use crate::{sockets, stories};

/// What was done, as a scrape shows it, and what of that is expected.
pub(crate) struct Story {
    pub(crate) scrape: Scrape,
    pub(crate) seen: Vec<Seen>,
}

/// One series, and its value.
pub(crate) struct Seen {
    name: &'static str,
    labels: Vec<(&'static str, &'static str)>,
    value: Value,
}

#[derive(Debug)]
enum Value {
    Is(f64),
    /// Where exactly so much would be chance.
    Over(f64),
}

pub(crate) fn is(
    name: &'static str,
    labels: &[(&'static str, &'static str)],
    value: impl Into<f64>,
) -> Seen {
    Seen {
        name,
        labels: labels.to_vec(),
        value: Value::Is(value.into()),
    }
}

pub(crate) fn over(
    name: &'static str,
    labels: &[(&'static str, &'static str)],
    value: impl Into<f64>,
) -> Seen {
    Seen {
        value: Value::Over(value.into()),
        ..is(name, labels, 0)
    }
}

impl Seen {
    /// The metric it is a series of.
    fn metric(&self) -> &'static Metric {
        let found = ALL.iter().find(|metric| match metric.kind {
            Kind::Histogram => {
                let rest = self.name.strip_prefix(metric.name);
                rest.is_some_and(|rest| ["_sum", "_count"].contains(&rest))
            }
            Kind::Counter | Kind::Gauge => metric.name == self.name,
        });
        found.unwrap_or_else(|| panic!("{} is not in the catalogue", self.name))
    }

    /// What is wrong with it in a scrape, if anything.
    fn fault(&self, scrape: &Scrape) -> Option<String> {
        let value = scrape.value(self.name, &self.labels);
        let holds = match (&self.value, value) {
            (_, None) => false,
            (Value::Is(wanted), Some(value)) => value == *wanted,
            (Value::Over(least), Some(value)) => value > *least,
        };
        let (name, labels, wanted) = (self.name, &self.labels, &self.value);
        (!holds).then(|| format!("{name} {labels:?}: {value:?}, should be {wanted:?}"))
    }
}

#[test]
fn every_name_has_been_seen_with_a_value_that_something_gave_it() {
    let (mut named, mut faults) = (BTreeSet::new(), Vec::new());
    for story in stories::all().into_iter().chain(sockets::all()) {
        for seen in &story.seen {
            faults.extend(seen.fault(&story.scrape));
            named.insert(seen.metric().name);
        }
    }
    assert_eq!(faults, Vec::<String>::new());
    let unseen: Vec<&str> = ALL
        .iter()
        .map(|metric| metric.name)
        .filter(|name| !named.contains(name))
        .collect();
    assert_eq!(unseen, Vec::<&str>::new(), "no row for these");
}

//! Who is kept out since its calls go badly: not too many, and not for too long.

use std::collections::BTreeMap;
use std::time::Duration;

use aegis_core::Router;
use aegis_types::{Health, Instant};

use super::Judge;
use crate::story::ProcId;

/// How long the first ejection lasts; each further one at most twice as long.
const FIRST: Duration = Duration::from_secs(5);

#[derive(Debug, Default)]
pub(super) struct Outliers {
    ejected: BTreeMap<ProcId, Ejected>,
    /// Instances of each service at the end of the step before.
    present: BTreeMap<String, usize>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Ejected {
    until: Option<Instant>,
    since: Option<Duration>,
    times: u32,
}

impl Judge {
    /// At the end of each step.
    pub(super) fn examine_outliers(&mut self, now: Duration, core: &Router, is_late: bool) {
        for service in core.services() {
            let name = service.name.as_str();
            let (mut present, mut out, mut is_new) = (0, 0, false);
            for view in core.instances_of(name).into_iter().flatten() {
                present += 1;
                let Some(process) = self.process_of(&view) else {
                    continue;
                };
                let ejected = self.outliers.ejected.entry(process).or_default();
                // Let back and put out again in one step, it is out until a later instant.
                if view.ejected_until != ejected.until {
                    (ejected.until, ejected.since) = (view.ejected_until, None);
                }
                if view.ejected_until.is_none() {
                    continue;
                }
                out += 1;
                is_new |= ejected.since.is_none();
                ejected.times += u32::from(ejected.since.is_none());
                let since = *ejected.since.get_or_insert(now);
                let longest = FIRST * (1 << (ejected.times - 1).min(6));
                // Who is taken for gone is looked at again when it comes back.
                let is_gone = view.health == Health::Unhealthy;
                if now > since + longest && !is_late && !is_gone {
                    let text = format!("{process} is kept out since {since:?}, for too long");
                    self.accuse(text, None, Some(process));
                }
            }
            let before = self.outliers.present.insert(name.to_owned(), present);
            // Some may have left in this step, after the ejection.
            if is_new && out * 2 > present.max(before.unwrap_or(0)) {
                let text = format!("{out} of {present} instances of {name} are ejected");
                self.accuse(text, None, None);
            }
        }
    }
}

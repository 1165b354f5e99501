use aegis_types::{AttemptEnd, SelfReport};

use super::outcome::index;
use super::services::report_index;
use super::{ATTEMPT_ENDS, Histogram, MAX_METRIC_INSTANCES, OTHER};
use crate::keys::InstanceKey;

/// What happened to one instance since it registered, or to all that have no numbers of their own.
#[derive(Clone, Debug, Default)]
pub struct InstanceMetrics {
    /// Heartbeats accepted, by what it says of itself: healthy, degraded, unhealthy.
    pub heartbeats: [u64; 3],
    /// Attempts that brought a result, by how long they took.
    pub ok: Histogram,
    /// Attempts that brought none, by how long they took.
    pub failed: Histogram,
    /// The same, by [`ATTEMPT_ENDS`].
    pub failures: [u64; ATTEMPT_ENDS.len()],
}

impl InstanceMetrics {
    /// Of the attempts that brought no result: those whose handler answered with an error.
    pub fn handler_errors(&self) -> u64 {
        self.failures[index(AttemptEnd::HandlerError { retryable: false })]
    }

    pub(crate) fn note_heartbeat(&mut self, report: SelfReport) {
        self.heartbeats[report_index(report)] += 1;
    }
}

/// The numbers of instances; place 0 is for those that share. A place is used again once its
/// instance is gone.
#[derive(Debug)]
pub(crate) struct InstanceTable {
    places: Vec<(Option<InstanceKey>, InstanceMetrics)>,
    free: Vec<u16>,
}

impl Default for InstanceTable {
    fn default() -> InstanceTable {
        InstanceTable {
            places: vec![(None, InstanceMetrics::default())],
            free: Vec::new(),
        }
    }
}

impl InstanceTable {
    /// The place of a new instance. One of a service that shares has none: its id may be that of
    /// another there.
    pub(crate) fn take(&mut self, key: InstanceKey, service: u16, id: &str) -> u16 {
        if service == 0 || id == OTHER {
            return 0;
        }
        if let Some(place) = self.free.pop() {
            self.places[usize::from(place)] = (Some(key), InstanceMetrics::default());
            return place;
        }
        if self.places.len() > MAX_METRIC_INSTANCES {
            return 0;
        }
        let place = self.places.len() as u16;
        self.places.push((Some(key), InstanceMetrics::default()));
        place
    }

    pub(crate) fn give_back(&mut self, place: u16) {
        if place != 0 {
            self.places[usize::from(place)].0 = None;
            self.free.push(place);
        }
    }

    pub(crate) fn at(&mut self, place: u16) -> &mut InstanceMetrics {
        &mut self.places[usize::from(place)].1
    }

    pub(crate) fn other(&self) -> &InstanceMetrics {
        &self.places[0].1
    }

    pub(crate) fn own(&self) -> impl Iterator<Item = (InstanceKey, &InstanceMetrics)> {
        let places = self.places.iter();
        places.filter_map(|(key, metrics)| Some(((*key)?, metrics)))
    }
}

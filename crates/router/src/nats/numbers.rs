//! The numbers of a router on NATS servers: copied under the lock of its host.

use std::sync::{Arc, Mutex, PoisonError, Weak};

use super::host::{Host, SharedHost};
use super::status::NatsStatus;
use crate::metrics::{HostNumbers, MetricsSource, NoSnapshot};

/// The host of the present life.
#[derive(Clone, Debug, Default)]
pub(super) struct Present(Arc<Mutex<Weak<Mutex<Host>>>>);

impl Present {
    pub(super) fn set(&self, host: &SharedHost) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Arc::downgrade(&host.0);
    }

    /// Copying takes well under a millisecond, and for so long the router's thread may have to wait.
    pub(super) fn source(&self, status: NatsStatus) -> MetricsSource {
        let present = self.clone();
        MetricsSource::new(move |_| {
            let host = present
                .0
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .upgrade();
            let host = SharedHost(host.ok_or(NoSnapshot::NotRunning)?);
            let (snapshot, counts) = {
                let host = host.lock();
                (host.driver.snapshot(aegis_broker::now()), host.counts)
            };
            let numbers = HostNumbers::Nats {
                phase: status.phase(),
                hears_disconnects: status.is_witnessing(),
                unsent: counts.unsent,
                fenced: counts.fenced,
            };
            Ok((snapshot, numbers))
        })
    }
}

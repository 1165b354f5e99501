//! A router that fell silent may hang, and its subscriptions stand: the NATS server would go on
//! giving it its share of requests until its pings are unanswered for long enough. A user of the
//! system account can end its connection at once.
//!
//! Which connection is not taken from what that router announced: anybody who may announce a router
//! could have any connection of the server ended. The servers are asked who listens where only that router
//! does.

use super::evidence::{KICKED, UNSEAT};
use super::host::Host;
use super::presence::OtherRouter;
use super::system_account::{kick, read_connections, who_is, who_subscribes};
use crate::observe;

/// How far it is with a silent router.
#[derive(Debug)]
pub(super) struct Unseating {
    router: String,
    /// Where instances answer it.
    responses: String,
    /// Some server knows the account.
    answered: bool,
    /// Connections of its that were found.
    found: u32,
    /// Of those, gone.
    gone: u32,
}

impl Unseating {
    fn is_done(&self) -> bool {
        self.answered && self.gone >= self.found
    }
}

impl Host {
    /// Has its connection ended, if a system account can.
    pub(super) fn unseat(&mut self, silent: &OtherRouter) {
        let responses = self.subjects.responses(&silent.router);
        let Some(evidence) = &mut self.evidence else {
            return;
        };
        let _ = evidence.ask(&who_subscribes(&responses), UNSEAT);
        evidence.unseating = Some(Unseating {
            router: silent.router.clone(),
            responses,
            answered: false,
            found: 0,
            gone: 0,
        });
    }

    /// One server of perhaps many answered.
    pub(super) fn on_silent_found(&mut self, answer: &[u8]) {
        let Some(evidence) = &mut self.evidence else {
            return;
        };
        let (Some(found), Some(unseating)) =
            (read_connections(answer), evidence.unseating.as_mut())
        else {
            return;
        };
        unseating.answered = true;
        let places: Vec<_> = found
            .into_iter()
            .filter(|found| found.subscriptions.contains(&unseating.responses))
            .map(|found| found.place)
            .collect();
        unseating.found += u32::try_from(places.len()).unwrap_or(u32::MAX);
        for place in places {
            let _ = evidence.tell(&kick(&place.server), &who_is(&place), KICKED);
        }
    }

    /// A server did it, or says that there is no such connection any more.
    pub(super) fn on_kicked(&mut self) {
        let evidence = self.evidence.as_mut();
        if let Some(unseating) = evidence.and_then(|evidence| evidence.unseating.as_mut()) {
            unseating.gone += 1;
        }
    }

    /// This router serves in place of a silent one: what that one can still do harm with.
    pub(super) fn tell_what_remains_of(&mut self, silent: &OtherRouter) {
        let evidence = self.evidence.as_mut();
        let unseating = evidence
            .and_then(|evidence| evidence.unseating.take())
            .filter(|unseating| unseating.router == silent.router);
        match unseating {
            Some(unseating) if unseating.is_done() => {
                if unseating.found > 0 {
                    observe::unseated(silent);
                }
            }
            _ => observe::silent_router_remains(silent),
        }
    }
}

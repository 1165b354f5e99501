use std::time::Duration;

use aegis_types::{RetryWish, Safety};

use crate::net::LinkId;
use crate::story::{ActNo, ProcId};

/// A call as its caller made it.
#[derive(Clone, Debug)]
pub(crate) struct CallMade {
    /// The same on every sending.
    pub(crate) act: ActNo,
    pub(crate) caller: ProcId,
    pub(crate) link: LinkId,
    pub(crate) is_native: bool,
    pub(crate) service: String,
    pub(crate) method: &'static str,
    /// What native instances declare about the method.
    pub(crate) safety: Safety,
    pub(crate) wish: RetryWish,
    pub(crate) excluded: Vec<String>,
    pub(crate) max_instances: Option<u8>,
    pub(crate) timeout: Duration,
    /// Made when nothing goes wrong any more.
    pub(crate) must_succeed: bool,
}

impl CallMade {
    pub(crate) fn is_repeatable(&self, on_native: bool) -> bool {
        let is_idempotent = self.is_native && on_native && self.safety == Safety::Idempotent;
        is_idempotent || self.wish == RetryWish::Unknown
    }

    pub(crate) fn max_instances(&self) -> usize {
        usize::from(
            self.max_instances
                .unwrap_or(aegis_types::limits::DEFAULT_MAX_INSTANCES),
        )
    }
}

#[derive(Clone, Debug)]
pub(super) struct Attempt {
    pub(super) life: ProcId,
    /// Which of that life's registrations it was sent to: one may leave and come again.
    pub(super) registration: u32,
    /// Its instance has answered: what comes after is the same again.
    pub(super) is_replied: bool,
    /// The instance proved that its handler did not start.
    pub(super) is_refused: bool,
    /// Nothing is to be waited for any more: answered, or its instance is seen to be gone.
    pub(super) is_over: bool,
    /// Its handler answered with an error before that.
    pub(super) is_failed: bool,
    /// A later life took its instance's id while it was out: its result must not be used.
    pub(super) is_void: bool,
}

#[derive(Clone, Debug)]
pub(super) struct Call {
    pub(super) made: CallMade,
    /// When it reached the switch.
    pub(super) arrived: Option<Duration>,
    /// When its time is over: the true time, whatever the router's clock shows.
    pub(super) ends_by: Option<Duration>,
    /// A native instance had declared the service's methods by then. Without, the router takes
    /// the method for one that only a legacy instance may know.
    pub(super) knows_methods: bool,
    pub(super) attempts: Vec<Attempt>,
    pub(super) is_answered: bool,
    /// Where its answer was first heard.
    pub(super) answered_on: Option<LinkId>,
    /// The answer said that it did not run: it never may, from now on.
    pub(super) is_promised_not_run: bool,
    pub(super) runs: Vec<u32>,
}

impl Call {
    pub(super) fn new(made: CallMade) -> Call {
        Call {
            made,
            arrived: None,
            ends_by: None,
            knows_methods: false,
            attempts: Vec::new(),
            is_answered: false,
            answered_on: None,
            is_promised_not_run: false,
            runs: Vec::new(),
        }
    }

    pub(super) fn may_have_run(&self) -> usize {
        self.attempts.iter().filter(|a| !a.is_refused).count()
    }
}

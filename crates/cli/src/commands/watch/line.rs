//! What a watcher prints.

use aegis_client::{Gap, InstanceChange, InstanceEntry, RouterChange, RouterEntry};
use serde::Serialize;

/// One line. Field names are stable; `event` says which line it is.
#[derive(Debug, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub(super) enum Line {
    /// An instance as it is now.
    Present(Box<InstanceEntry>),
    /// The present state ends here; what follows are changes.
    Listed {
        /// How many instances were listed.
        instances: usize,
        /// Who listed them.
        router: Option<RouterEntry>,
    },
    /// An instance changed.
    Instance(Box<InstanceLine>),
    /// A router changed.
    Router(RouterLine),
    /// Changes may have been missed, until the next `listed`.
    Gap {
        /// `connection_lost` or `too_slow`.
        reason: &'static str,
    },
}

/// See [`InstanceChange`].
#[derive(Debug, Serialize)]
pub(super) struct InstanceLine {
    service: String,
    instance: String,
    incarnation: u64,
    from: Option<String>,
    to: String,
    reason: String,
    evidence: String,
    routable: bool,
    at: String,
}

/// See [`RouterChange`].
#[derive(Debug, Serialize)]
pub(super) struct RouterLine {
    router: String,
    what: String,
    reason: String,
    evidence: String,
    at: String,
}

impl From<InstanceChange> for Line {
    fn from(change: InstanceChange) -> Self {
        Self::Instance(Box::new(InstanceLine {
            service: change.service,
            instance: change.instance,
            incarnation: change.incarnation,
            from: change.from,
            to: change.to,
            reason: change.reason,
            evidence: change.evidence,
            routable: change.routable,
            at: change.at,
        }))
    }
}

impl From<RouterChange> for Line {
    fn from(change: RouterChange) -> Self {
        Self::Router(RouterLine {
            router: change.router,
            what: change.what,
            reason: change.reason,
            evidence: change.evidence,
            at: change.at,
        })
    }
}

impl From<Gap> for Line {
    fn from(gap: Gap) -> Self {
        let reason = match gap {
            Gap::ConnectionLost => "connection_lost",
            Gap::TooSlow => "too_slow",
        };
        Self::Gap { reason }
    }
}

impl Line {
    /// For people.
    pub(super) fn text(&self) -> String {
        match self {
            Self::Present(it) => format!(
                "{} {} is {}{}",
                it.service,
                it.instance,
                it.health,
                why(
                    &it.reason,
                    it.evidence.as_deref().unwrap_or_default(),
                    it.routable
                )
            ),
            Self::Listed {
                instances,
                router: Some(router),
            } => format!(
                "-- instances: {instances}; router {} is {}",
                router.id, router.trust
            ),
            Self::Listed {
                instances,
                router: None,
            } => format!("-- instances: {instances}"),
            Self::Instance(it) => {
                let from = it.from.as_deref().unwrap_or("new");
                let why = why(&it.reason, &it.evidence, it.routable);
                format!(
                    "{} {} {} {from} -> {}{why}",
                    it.at, it.service, it.instance, it.to
                )
            }
            Self::Router(it) => {
                format!(
                    "{} router {} is {}: {} ({})",
                    it.at, it.router, it.what, it.evidence, it.reason
                )
            }
            Self::Gap { reason } => {
                format!("-- {reason}: changes may have been missed; the list follows anew")
            }
        }
    }
}

fn why(reason: &str, evidence: &str, routable: bool) -> String {
    let not = if routable { "" } else { ", not routable" };
    if evidence.is_empty() {
        format!("{not}: {reason}")
    } else {
        format!("{not}: {evidence} ({reason})")
    }
}

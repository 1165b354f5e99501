use std::sync::Arc;
use std::time::Duration;

use aegis_types::Safety;

use crate::keys::MethodKey;

/// What an instance declared when it registered and what it was granted: fixed until it registers
/// again.
///
/// The instances of a service mostly say the same. They share one of these, so that a method table
/// costs its memory once per version of a service and not once per instance.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Terms {
    pub(crate) methods: Box<[DeclaredMethod]>,
    pub(crate) version: Option<Box<str>>,
    pub(crate) heartbeat_interval: Duration,
    pub(crate) lease_ttl: Duration,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct DeclaredMethod {
    pub(crate) method: MethodKey,
    pub(crate) safety: Safety,
    pub(crate) attempt_timeout: Option<Duration>,
}

/// Terms of a service that are remembered for the next who says the same. A service runs one
/// version, or two while it is rolled out.
const REMEMBERED: usize = 4;

/// The terms agreed last with instances of one service, the latest at the end.
#[derive(Debug, Default)]
pub(crate) struct RecentTerms {
    recent: Vec<Arc<Terms>>,
}

impl RecentTerms {
    /// The one that instances share who agreed on these.
    pub(crate) fn share(&mut self, terms: Terms) -> Arc<Terms> {
        if let Some(known) = self.recent.iter().find(|known| ***known == terms) {
            return Arc::clone(known);
        }
        if self.recent.len() >= REMEMBERED {
            self.recent.remove(0);
        }
        let shared = Arc::new(terms);
        self.recent.push(Arc::clone(&shared));
        shared
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(version: &str) -> Terms {
        Terms {
            methods: Box::default(),
            version: Some(version.into()),
            heartbeat_interval: Duration::from_secs(5),
            lease_ttl: Duration::from_secs(30),
        }
    }

    #[test]
    fn those_who_say_the_same_share_it_and_old_versions_are_forgotten() {
        let mut recent = RecentTerms::default();
        let first = recent.share(of("1"));
        assert!(Arc::ptr_eq(&first, &recent.share(of("1"))));
        assert!(!Arc::ptr_eq(&first, &recent.share(of("2"))));
        assert!(Arc::ptr_eq(&first, &recent.share(of("1"))));
        for version in ["3", "4", "5"] {
            recent.share(of(version));
        }
        assert_eq!(recent.recent.len(), REMEMBERED);
        assert!(!Arc::ptr_eq(&first, &recent.share(of("1"))));
    }
}

//! Watching: what happens to services and instances, as the router tells it.
//!
//! Events are published once, so a picture kept from them alone goes wrong with the first one that
//! is lost. A watch therefore begins with a listing, and wherever something may have been lost it
//! says so and lists again.

mod event;
mod feed;

use std::sync::Arc;
use std::time::Duration;

use aegis_bus::Sid;
use aegis_session::{Backoff, Chance};
use aegis_types::ServiceName;
use tokio::time::sleep;
use uuid::Uuid;

pub use event::{Gap, InstanceChange, RouterChange, WatchEvent};
pub(crate) use feed::Feeds;
pub use feed::WATCH_QUEUE;
use feed::{Feed, Next};

use crate::client::Core;
use crate::listing::{self, InstanceEntry};
use crate::{ListError, WatchError};

/// First and longest pause before a listing that nobody answered is asked for again.
const LIST_PAUSES: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(2));

/// What happens to instances, from [`Client::watch`](crate::Client::watch). Ends when dropped.
///
/// ```no_run
/// # async fn example(client: aegis_client::Client) -> Result<(), aegis_client::WatchError> {
/// use aegis_client::WatchEvent;
///
/// let mut watch = client.watch(Some("quotes"))?;
/// while let Some(event) = watch.next().await {
///     match event {
///         WatchEvent::Listed(instances) => println!("{} instances", instances.len()),
///         WatchEvent::InstanceChanged(change) => println!("{change}"),
///         WatchEvent::RouterChanged(change) => println!("{change}"),
///         WatchEvent::Gap(gap) => println!("{gap}; listing again"),
///     }
/// }
/// # Ok(()) }
/// ```
pub struct Watch {
    core: Arc<Core>,
    service: Option<String>,
    feed: Arc<Feed>,
    sids: [Sid; 2],
    /// What is known is old: list before anything else.
    must_list: bool,
    chance: Chance,
    backoff: Backoff,
}

pub(crate) fn watch(core: &Arc<Core>, service: Option<&str>) -> Result<Watch, WatchError> {
    if let Some(service) = service {
        ServiceName::check(service).map_err(|rule| WatchError::InvalidName {
            service: service.to_owned(),
            rule: rule.to_string(),
        })?;
    }
    let service = service.map(str::trim);
    let subject = core.subjects.instance_events(service);
    let feed = Arc::new(Feed::default());
    let instances = core.work.subscribe(&subject, None)?;
    let routers = core
        .work
        .subscribe(&core.subjects.router_event(), None)
        .inspect_err(|_| core.work.unsubscribe(instances))?;
    core.feeds.add([instances, routers], &feed);
    let (first, longest) = LIST_PAUSES;
    Ok(Watch {
        core: Arc::clone(core),
        service: service.map(str::to_owned),
        feed,
        sids: [instances, routers],
        must_list: true,
        chance: Chance::seeded(Uuid::new_v4().as_u64_pair().1),
        backoff: Backoff::new(first, longest),
    })
}

impl Watch {
    /// The next event; waits for it, without a router as long as it takes. `None` once the client
    /// was closed.
    ///
    /// The first is [`WatchEvent::Listed`]. After each [`WatchEvent::Gap`] another follows. What
    /// happened while a listing was made may be told again after it. Dropping the future loses
    /// nothing.
    pub async fn next(&mut self) -> Option<WatchEvent> {
        if self.must_list {
            return self.list().await.map(WatchEvent::Listed);
        }
        match self.feed.next().await {
            Next::Event(event) => Some(*event),
            Next::Gap(gap) => {
                self.must_list = true;
                Some(WatchEvent::Gap(gap))
            }
            Next::Closed => None,
        }
    }

    async fn list(&mut self) -> Option<Vec<InstanceEntry>> {
        loop {
            self.core.work.ready().await;
            // The subscriptions and this request go out on one connection, in this order: what was
            // heard before is in the listing, and nothing that comes after it is missed.
            if !self.feed.start_anew() {
                return None;
            }
            if let Ok(instances) = self.instances().await {
                self.must_list = false;
                self.backoff.reset();
                return Some(instances);
            }
            sleep(self.backoff.pause(&mut self.chance)).await;
        }
    }

    async fn instances(&self) -> Result<Vec<InstanceEntry>, ListError> {
        let Some(service) = &self.service else {
            let mut all = Vec::new();
            for service in listing::services(&self.core).await? {
                all.extend(of_service(&self.core, &service.name).await?);
            }
            return Ok(all);
        };
        of_service(&self.core, service).await
    }
}

/// A service that is not known has no instances; that is no reason not to watch it.
async fn of_service(core: &Core, service: &str) -> Result<Vec<InstanceEntry>, ListError> {
    match listing::instances(core, service).await {
        Err(error) if error.code() == aegis_wire::ErrorCode::UnknownService.text() => {
            Ok(Vec::new())
        }
        result => result,
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.core.feeds.remove(self.sids);
        for sid in self.sids {
            self.core.work.unsubscribe(sid);
        }
    }
}

impl std::fmt::Debug for Watch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Watch")
            .field("service", &self.service)
            .finish_non_exhaustive()
    }
}

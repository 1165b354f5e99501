//! The lives of a router: each looks for others, perhaps stands by, serves, and ends. One that has
//! to give way and may stand by begins anew, with nothing of what it knew.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use aegis_bus::{ConnectOptions, Connection};
use aegis_core::Config;
use aegis_wire::Subjects;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::ear::Ear;
use super::evidence::{Evidence, SystemEar};
use super::host::{Host, News, Parts, SharedHost};
use super::numbers::Present;
use super::presence::OtherRouter;
use super::status::{NatsStatus, Phase};
use super::system_account::{DEFAULT_ACCOUNT, WHO_AM_I, read_account};
use super::{NatsRouterConfig, NatsRouterEnd};
use crate::embedded::unix_micros_at_origin;
use crate::{Driver, DriverOptions, StartError};

/// Longest wait for the server to take a life's subscriptions before it says that it serves.
const SUBSCRIBED_WITHIN: Duration = Duration::from_secs(5);

/// Longest wait for the server to say which account a connection is in.
const ACCOUNT_WITHIN: Duration = Duration::from_secs(2);

/// Pause before it is asked again, if it did not say.
const ASK_ACCOUNT_AGAIN: Duration = Duration::from_secs(5);

/// Chance of a start: secret, since tokens come of it.
pub(super) fn fresh_seed() -> Result<[u8; 32], StartError> {
    let mut seed = [0; 32];
    getrandom::fill(&mut seed).map_err(StartError::Chance)?;
    Ok(seed)
}

/// All lives of one router.
pub(super) struct Lives {
    pub(super) config: NatsRouterConfig,
    pub(super) core: Config,
    pub(super) subjects: Subjects,
    pub(super) status: NatsStatus,
    pub(super) present: Present,
    pub(super) wished: watch::Receiver<bool>,
}

/// How a life ended.
enum End {
    Stopped,
    Yielded(OtherRouter),
}

impl Lives {
    pub(super) async fn run(mut self, seed: [u8; 32]) -> Result<(), NatsRouterEnd> {
        let mut chance = ChaCha8Rng::from_seed(seed);
        let end = loop {
            let mut seed = [0; 32];
            chance.fill_bytes(&mut seed);
            match self.live(seed).await {
                Ok(End::Yielded(_)) if self.config.standby => {}
                Ok(End::Yielded(to)) => break Err(NatsRouterEnd::OtherRouter(Box::new(to))),
                Ok(End::Stopped) => break Ok(()),
                Err(end) => break Err(end),
            }
        };
        self.status.set(Phase::Ended);
        end
    }

    async fn live(&mut self, seed: [u8; 32]) -> Result<End, NatsRouterEnd> {
        let (host, connection, mut news) = self.open(seed)?;
        self.present.set(&host);
        let mut timer = tokio::spawn(keep_time(host.clone()));
        let system = self.open_system_account(&host, &connection);
        let end = self
            .until_it_ends(&host, &connection, &mut news, &mut timer)
            .await;
        timer.abort();
        connection.close().await;
        if let Some((system, account)) = system {
            account.abort();
            system.close().await;
        }
        end
    }

    /// A new host and its connection.
    fn open(
        &self,
        seed: [u8; 32],
    ) -> Result<(SharedHost, Connection, UnboundedReceiver<News>), NatsRouterEnd> {
        let mut driver = Driver::new(DriverOptions {
            config: self.core.clone(),
            subjects: self.subjects.clone(),
            seed,
            unix_micros_at_origin: unix_micros_at_origin(),
        });
        driver.set_clock(aegis_broker::now);
        self.status.set_router(driver.router_id());
        let (news_sender, news) = unbounded_channel();
        let mut shared = None;
        let options = ConnectOptions {
            // It is sure of itself only while it hears itself.
            echo: true,
            ..self.config.connect.clone()
        };
        let connection = Connection::open_with(options, |connection| {
            let host = SharedHost(Arc::new(Mutex::new(Host::new(Parts {
                driver,
                subjects: self.subjects.clone(),
                store: self.config.store.clone(),
                standby: self.config.standby,
                status: self.status.clone(),
                news: news_sender,
                connection: connection.clone(),
            }))));
            shared = Some(host.clone());
            Ear { host, connection }
        });
        let host = shared.ok_or(NatsRouterEnd::ConnectionClosed)?;
        Ok((host, connection, news))
    }

    /// The second connection, if there are credentials for it, and who finds out which account to ask
    /// about: whoever registers meanwhile is looked for as well.
    fn open_system_account(
        &self,
        host: &SharedHost,
        work: &Connection,
    ) -> Option<(Connection, JoinHandle<()>)> {
        let auth = self.config.system_auth.clone()?;
        let options = ConnectOptions {
            auth,
            name: format!("{} system", self.config.connect.name),
            ..self.config.connect.clone()
        };
        let inbox = format!("_INBOX.{}", uuid::Uuid::new_v4().simple());
        let system = Connection::open_with(options, |connection| {
            let evidence = Evidence::new(connection.clone(), inbox);
            let host = host.clone();
            host.lock().gather_evidence(evidence);
            SystemEar { host, connection }
        });
        let account = tokio::spawn(find_account(host.clone(), work.clone()));
        Some((system, account))
    }

    async fn until_it_ends(
        &mut self,
        host: &SharedHost,
        connection: &Connection,
        news: &mut UnboundedReceiver<News>,
        timer: &mut JoinHandle<()>,
    ) -> Result<End, NatsRouterEnd> {
        loop {
            let heard = tokio::select! {
                heard = news.recv() => heard,
                () = self.stop_wished() => {
                    self.finish(host, connection, news).await;
                    return Ok(End::Stopped);
                }
                // It keeps time for ever: without it no deadline would come any more.
                _ = &mut *timer => return Err(NatsRouterEnd::Panicked),
            };
            match heard {
                Some(News::Serving) => {
                    // Without this, whoever is told that it serves might not reach it.
                    if connection.flush(SUBSCRIBED_WITHIN).await.is_ok() {
                        host.lock().note_subscribed();
                    }
                }
                Some(News::Yield(to)) => {
                    self.finish(host, connection, news).await;
                    return Ok(End::Yielded(to));
                }
                Some(News::Failed(end)) => return Err(end),
                Some(News::Idle) => {}
                Some(News::Broken) => return Err(NatsRouterEnd::Panicked),
                Some(News::Gone) | None => return Err(NatsRouterEnd::ConnectionClosed),
            }
        }
    }

    /// Whoever could wish it may be gone: then nobody does.
    async fn stop_wished(&mut self) {
        if self.wished.wait_for(|wish| *wish).await.is_err() {
            std::future::pending::<()>().await;
        }
    }

    /// Takes nothing new and lets what is in flight finish, within the grace.
    async fn finish(
        &mut self,
        host: &SharedHost,
        connection: &Connection,
        news: &mut UnboundedReceiver<News>,
    ) {
        host.lock().begin_stop();
        let idle = async {
            while let Some(heard) = news.recv().await {
                if matches!(heard, News::Idle | News::Gone | News::Broken) {
                    break;
                }
            }
        };
        if tokio::time::timeout(self.config.shutdown_grace, idle)
            .await
            .is_err()
        {
            host.lock().settle_the_rest();
        }
        // Its last answers are on their way; a server that does not take them is not waited for.
        let _ = connection.flush(SUBSCRIBED_WITHIN).await;
    }
}

/// Finds out which account services, callers and this router are in. A server that says nothing may
/// have only one, and its answer may be lost: it is guessed, and asked again. A wrong guess does no
/// harm, since nothing counts as heard that was not proven.
async fn find_account(host: SharedHost, work: Connection) {
    loop {
        work.ready().await;
        let answer = work.request(WHO_AM_I, None, b"", ACCOUNT_WITHIN).await;
        let account = answer.ok().and_then(|reply| read_account(&reply.payload));
        if let Some(account) = account {
            return host.lock().set_account(&account);
        }
        host.lock().set_account(DEFAULT_ACCOUNT);
        tokio::time::sleep(ASK_ACCOUNT_AGAIN).await;
    }
}

/// Calls the host when something is due. A timer only wakes: the host looks at its own clock.
async fn keep_time(host: SharedHost) {
    let notify = Arc::clone(&host.lock().timer);
    loop {
        let due = host.lock().arm();
        match due {
            None => notify.notified().await,
            Some(due) => {
                let wait = due.saturating_sub(aegis_broker::now());
                tokio::select! {
                    biased;
                    () = notify.notified() => continue,
                    () = tokio::time::sleep(wait) => {}
                }
            }
        }
        host.lock().on_timer();
    }
}

#[cfg(test)]
mod tests;

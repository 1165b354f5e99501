//! A connection that tells what was heard and what was refused.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use aegis_bus::{ConnectOptions, Connection, Delivery, DialError, ServerError, Subscriber};
use tokio::sync::Notify;
use tokio::time::timeout;

/// Most messages and refusals that are kept: a tap of ours on a busy subject must not fill the memory.
const MAX_KEPT: usize = 10_000;

/// How a status line begins that says that nobody listens.
const NO_RESPONDERS: &[u8] = b"NATS/1.0 503";

/// One message that came.
#[derive(Debug, Clone)]
pub(super) struct Heard {
    pub(super) subject: String,
    pub(super) payload: Vec<u8>,
    /// It is the server's word that nobody listens.
    pub(super) is_no_responders: bool,
}

/// Why a question has no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Unanswered {
    /// Nobody listens there.
    NoResponders,
    /// These credentials may not publish there.
    Denied,
    /// Nothing came in time.
    Silence,
    /// The connection is gone.
    Lost,
}

/// A connection, and what came over it.
#[derive(Debug)]
pub(super) struct Probe {
    pub(super) connection: Connection,
    /// First tokens of the subjects where answers come.
    inbox: String,
    kept: Arc<Kept>,
    patience: Duration,
}

#[derive(Debug, Default)]
struct Kept {
    heard: Mutex<Vec<Heard>>,
    refused: Mutex<Vec<String>>,
    more: Notify,
}

struct Ear {
    kept: Arc<Kept>,
}

impl Subscriber for Ear {
    fn on_message(&mut self, message: Delivery<'_>) {
        keep(
            &self.kept.heard,
            Heard {
                subject: message.subject.to_owned(),
                payload: message.payload.to_vec(),
                is_no_responders: message.payload.is_empty()
                    && message
                        .headers
                        .is_some_and(|headers| headers.starts_with(NO_RESPONDERS)),
            },
        );
        self.kept.more.notify_one();
    }

    fn on_refused(&mut self, _kind: ServerError, text: &str) {
        keep(&self.kept.refused, text.to_owned());
        self.kept.more.notify_one();
    }
}

impl Probe {
    /// Connects to a broker.
    ///
    /// # Errors
    /// Why it is not let in; without a reason, there was none within `patience`.
    pub(super) async fn open(
        options: ConnectOptions,
        patience: Duration,
    ) -> Result<Self, Option<DialError>> {
        let kept = Arc::<Kept>::default();
        let ear = Ear {
            kept: Arc::clone(&kept),
        };
        let connection = Connection::open(options, ear);
        let inbox = format!("_INBOX.{}", nonce());
        let established = timeout(patience, connection.established()).await;
        match established {
            Ok(Ok(())) => {}
            Ok(Err(error)) => return Err(Some(error)),
            Err(_) => return Err(connection.last_failure().map(|(_, error)| error)),
        }
        // A list of so few subscriptions has room.
        let _ = connection.subscribe(&format!("{inbox}.>"), None);
        Ok(Self {
            connection,
            inbox,
            kept,
            patience,
        })
    }

    /// The pattern of all answers.
    pub(super) fn inbox_pattern(&self) -> String {
        format!("{}.>", self.inbox)
    }

    /// Where the answer named `name` comes.
    pub(super) fn inbox(&self, name: &str) -> String {
        format!("{}.{name}", self.inbox)
    }

    /// Waits until the broker has read everything, and its refusals have come.
    pub(super) async fn settle(&self) -> bool {
        self.connection.flush(self.patience).await.is_ok()
    }

    /// How long the broker takes to answer; the best of a few.
    pub(super) async fn round_trip(&self) -> Option<Duration> {
        let mut best: Option<Duration> = None;
        for _ in 0..3 {
            let begun = Instant::now();
            self.settle().await.then_some(())?;
            let took = begun.elapsed();
            best = Some(best.map_or(took, |best| best.min(took)));
        }
        best
    }

    /// Everything that came on a subject that begins so.
    pub(super) fn heard_on(&self, beginning: &str) -> Vec<Heard> {
        let heard = lock(&self.kept.heard);
        let matching = heard.iter().filter(|it| it.subject.starts_with(beginning));
        matching.cloned().collect()
    }

    /// Everything that was refused, in the broker's words.
    pub(super) fn refusals(&self) -> Vec<String> {
        lock(&self.kept.refused).clone()
    }

    /// Waits until `done`, at most this long. Says whether it was.
    pub(super) async fn wait(&self, at_most: Duration, done: impl Fn(&Self) -> bool) -> bool {
        let wait = async {
            while !done(self) {
                self.kept.more.notified().await;
            }
        };
        timeout(at_most, wait).await.is_ok()
    }

    /// Asks one question; the first answer counts.
    ///
    /// # Errors
    /// See [`Unanswered`].
    pub(super) async fn ask(
        &self,
        subject: &str,
        payload: &[u8],
        patience: Duration,
    ) -> Result<Vec<u8>, Unanswered> {
        let reply = self.inbox(&nonce());
        let sent = self
            .connection
            .publish(subject, Some(&reply), None, payload);
        if sent.is_err() || !self.settle().await {
            return Err(Unanswered::Lost);
        }
        let denied = format!("Publish to \"{subject}\"");
        if self.refusals().iter().any(|it| it.contains(&denied)) {
            return Err(Unanswered::Denied);
        }
        self.wait(patience, |it| !it.heard_on(&reply).is_empty())
            .await;
        match self.heard_on(&reply).first() {
            Some(answer) if answer.is_no_responders => Err(Unanswered::NoResponders),
            Some(answer) => Ok(answer.payload.clone()),
            None => Err(Unanswered::Silence),
        }
    }
}

/// A token that nobody else uses.
pub(super) fn nonce() -> String {
    uuid::Uuid::new_v4().simple().to_string()
}

fn keep<T>(list: &Mutex<Vec<T>>, item: T) {
    let mut list = lock(list);
    if list.len() < MAX_KEPT {
        list.push(item);
    }
}

fn lock<T>(list: &Mutex<Vec<T>>) -> MutexGuard<'_, Vec<T>> {
    list.lock().unwrap_or_else(PoisonError::into_inner)
}

//! Asks the router what is to be answered, as any operator does: over its broker, so that its loop knows
//! no locks and no second way in.

use std::fmt;
use std::time::Duration;

use aegis_bus::ConnectOptions;
use aegis_client::{Client, ListError};
use tokio::sync::{OnceCell, Semaphore};

use super::problem::Problem;

/// How long the router has for everything that one answer needs.
pub(super) const PATIENCE: Duration = Duration::from_secs(2);
/// Requests that may wait for the router at once; more wait for these. It bounds what a flood of
/// requests costs the router's loop.
const MAX_AT_ONCE: usize = 8;

/// Where the router can be asked.
#[derive(Clone, Debug)]
pub(crate) struct WhereToAsk {
    /// Servers as a client takes them.
    pub(crate) servers: String,
    /// Who we are there; nobody on the embedded broker.
    pub(crate) options: ConnectOptions,
    /// First token of every subject.
    pub(crate) prefix: String,
}

/// A connection that is made when somebody first asks, and kept.
pub(super) struct Asking {
    place: WhereToAsk,
    client: OnceCell<Client>,
    at_once: Semaphore,
}

impl Asking {
    pub(super) fn new(place: WhereToAsk) -> Self {
        Self {
            place,
            client: OnceCell::new(),
            at_once: Semaphore::new(MAX_AT_ONCE),
        }
    }

    /// The answer, or why there is none: always within [`PATIENCE`].
    pub(super) async fn ask<T>(
        &self,
        question: impl AsyncFnOnce(&Client) -> Result<T, ListError>,
    ) -> Result<T, Problem> {
        let answer = async {
            let _turn = self.at_once.acquire().await;
            let client = self.client.get_or_try_init(|| self.connect()).await?;
            question(client).await.map_err(Problem::from)
        };
        tokio::time::timeout(PATIENCE, answer)
            .await
            .unwrap_or_else(|_| {
                Err(Problem::unavailable(format!(
                    "the router did not answer within {PATIENCE:?}"
                )))
            })
    }

    async fn connect(&self) -> Result<Client, Problem> {
        let options = self.place.options.clone();
        let mut builder = Client::builder()
            .auth(options.auth)
            .learn_servers(options.learns_servers);
        if let Some(tls) = options.tls {
            builder = builder.tls(tls);
        }
        builder
            .name("aegis admin")
            .subject_prefix(&self.place.prefix)
            .connect_timeout(PATIENCE)
            .connect(&self.place.servers)
            .await
            .map_err(|error| Problem::unavailable(error.to_string()))
    }
}

impl fmt::Debug for Asking {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Asking")
            .field("servers", &self.place.servers)
            .finish_non_exhaustive()
    }
}

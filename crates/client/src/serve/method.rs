use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use aegis_session::admission::Refusal;
use aegis_types::Safety;
use bytes::Bytes;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::discovery::MethodStats;
use super::job::Running;
use super::reply::Reply;
use super::workers::{Work, Workers};
use super::{Context, HandlerError};
use crate::call::Inherited;
use crate::clock;
use crate::value;

/// One declared method: what it promises, and how to run it.
pub(crate) struct Method {
    pub(crate) safety: Safety,
    pub(crate) stats: Arc<MethodStats>,
    pub(crate) run: Box<dyn Run>,
}

/// Runs requests of one method. Erased here: which handler it is, nobody else needs to know.
pub(crate) trait Run: Send + Sync {
    /// Has the handler run on the service's runtime.
    fn start(&self, running: Running);
}

impl<W: Work> Run for Workers<W> {
    fn start(&self, running: Running) {
        self.run(&running.runtime(), running);
    }
}

struct Typed<F, D, E> {
    handler: F,
    decode: D,
    encode: E,
    stats: Arc<MethodStats>,
}

impl<F, D, E, P, R, Fut> Work for Typed<F, D, E>
where
    F: Fn(Context, P) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<R, HandlerError>> + Send + 'static,
    D: Fn(Bytes) -> Result<P, String> + Copy + Send + Sync + 'static,
    E: Fn(R) -> Result<Bytes, String> + Copy + Send + Sync + 'static,
    P: Send + 'static,
    R: Send + 'static,
{
    async fn run(&self, mut running: Running) {
        // Between being admitted and being run, the process may have been stopped.
        let started = clock::now();
        if running.is_expired(started) {
            return running.finish(&Reply::Refused(Refusal::Expired), Duration::ZERO);
        }
        running.start(started);
        let (context, params) = (running.context(), running.take_params());
        let inherited = Inherited::from(&context);
        // What reads and writes a value is the user's code as well.
        let reply = unless_it_panics(async {
            let params = match (self.decode)(params) {
                Ok(params) => params,
                Err(reason) => return Reply::InvalidParams(reason),
            };
            let handler = async { (self.handler)(context, params).await };
            match inherited.scope(handler).await {
                Err(error) => Reply::Failed(error),
                Ok(result) => (self.encode)(result).map_or_else(Reply::NotEncodable, Reply::Done),
            }
        });
        let reply = reply.await.unwrap_or(Reply::Panicked);
        let took = clock::now().saturating_since(started);
        self.stats.ended(took);
        if let Some((code, text)) = reply.failure() {
            self.stats.failed(code, text);
        }
        running.finish(&reply, took);
    }
}

/// A method with params and result through serde.
pub(crate) fn typed<P, R, F, Fut>(safety: Safety, handler: F) -> Method
where
    P: DeserializeOwned + Send + 'static,
    R: Serialize + Send + 'static,
    F: Fn(Context, P) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<R, HandlerError>> + Send + 'static,
{
    let stats = Arc::new(MethodStats::default());
    let run = Box::new(Workers::new(Typed {
        handler,
        decode: |params: Bytes| value::decode::<P>(&params),
        encode: |result: R| value::encode(&result),
        stats: Arc::clone(&stats),
    }));
    Method { safety, stats, run }
}

/// A method that takes and gives MessagePack as it is.
pub(crate) fn raw<F, Fut>(safety: Safety, handler: F) -> Method
where
    F: Fn(Context, Bytes) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<Bytes, HandlerError>> + Send + 'static,
{
    let stats = Arc::new(MethodStats::default());
    let run = Box::new(Workers::new(Typed {
        handler,
        decode: Ok::<Bytes, String>,
        encode: Ok::<Bytes, String>,
        stats: Arc::clone(&stats),
    }));
    Method { safety, stats, run }
}

/// The output of a future, `None` if it panics: a broken request must not take the service down.
async fn unless_it_panics<T>(future: impl Future<Output = T>) -> Option<T> {
    let mut future = pin!(future);
    poll_fn(|context| {
        let poll = AssertUnwindSafe(|| future.as_mut().poll(context));
        match catch_unwind(poll) {
            Ok(Poll::Pending) => Poll::Pending,
            Ok(Poll::Ready(output)) => Poll::Ready(Some(output)),
            Err(_) => Poll::Ready(None),
        }
    })
    .await
}

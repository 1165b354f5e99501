//! One instance of a service, in a process that tests may pause and kill:
//! `test_service URL SERVICE INSTANCE`. Sends a heartbeat every second.

use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use aegis_client::{Client, Context, HandlerError, Safety, Service};

const HEARTBEAT_INTERVAL: Duration = Duration::from_secs(1);

/// Handlers that keep a core busy run on as many workers as tests have cores.
#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    aegis_testkit::end_with_parent();
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [url, service, instance] = &arguments[..] else {
        return Err("usage: test_service URL SERVICE INSTANCE".into());
    };
    let client = Client::connect(url).await?;
    let serving = client.serve(declare(service, instance)).await?;
    writeln!(std::io::stdout(), "serving {service} as {instance}")?;
    serving.stopped().await;
    Ok(())
}

fn declare(service: &str, instance: &str) -> Service {
    let acts = Arc::new(AtomicU64::new(0));
    let counted = Arc::clone(&acts);
    Service::new(service)
        .instance_id(instance)
        .concurrency(256)
        .heartbeat_interval(HEARTBEAT_INTERVAL)
        .method("work", Safety::Idempotent, work)
        .method("burn", Safety::Idempotent, burn)
        .method("ship", Safety::AtMostOnce, work)
        .method("act", Safety::AtMostOnce, move |_, (): ()| {
            acts.fetch_add(1, Ordering::Relaxed);
            async { Ok(()) }
        })
        .method("acts", Safety::Idempotent, move |_, (): ()| {
            let acts = counted.load(Ordering::Relaxed);
            async move { Ok(acts) }
        })
}

/// Takes that many milliseconds and says who did it.
async fn work(context: Context, millis: u64) -> Result<String, HandlerError> {
    tokio::time::sleep(Duration::from_millis(millis)).await;
    Ok(context.instance().to_owned())
}

/// Keeps a worker of the runtime busy for that many milliseconds and never lets go of it.
async fn burn(_: Context, millis: u64) -> Result<u64, HandlerError> {
    let end = Instant::now() + Duration::from_millis(millis);
    let mut turns: u64 = 0;
    while Instant::now() < end {
        turns = std::hint::black_box(turns.wrapping_add(1));
    }
    Ok(turns)
}

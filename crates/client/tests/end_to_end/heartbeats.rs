//! What heartbeats say, as anybody on the broker can read it.

use std::time::Duration;

use aegis_bus::{ConnectOptions, Connection, Delivery, Subscriber};
use aegis_client::{Context, Lifecycle, Safety, SelfReport};
use aegis_wire::instance::HeartbeatRequest;
use tokio::sync::mpsc;
use tokio::time::timeout;

use crate::router::{Router, SOON, quick};

/// One heartbeat, as far as these tests look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Heard {
    pub(crate) status: SelfReport,
    pub(crate) in_flight: u32,
    pub(crate) capacity: Option<u32>,
    pub(crate) lifecycle: Lifecycle,
    pub(crate) lag_ms: u64,
}

struct Listener(mpsc::UnboundedSender<Heard>);

impl Subscriber for Listener {
    fn on_message(&mut self, message: Delivery<'_>) {
        let request = HeartbeatRequest::decode(message.payload).unwrap();
        let native = request.native.unwrap();
        let _ = self.0.send(Heard {
            status: request.status,
            in_flight: native.in_flight,
            capacity: native.capacity,
            lifecycle: native.lifecycle,
            lag_ms: native.lag_ms,
        });
    }
}

/// Hears every heartbeat that goes to the router.
pub(crate) struct Eavesdropper {
    heard: mpsc::UnboundedReceiver<Heard>,
    _connection: Connection,
}

impl Eavesdropper {
    pub(crate) async fn on(router: &Router) -> Eavesdropper {
        let (sender, heard) = mpsc::unbounded_channel();
        let options = ConnectOptions::new(vec![router.address().into()]);
        let connection = Connection::open(options, Listener(sender));
        connection
            .subscribe("ipc.service.heartbeat.>", None)
            .unwrap();
        connection.ready().await;
        Eavesdropper {
            heard,
            _connection: connection,
        }
    }

    /// The next heartbeat of which this is true.
    pub(crate) async fn until(&mut self, what: &str, wanted: impl Fn(&Heard) -> bool) -> Heard {
        let found = async {
            loop {
                let heard = self.heard.recv().await.unwrap();
                if wanted(&heard) {
                    return heard;
                }
            }
        };
        timeout(SOON, found).await.expect(what)
    }
}

#[tokio::test]
async fn the_first_heartbeat_follows_the_registration_at_once() {
    let router = Router::start_with(|config| {
        config.heartbeat_interval = Duration::from_secs(100);
        config.lease_ttl = Duration::from_secs(300);
    });
    let mut ear = Eavesdropper::on(&router).await;
    let client = router.client().await;
    let service = quick("calm", "c-1")
        .heartbeat_interval(Duration::from_secs(100))
        .concurrency(7)
        .queue(11)
        .method("rest", Safety::Idempotent, |_: Context, (): ()| async {
            Ok(())
        });
    let _serving = client.serve(service).await.unwrap();
    let heard = ear.until("a heartbeat", |_| true).await;
    assert_eq!((heard.in_flight, heard.capacity), (0, Some(18)));
    assert_eq!(heard.lifecycle, Lifecycle::Serving);
}

#[tokio::test]
async fn an_instances_own_word_goes_out_at_once_and_stays() {
    let router = Router::start();
    let mut ear = Eavesdropper::on(&router).await;
    let client = router.client().await;
    let service = quick("moody", "m-1")
        .heartbeat_interval(Duration::from_secs(5))
        .method("rest", Safety::Idempotent, |_: Context, (): ()| async {
            Ok(())
        });
    let serving = client.serve(service).await.unwrap();
    for report in [
        SelfReport::Degraded,
        SelfReport::Unhealthy,
        SelfReport::Healthy,
    ] {
        serving.report(report);
        assert_eq!(serving.status().report, report);
        ear.until("the word", |heard| heard.status == report).await;
    }
}

/// The runtime has one thread, and the handler blocks it: the lifeline says so meanwhile.
#[test]
fn a_blocked_runtime_is_told_as_lag_and_as_degraded() {
    let router = Router::start();
    let (release, held) = std::sync::mpsc::channel::<()>();
    let url = router.url();
    let service = std::thread::spawn(move || {
        let handlers = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        handlers.block_on(async {
            let client = aegis_client::Client::connect(&url).await.unwrap();
            let held = std::sync::Mutex::new(held);
            let block = move |_: Context, (): ()| {
                let _ = held.lock().unwrap().recv();
                async { Ok(()) }
            };
            let service = quick("stuck", "s-1").method("block", Safety::AtMostOnce, block);
            let serving = client.serve(service).await.unwrap();
            serving.stopped().await;
        });
    });
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let mut ear = Eavesdropper::on(&router).await;
        let client = router.client().await;
        ear.until("a heartbeat", |_| true).await;
        let call = tokio::spawn(async move { client.call::<_, ()>("stuck", "block", &()).await });
        let late = ear
            .until("lag", |heard| heard.status == SelfReport::Degraded)
            .await;
        assert!(late.lag_ms >= 1000, "{late:?}");
        assert_eq!(late.in_flight, 1);
        release.send(()).unwrap();
        call.await.unwrap().unwrap();
        let well = ear
            .until("recovery", |heard| heard.status == SelfReport::Healthy)
            .await;
        assert!(well.lag_ms <= 1000, "{well:?}");
    });
    drop((release, service));
}

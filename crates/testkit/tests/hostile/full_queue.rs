use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aegis_client::{CallError, Client, Context, HandlerError, Outcome, Safety, Service};
use aegis_testkit::{Direction, FaultProxy, PATIENCE, TestRouter};
use tokio::runtime::Runtime;
use tokio::task::JoinSet;

use crate::scene::settings;

/// More than every buffer on the way holds.
const CALLS: usize = 400;
const BODY_BYTES: usize = 100_000;

const TIMEOUT: Duration = Duration::from_secs(3);

/// Calls that came to the handler, by number.
type Started = Arc<Mutex<BTreeSet<usize>>>;

/// `bulk`: `take` reads a long text, `give` answers with one.
fn bulk(started: &Started) -> Service {
    let (taken, given) = (Arc::clone(started), Arc::clone(started));
    let note = |started: &Started, number| {
        started
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(number)
    };
    Service::new("bulk")
        .instance_id("b-1")
        .concurrency(CALLS)
        .method(
            "take",
            Safety::AtMostOnce,
            move |_: Context, (number, _): (usize, String)| {
                note(&taken, number);
                async move { Ok::<_, HandlerError>((number, String::new())) }
            },
        )
        .method(
            "give",
            Safety::AtMostOnce,
            move |_: Context, (number, _): (usize, String)| {
                note(&given, number);
                async move { Ok::<_, HandlerError>((number, "x".repeat(BODY_BYTES))) }
            },
        )
}

async fn call(client: Client, method: &'static str, number: usize, body: String) -> Ended {
    call_within(TIMEOUT, client, method, number, body).await
}

async fn call_within(
    timeout: Duration,
    client: Client,
    method: &'static str,
    number: usize,
    body: String,
) -> Ended {
    let request = client.request("bulk", method).timeout(timeout);
    let answer: Result<(usize, String), CallError> = request.send(&(number, body)).await;
    (number, answer.map(|(answered, _)| answered))
}

type Ended = (usize, Result<usize, CallError>);

async fn flood(client: &Client, method: &'static str, body_bytes: usize) -> Vec<Ended> {
    let mut calls = JoinSet::new();
    for number in 0..CALLS {
        calls.spawn(call(client.clone(), method, number, "x".repeat(body_bytes)));
    }
    calls.join_all().await
}

struct World {
    _router: TestRouter,
    runtime: Runtime,
    /// Between the one under test and the broker.
    network: FaultProxy,
    near: Client,
    far: Client,
    started: Started,
}

impl World {
    fn new() -> World {
        let router = TestRouter::start_with(settings());
        let network = FaultProxy::in_front_of(router.port());
        let runtime = Runtime::new().expect("a runtime");
        let (near, far) = runtime.block_on(async {
            let near = Client::connect(&router.url()).await.expect("a connection");
            (
                near,
                Client::connect(&network.url()).await.expect("a connection"),
            )
        });
        World {
            _router: router,
            runtime,
            network,
            near,
            far,
            started: Arc::default(),
        }
    }

    /// The broker takes nothing more from the far client's calls and answers; its heartbeats pass.
    fn stop_reading_far(&self) {
        for connection in self.network.connections() {
            if !connection.opening().contains("lifeline") {
                connection.silence(Direction::ToBroker);
            }
        }
    }

    fn has_started(&self, number: usize) -> bool {
        self.started
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .contains(&number)
    }
}

#[test]
fn calls_that_a_full_queue_refuses_say_so_and_never_run() {
    let world = World::new();
    world.runtime.block_on(async {
        let _serving = world
            .near
            .serve(bulk(&world.started))
            .await
            .expect("it registers");
        world.stop_reading_far();
        let ended = flood(&world.far, "take", BODY_BYTES).await;
        let mut refused = Vec::new();
        for (number, answer) in &ended {
            let error = answer.as_ref().expect_err("nothing passes");
            if error.outcome() == Outcome::NotRun {
                assert_eq!(error.code(), "OVERLOADED", "{error}");
                refused.push(*number);
            }
        }
        println!("{} of {CALLS} refused", refused.len());
        assert!(
            !refused.is_empty() && refused.len() < CALLS,
            "{} refused",
            refused.len()
        );
        world.network.heal();
        // It waits its turn behind all that was taken.
        let last = call_within(PATIENCE, world.far.clone(), "take", CALLS, String::new());
        let (_, last) = last.await;
        assert_eq!(last.expect("the way is free"), CALLS);
        // Whatever waited came before this one.
        for number in refused {
            assert!(!world.has_started(number), "{number} was refused and ran");
        }
    });
}

#[test]
fn answers_that_find_a_full_queue_leave_the_outcome_unknown() {
    let world = World::new();
    world.runtime.block_on(async {
        let serving = world
            .far
            .serve(bulk(&world.started))
            .await
            .expect("it registers");
        world.stop_reading_far();
        let ended = flood(&world.near, "give", 0).await;
        for (number, answer) in &ended {
            let error = answer.as_ref().expect_err("no answer passes");
            // What never came to the instance may be proven not to have run, and only that.
            assert!(
                error.outcome() == Outcome::Unknown || !world.has_started(*number),
                "{number}: {error}"
            );
        }
        world.network.heal();
        // The first answers after it may still find the queue full of the old ones.
        let answered = async {
            while call(world.near.clone(), "give", CALLS, String::new())
                .await
                .1
                .is_err()
            {}
        };
        let answered = tokio::time::timeout(PATIENCE, answered).await;
        answered.expect("it serves again");
        assert!(serving.status().heartbeats.is_registered());
    });
}

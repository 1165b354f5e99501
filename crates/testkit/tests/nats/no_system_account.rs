//! Without the credentials of a system account nobody tells the router whose connection ended: it asks.

use std::process::Command;
use std::time::{Duration, Instant};

use aegis_client::{CallError, Client, Outcome};
use aegis_testkit::{Config, NatsServer, Program, serving_router, wait_for};
use tokio::runtime::Runtime;
use tokio::task::JoinHandle;

/// Leases and calls that outlast this test: neither may be what ends a call.
const LEASE_TTL: Duration = Duration::from_secs(120);
const TIMEOUT: Duration = Duration::from_secs(60);

/// A second of silence, half a second for the probe's answer, and a slow machine.
const SOON: Duration = Duration::from_secs(20);

/// How long the work takes whose answer is waited for, in milliseconds. It is begun anew elsewhere.
const WORK_MS: u64 = 3_000;

struct World {
    runtime: Runtime,
    client: Client,
}

impl World {
    fn call(
        &self,
        method: &'static str,
        work_ms: u64,
    ) -> JoinHandle<(Duration, Result<String, CallError>)> {
        let client = self.client.clone();
        self.runtime.spawn(async move {
            let begun = Instant::now();
            let request = client.request("depot", method).timeout(TIMEOUT);
            let answer = request.send(&work_ms).await;
            (begun.elapsed(), answer)
        })
    }

    fn wait_for_in_flight(&self, instance: &str, calls: u64) {
        wait_for("calls in flight on the instance", || {
            let entry = self
                .runtime
                .block_on(self.client.instance("depot", instance));
            let entry = entry.ok()??;
            (entry.in_flight == calls).then_some(())
        });
    }
}

fn instance(url: &str, name: &str) -> Program {
    let program =
        Program::start(Command::new(env!("CARGO_BIN_EXE_test_service")).args([url, "depot", name]));
    program.line_with("serving");
    program
}

#[test]
fn what_is_in_flight_on_a_killed_instance_is_answered_by_a_probe() {
    let Some(server) = NatsServer::start("") else {
        return;
    };
    let url = server.url();
    let core = Config {
        heartbeat_interval: Duration::from_secs(1),
        lease_ttl: LEASE_TTL,
        ..Config::default()
    };
    let router = serving_router(&url, core, None).expect("a router");
    let runtime = Runtime::new().expect("a runtime");
    let client = runtime.block_on(Client::connect(&url));
    let client = client.expect("an address");
    let world = World { runtime, client };
    let mut victim = instance(&url, "victim");
    let moved = world.call("work", WORK_MS);
    let lost = world.call("ship", u64::MAX);
    world.wait_for_in_flight("victim", 2);
    let _other = instance(&url, "other");
    victim.crash();
    // Nobody calls anybody meanwhile.
    let (after, answer) = world.runtime.block_on(lost).expect("no panic");
    println!("at most once: answered after {after:?}");
    let error = answer.expect_err("nobody knows");
    assert_eq!(error.outcome(), Outcome::Unknown, "{error}");
    assert!(after < SOON, "told after {after:?}");
    let (after, answer) = world.runtime.block_on(moved).expect("no panic");
    println!("idempotent: answered after {after:?}");
    assert_eq!(answer.expect("it moves").as_str(), "other");
    assert!(after < SOON, "answered after {after:?}");
    router.stop().expect("the router ends well");
}

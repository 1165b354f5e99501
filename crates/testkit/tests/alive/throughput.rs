use std::time::{Duration, Instant};

use aegis_client::Client;

use crate::process;
use crate::stage::alone;
use crate::world::{Onlooker, router};

const CALLERS: usize = 64;
const CALLS_EACH: u32 = 60;
const HANDLER: Duration = Duration::from_millis(50);

/// The figure of record is 0.95; this machine is shared.
const AT_LEAST: f64 = 0.8;

#[test]
fn callers_of_a_slow_handler_wait_for_nothing_but_the_handler() {
    let _machine = alone();
    let router = router();
    let onlooker = Onlooker::at(&router.url());
    let _one = process::instance(&router.url(), "steady", "one");
    let _two = process::instance(&router.url(), "steady", "two");
    let start = Instant::now();
    let callers: Vec<_> = (0..CALLERS)
        .map(|_| onlooker.spawn(call(onlooker.client())))
        .collect();
    for caller in callers {
        onlooker.join(caller);
    }
    let share = (HANDLER * CALLS_EACH).as_secs_f64() / start.elapsed().as_secs_f64();
    println!("{CALLERS} callers of a {HANDLER:?} handler: {share:.3} of what is possible");
    assert!(share >= AT_LEAST, "only {share:.3} of what is possible");
}

async fn call(client: Client) {
    let millis = HANDLER.as_millis() as u64;
    for _ in 0..CALLS_EACH {
        let called: Result<String, _> = client.call("steady", "work", &millis).await;
        called.expect("a call to a healthy service");
    }
}

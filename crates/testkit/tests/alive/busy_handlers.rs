use std::cell::Cell;
use std::time::Duration;

use crate::process;
use crate::stage::alone;
use crate::world::{LEASE_TTL, Onlooker, router, silent_for};

/// How long the handlers keep both workers busy, in seconds; the figure of record is 30.
const SECONDS_VARIABLE: &str = "AEGIS_BUSY_SECONDS";
const SECONDS: u64 = 10;

/// One per worker of the instance's runtime, and as many waiting behind them.
const CALLS: u64 = 4;

#[test]
fn handlers_that_take_every_core_do_not_look_like_death() {
    let _machine = alone();
    let seconds = std::env::var(SECONDS_VARIABLE)
        .map_or(SECONDS, |text| text.parse().expect("a number of seconds"));
    let span = Duration::from_secs(seconds);
    let router = router();
    let onlooker = Onlooker::at(&router.url());
    let _busy = process::instance(&router.url(), "steady", "busy");
    let millis = seconds * 1000 * 2 / CALLS;
    let calls: Vec<_> = (0..CALLS)
        .map(|_| {
            let client = onlooker.client();
            onlooker.spawn(async move {
                let burn = client.request("steady", "burn").timeout(span * 3);
                burn.send::<_, u64>(&millis).await
            })
        })
        .collect();
    let longest = Cell::new(Duration::ZERO);
    onlooker.watch("steady", span, |instances| {
        let [busy] = instances else {
            panic!("not one instance: {instances:?}");
        };
        assert_ne!(busy.health, "unhealthy", "{busy:?}");
        longest.set(longest.get().max(silent_for(busy)));
    });
    println!("busy for {span:?}: silent for at most {:?}", longest.get());
    assert!(longest.get() < LEASE_TTL);
    for call in calls {
        onlooker.join(call).expect("busy handlers finish");
    }
}

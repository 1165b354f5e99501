use std::time::{Duration, Instant};

use aegis_testkit::{FaultProxy, wait_for};

use crate::legacy::LegacyMember;
use crate::load::Load;
use crate::member::Member;
use crate::process::RouterProcess;
use crate::stage::among_others;
use crate::world::{HEARTBEAT_INTERVAL, Onlooker, SLACK};

const RESTARTS: usize = 20;

/// From the reconnect of an instance until calls may go to it again. An instance whose broker lives on
/// was never disconnected: for it, from when the new router serves.
const BACK_WITHIN: Duration = HEARTBEAT_INTERVAL.saturating_mul(2);

#[test]
fn a_router_that_dies_again_and_again_finds_everybody_and_loses_no_call() {
    let _machine = among_others();
    let mut router = RouterProcess::start();
    let (port, onlooker) = (router.port(), Onlooker::at(&router.url()));
    let names = ["one", "two", "three"];
    let members = names.map(|name| Member::join(&onlooker, port, "steady", name));
    let legacy = LegacyMember::join(&onlooker, port, "legacy", "old");
    let everybody = || {
        let natives = names.iter().zip(&members);
        let natives = natives.map(|(name, member)| Lost::new("steady", name, &member.network, 2));
        natives.chain([Lost::new("legacy", "old", &legacy.network, 1)])
    };
    let load = Load::start(&onlooker);
    let mut longest = [Duration::ZERO; 2];
    for _ in 0..RESTARTS {
        load.wait_for_more(20);
        router.crash();
        if router.takes_connections_along() {
            wait_for("everybody to notice", || {
                let mut lost = everybody();
                lost.all(|lost| lost.connected() == 0).then_some(())
            });
        }
        router.start_again();
        let mut lost: Vec<Lost<'_>> = everybody().collect();
        wait_for("everybody to be back", || {
            lost.iter_mut().for_each(|lost| lost.look(&onlooker));
            lost.iter().all(|lost| lost.back.is_some()).then_some(())
        });
        for lost in &lost {
            let kind = usize::from(lost.service == "legacy");
            longest[kind] = longest[kind].max(lost.took());
        }
        let called: Result<String, _> = onlooker.run(onlooker.client().call("legacy", "any", &()));
        assert_eq!(called.as_deref(), Ok("done"));
    }
    let (done, failed) = load.stop();
    let [native, old] = longest;
    println!(
        "{RESTARTS} restarts, {done} calls; routable after reconnecting: native at most {native:?}, legacy {old:?}"
    );
    assert_eq!(failed, Vec::<String>::new(), "calls that may be repeated");
    assert!(native <= BACK_WITHIN + SLACK && old <= BACK_WITHIN + SLACK);
}

/// An instance that a new router has never heard of.
struct Lost<'a> {
    service: &'static str,
    instance: &'static str,
    network: &'a FaultProxy,
    /// How many connections it needs.
    connections: usize,
    reconnected: Option<Instant>,
    back: Option<Instant>,
}

impl Lost<'_> {
    fn new<'a>(
        service: &'static str,
        instance: &'static str,
        network: &'a FaultProxy,
        connections: usize,
    ) -> Lost<'a> {
        Lost {
            service,
            instance,
            network,
            connections,
            reconnected: None,
            back: None,
        }
    }

    /// Connections on which client and broker have met.
    fn connected(&self) -> usize {
        let connections = self.network.connections();
        connections
            .iter()
            .filter(|connection| !connection.opening().is_empty())
            .count()
    }

    fn look(&mut self, onlooker: &Onlooker) {
        if self.reconnected.is_none() && self.connected() == self.connections {
            self.reconnected = Some(Instant::now());
        }
        let is_back = || {
            let entry = onlooker.instance(self.service, self.instance);
            entry.is_some_and(|entry| entry.routable)
        };
        if self.back.is_none() && is_back() {
            self.back = Some(Instant::now());
        }
    }

    fn took(&self) -> Duration {
        match (self.reconnected, self.back) {
            (Some(reconnected), Some(back)) => back.saturating_duration_since(reconnected),
            _ => Duration::ZERO,
        }
    }
}

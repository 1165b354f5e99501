use std::collections::BTreeSet;

use aegis_testkit::{NatsServer, Program, WITH_SYSTEM_ACCOUNT, wait_for};

use super::expressions::alerts;
use super::prometheus::Prometheus;
use super::router::{MAX_INSTANCES, Router};

/// Rings as soon as any heartbeat was timed, since the test lowers its threshold.
const HANDLING: &str = "AegisHeartbeatHandlingSlow";

/// A Prometheus, and what was seen of it.
struct Watch {
    prometheus: Prometheus,
    fired: BTreeSet<String>,
    cleared: BTreeSet<String>,
}

impl Watch {
    fn is_firing(&self, alert: &str) -> bool {
        self.prometheus.firing().iter().any(|name| name == alert)
    }

    /// Does this until all of these fire.
    fn fires(&mut self, alerts: &[&str], mut meanwhile: impl FnMut()) {
        for alert in alerts {
            wait_for(&format!("{alert} to fire"), || {
                meanwhile();
                self.is_firing(alert).then_some(())
            });
            self.fired.insert((*alert).to_owned());
        }
    }

    fn clears(&mut self, alerts: &[&str]) {
        for alert in alerts {
            wait_for(&format!("{alert} to clear"), || {
                (!self.is_firing(alert)).then_some(())
            });
            self.cleared.insert((*alert).to_owned());
        }
    }

    /// Waits until nothing fires but what always does here.
    fn is_quiet(&self) {
        wait_for("quiet", || {
            self.prometheus
                .firing()
                .iter()
                .all(|name| name == HANDLING)
                .then_some(())
        });
    }
}

fn crash(toys: Vec<Program>) {
    for mut toy in toys {
        toy.crash();
    }
}

#[test]
#[ignore = "needs prometheus (Debian package) and a nats-server; started by `cargo xtask test`"]
fn every_alert_fires_and_clears() {
    let mut server = NatsServer::start(WITH_SYSTEM_ACCOUNT).unwrap();
    let (router, mut on_nats) = (Router::embedded(), Router::on(&server));
    let start = || {
        (1..=3)
            .map(|n| router.toy(&format!("toy-{n}")))
            .collect::<Vec<_>>()
    };
    let mut toys = start();
    let prometheus = Prometheus::watching(&[&router.admin, &on_nats.admin]);
    wait_for("a scrape", || {
        prometheus.has("aegis_instances").then_some(())
    });
    let mut watch = Watch {
        prometheus,
        fired: BTreeSet::new(),
        cleared: BTreeSet::new(),
    };
    let good = || router.call("{\"id\": 1}");

    // All is well.
    watch.fires(&[HANDLING], good);
    watch.is_quiet();

    // One is paused, again and again.
    toys[0].pause();
    watch.fires(&["AegisHeartbeatsMissing"], good);
    toys[0].resume();
    watch.clears(&["AegisHeartbeatsMissing"]);
    watch.fires(&["AegisInstanceFlapping"], || {
        toys[0].pause();
        wait_for("the pause to be seen", || {
            (router.instances("unhealthy") == 1).then_some(())
        });
        toys[0].resume();
        wait_for("the return to be seen", || {
            (router.instances("healthy") == 3).then_some(())
        });
    });

    // All are cut off at once.
    toys.iter().for_each(Program::pause);
    watch.fires(&["AegisRouterPreserving"], || ());
    toys.iter().for_each(Program::resume);
    watch.clears(&["AegisRouterPreserving"]);

    // Handlers fail, and then more want to register than there is room for.
    watch.fires(&["AegisHandlerErrors"], || router.call("\"wrong\""));
    let mut crowd = Vec::new();
    watch.fires(&["AegisLimitReached"], || {
        if crowd.len() < 3 * MAX_INSTANCES {
            crowd.push(router.starting_toy(&format!("crowd-{}", crowd.len())));
        }
    });
    crash(crowd);

    // All are killed, and callers go on.
    crash(toys);
    watch.fires(&["AegisNoRoutableInstance", "AegisCallFailureRate"], good);
    watch.clears(&[HANDLING]);
    toys = start();
    watch.clears(&["AegisNoRoutableInstance", "AegisCallFailureRate"]);
    watch.clears(&[
        "AegisHandlerErrors",
        "AegisLimitReached",
        "AegisInstanceFlapping",
    ]);

    // The other router loses its broker.
    server.crash();
    watch.fires(&["AegisBrokerLost"], || ());
    server.restart();
    watch.clears(&["AegisBrokerLost"]);

    // The router stands still, and then is alone.
    router.program.pause();
    watch.fires(&["AegisRouterDown"], || ());
    router.program.resume();
    watch.fires(&["AegisRouterWarming", "AegisRouterLate"], || ());
    watch.clears(&["AegisRouterDown", "AegisRouterWarming", "AegisRouterLate"]);
    on_nats.program.crash();
    router.program.pause();
    watch.fires(&["AegisRouterAbsent"], || ());
    router.program.resume();
    watch.clears(&["AegisRouterAbsent"]);
    drop(toys);

    let all: BTreeSet<String> = alerts().into_iter().collect();
    assert_eq!(watch.fired, all);
    assert_eq!(watch.cleared, all);
}

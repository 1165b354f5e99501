use std::collections::BTreeSet;
use std::net::TcpStream;
use std::time::Duration;

use aegis_testkit::{FaultProxy, NatsServer, Program, WITH_SYSTEM_ACCOUNT, wait_for, wait_within};

use super::expressions::{alerts, dashboard};
use super::prometheus::{Prometheus, WINDOW};
use super::router::{MAX_CONNECTIONS, Router, toy};

/// An alert may need two windows and a lease to fire or to clear, on a machine that is slow.
const PATIENCE: Duration = Duration::from_secs(120);

/// A Prometheus, and what was seen of it.
struct Watch {
    prometheus: Prometheus,
    fired: BTreeSet<String>,
    cleared: BTreeSet<String>,
}

impl Watch {
    fn of(targets: &[&Router]) -> Watch {
        let targets: Vec<&str> = targets.iter().map(|router| router.admin.as_str()).collect();
        let prometheus = Prometheus::watching(&targets);
        wait_for("a scrape", || {
            prometheus.has("aegis_instances").then_some(())
        });
        Watch {
            prometheus,
            fired: BTreeSet::new(),
            cleared: BTreeSet::new(),
        }
    }

    fn is_firing(&self, alert: &str) -> bool {
        self.prometheus.firing().iter().any(|name| name == alert)
    }

    /// Does this until all of these fire.
    fn fires(&mut self, alerts: &[&str], mut meanwhile: impl FnMut()) {
        for alert in alerts {
            wait_within(PATIENCE, &format!("{alert} to fire"), || {
                meanwhile();
                self.is_firing(alert).then_some(())
            });
            self.fired.insert((*alert).to_owned());
        }
    }

    fn clears(&mut self, alerts: &[&str]) {
        for alert in alerts {
            wait_within(PATIENCE, &format!("{alert} to clear"), || {
                (!self.is_firing(alert)).then_some(())
            });
            self.cleared.insert((*alert).to_owned());
        }
    }

    fn is_quiet(&self) {
        wait_within(PATIENCE, "quiet", || {
            self.prometheus.firing().is_empty().then_some(())
        });
    }
}

/// Three instances: the first behind a network of its own, the others behind another.
struct Fleet<'a> {
    router: &'a Router,
    networks: [FaultProxy; 2],
    toys: Vec<Program>,
}

impl<'a> Fleet<'a> {
    const IDS: [&'static str; 3] = ["toy-1", "toy-2", "toy-3"];

    fn of(router: &'a Router) -> Fleet<'a> {
        let network = || FaultProxy::in_front_of(router.port());
        let mut fleet = Fleet {
            router,
            networks: [network(), network()],
            toys: Vec::new(),
        };
        fleet.start();
        fleet
    }

    fn start(&mut self) {
        let networks = [0, 1, 1].map(|at: usize| self.networks[at].url());
        let toys = networks.iter().zip(Fleet::IDS);
        self.toys = toys.map(|(url, id)| toy(url, id)).collect();
    }

    fn crash(&mut self) {
        for mut toy in self.toys.drain(..) {
            toy.crash();
        }
    }

    fn all_healthy(&self) {
        wait_within(PATIENCE, "three healthy instances", || {
            (self.router.instances("healthy") == 3).then_some(())
        });
    }

    fn crash_and_restart_the_first(&mut self) {
        self.toys[0].crash();
        self.toys[0] = toy(&self.networks[0].url(), Fleet::IDS[0]);
        self.all_healthy();
    }

    /// It connects again by itself, sooner than one could see that it was away.
    fn cut_off_the_first_for_a_moment(&self) {
        let losses = || {
            self.router
                .number("aegis_instance_losses_total{service=\"toy\"}")
        };
        let before = losses();
        self.networks[0].cut();
        wait_for("the loss to be seen", || (losses() > before).then_some(()));
        self.all_healthy();
    }

    fn cut_off(&self, networks: &[FaultProxy]) {
        networks.iter().for_each(FaultProxy::half_open);
    }

    fn heal(&self) {
        self.networks.iter().for_each(FaultProxy::heal);
        self.all_healthy();
    }
}

#[test]
#[ignore = "needs prometheus (Debian package) and a nats-server; started by `cargo xtask test`"]
fn every_alert_fires_and_clears() {
    let mut server = NatsServer::start(WITH_SYSTEM_ACCOUNT).unwrap();
    let router = Router::embedded();
    let (mut on_nats, mut standby) = (Router::on(&server), Router::standing_by(&server));
    let mut fleet = Fleet::of(&router);
    let mut watch = Watch::of(&[&router, &on_nats, &standby]);
    let good = || router.call("{\"id\": 1}");
    good();
    watch.is_quiet();

    instances_come_and_go(&mut watch, &mut fleet);
    much_is_asked(&mut watch, &router);
    nobody_takes_calls(&mut watch, &mut fleet);
    watch.is_quiet();

    // The other routers lose their broker: the one that serves, and the one that stands by.
    server.crash();
    watch.fires(&["AegisBrokerLost", "AegisBrokerOutOfReach"], || ());
    server.restart();
    watch.clears(&["AegisBrokerLost", "AegisBrokerOutOfReach"]);

    // The router stands still, and then is alone.
    router.program.pause();
    watch.fires(&["AegisRouterDown"], || ());
    router.program.resume();
    watch.fires(&["AegisRouterWarming", "AegisRouterLate"], || ());
    watch.clears(&["AegisRouterDown", "AegisRouterWarming", "AegisRouterLate"]);
    standby.program.crash();
    on_nats.program.crash();
    router.program.pause();
    watch.fires(&["AegisRouterAbsent"], || ());
    router.program.resume();
    watch.clears(&["AegisRouterAbsent"]);

    let all: BTreeSet<String> = alerts().into_iter().collect();
    assert_eq!(watch.fired, all);
    assert_eq!(watch.cleared, all);
    every_panel_showed_something(&watch.prometheus);
}

fn instances_come_and_go(watch: &mut Watch, fleet: &mut Fleet<'_>) {
    // One is cut off: nobody is told, nothing arrives.
    fleet.cut_off(&fleet.networks[..1]);
    watch.fires(&["AegisHeartbeatsMissing"], || ());
    fleet.heal();
    watch.clears(&["AegisHeartbeatsMissing"]);

    // One crashes and is started again under its id, again and again.
    watch.fires(&["AegisInstanceFlapping"], || {
        fleet.crash_and_restart_the_first();
    });
    watch.clears(&["AegisInstanceFlapping"]);
    // Its connections come and go.
    watch.fires(&["AegisInstanceFlapping"], || {
        fleet.cut_off_the_first_for_a_moment();
    });
    watch.clears(&["AegisInstanceFlapping"]);

    // All are cut off at once. Calls that went to them are in flight for as long as their callers wait.
    fleet.cut_off(&fleet.networks);
    let router = fleet.router;
    watch.fires(&["AegisRouterPreserving"], || router.call("{\"id\": 1}"));
    fleet.heal();
    watch.clears(&["AegisRouterPreserving"]);
}

fn much_is_asked(watch: &mut Watch, router: &Router) {
    watch.fires(&["AegisHandlerErrors"], || router.call("\"wrong\""));
    // Heartbeats come as fast as one connection can send them.
    let mut flood = router.flood();
    watch.fires(&["AegisHeartbeatHandlingSlow"], &mut flood);
    drop(flood);
    watch.clears(&["AegisHandlerErrors", "AegisHeartbeatHandlingSlow"]);

    // More connect than there is room for, all at once, and are gone again before the next scrape.
    let address = ("127.0.0.1", router.port());
    let crowd: Vec<_> = (0..3 * MAX_CONNECTIONS)
        .map(|_| TcpStream::connect(address).unwrap())
        .collect();
    let refused = || router.number("aegis_limit_reached_total{limit=\"connections\"}");
    wait_for("the limit to be reached", || (refused() > 0).then_some(()));
    drop(crowd);
    watch.fires(&["AegisLimitReached"], || ());
    watch.clears(&["AegisLimitReached"]);
}

fn nobody_takes_calls(watch: &mut Watch, fleet: &mut Fleet<'_>) {
    let router = fleet.router;
    // All are drained, and nobody calls.
    for id in Fleet::IDS {
        router.tell("drain", id);
    }
    watch.fires(&["AegisNoRoutableInstance"], || ());
    for id in Fleet::IDS {
        router.tell("undrain", id);
    }
    watch.clears(&["AegisNoRoutableInstance"]);

    // All are killed, and callers go on.
    fleet.crash();
    watch.fires(&["AegisNoRoutableInstance", "AegisCallFailureRate"], || {
        router.call("{\"id\": 1}");
    });
    fleet.start();
    watch.clears(&["AegisNoRoutableInstance", "AegisCallFailureRate"]);
}

/// A panel that never had anything to show, though all this happened, asks for the wrong thing.
fn every_panel_showed_something(prometheus: &Prometheus) {
    let expressions = dashboard().into_iter();
    let expressions =
        expressions.filter(|text| text.contains("aegis_") && !text.starts_with("label_values"));
    for expression in expressions {
        let asked = expression
            .replace("$__rate_interval", WINDOW)
            .replace("$service", ".*")
            .replace("$router", ".*");
        assert!(prometheus.had(&asked), "never anything: {asked}");
    }
}

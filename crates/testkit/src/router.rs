use std::net::{Ipv4Addr, SocketAddr};
use std::os::unix::fs::PermissionsExt;
use std::process::Command;
use std::time::{Duration, Instant};

use aegis_broker::BrokerConfig;
use aegis_bus::{Auth, ConnectOptions, Secret, SecretSource, ServerAddress};
use aegis_core::Config;
use aegis_router::{
    NatsRouterConfig, NatsRouterHandle, NatsStatus, Phase, RouterConfig, RouterHandle, StartError,
};

use crate::nats_server::say;
use crate::{NatsServer, PATIENCE, wait_for};

/// Which broker the routers of a test run use: `AEGIS_TEST_BROKER=nats` makes it a real NATS server.
const VARIABLE: &str = "AEGIS_TEST_BROKER";

/// Longest time that calls in flight get when a router of a test stops.
const SHUTDOWN_GRACE: Duration = Duration::from_secs(1);

/// Whoever does not say who it is is in the account of services and callers.
pub const WITH_SYSTEM_ACCOUNT: &str = "
accounts {
  APP: { users: [ { user: app, password: app } ] }
  SYS: { users: [ { user: sys, password: sys } ] }
}
system_account: SYS
no_auth_user: app
";

/// Tells `aegis router` which broker to use: this one and its system account, or its own on this port.
pub fn tell_router(command: &mut Command, server: Option<&NatsServer>, port: u16) {
    let Some(server) = server else {
        command.args(["--listen", &format!("127.0.0.1:{port}")]);
        return;
    };
    // The environment names the file: secrets are never on a command line.
    let file = server.folder().join("system-password");
    std::fs::write(&file, "sys").expect("a file is written");
    let owner_only = std::fs::Permissions::from_mode(0o600);
    std::fs::set_permissions(&file, owner_only).expect("its permissions are set");
    command
        .args(["--nats", &server.url()])
        .env("AEGIS_NATS__SYSTEM_USER", "sys")
        .env("AEGIS_NATS__SYSTEM_PASSWORD_FILE", file);
}

/// Who may hear the system events of [`WITH_SYSTEM_ACCOUNT`].
#[must_use]
pub fn system_account() -> Auth {
    Auth::UserPassword {
        user: "sys".to_owned(),
        password: SecretSource::Given(Secret::new("sys")),
    }
}

/// What carries the messages of a test.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TestBroker {
    /// The one inside the router.
    Embedded,
    /// A real NATS server.
    Nats,
}

impl TestBroker {
    /// What this test run uses.
    ///
    /// # Panics
    ///
    /// If the variable names neither: a run that tests something else than it says is worse than none.
    #[must_use]
    pub fn of_this_run() -> TestBroker {
        match std::env::var(VARIABLE).as_deref() {
            Err(_) | Ok("" | "embedded") => TestBroker::Embedded,
            Ok("nats") => TestBroker::Nats,
            Ok(other) => panic!("{VARIABLE}={other}: `embedded` or `nats`"),
        }
    }

    /// A real NATS server for a router that is a process of its own, and outlives that process; with
    /// a [`system_account`]; on this port, or a free one if it is 0. `None`: the router brings its own
    /// broker, and both end together.
    ///
    /// # Panics
    ///
    /// If the test run asks for a NATS server and there is none.
    #[must_use]
    pub fn server_of_this_run(port: u16) -> Option<NatsServer> {
        match TestBroker::of_this_run() {
            TestBroker::Embedded => None,
            TestBroker::Nats => Some(nats_server_on(port)),
        }
    }

    /// Whether a test has nothing to do in a run on this broker, and says so. The few tests of what
    /// only one broker has ask this first, with the reason.
    #[must_use]
    pub fn is_passed_over(self, test: &str, reason: &str) -> bool {
        let passed_over = TestBroker::of_this_run() == self;
        if passed_over {
            say(&format!("PASSED OVER on {self:?}: {test}: {reason}"));
        }
        passed_over
    }
}

fn nats_server_on(port: u16) -> NatsServer {
    let server = NatsServer::start_on(port, WITH_SYSTEM_ACCOUNT);
    server.expect("AEGIS_TEST_BROKER=nats needs a nats-server")
}

/// A router and its broker on a free loopback port; which broker, the test run says. Both stop when
/// dropped.
#[derive(Debug)]
pub struct TestRouter {
    home: Home,
}

#[derive(Debug)]
enum Home {
    Embedded(RouterHandle),
    /// In the order in which they stop.
    Nats {
        router: Option<NatsRouterHandle>,
        server: NatsServer,
    },
}

impl TestRouter {
    /// With the default settings.
    pub fn start() -> TestRouter {
        TestRouter::start_with(Config::default())
    }

    /// With these leases and limits.
    pub fn start_with(core: Config) -> TestRouter {
        TestRouter::start_on(0, core)
    }

    /// On this port: for a router that comes back with its broker where an earlier one was. Whoever was
    /// given the port meanwhile is waited for.
    #[expect(clippy::needless_pass_by_value, reason = "as those beside it")]
    pub fn start_on(port: u16, core: Config) -> TestRouter {
        let listen = SocketAddr::new(Ipv4Addr::LOCALHOST.into(), port);
        let begun = Instant::now();
        wait_for("a router on its port", || {
            let started = TestRouter::try_start(listen, core.clone());
            let is_over = begun.elapsed() > PATIENCE - SHUTDOWN_GRACE;
            assert!(started.is_ok() || !is_over, "{:?}", started.err());
            started.ok()
        })
    }

    /// As [`TestRouter::start_on`], for ports that may be taken.
    ///
    /// # Errors
    ///
    /// Those of [`RouterHandle::start`].
    pub fn try_start(listen: SocketAddr, core: Config) -> Result<TestRouter, StartError> {
        let home = match TestBroker::of_this_run() {
            TestBroker::Embedded => {
                let broker = BrokerConfig {
                    listen,
                    shutdown_grace: SHUTDOWN_GRACE,
                    ..BrokerConfig::default()
                };
                let config = RouterConfig {
                    broker,
                    core,
                    ..RouterConfig::default()
                };
                Home::Embedded(RouterHandle::start(config)?)
            }
            TestBroker::Nats => {
                let server = nats_server_on(listen.port());
                let router = serving_router(&server.url(), core, Some(system_account()))?;
                Home::Nats {
                    router: Some(router),
                    server,
                }
            }
        };
        Ok(TestRouter { home })
    }

    /// Where clients connect.
    pub fn url(&self) -> String {
        format!("nats://{}", self.address())
    }

    /// The same without its scheme.
    pub fn address(&self) -> SocketAddr {
        SocketAddr::new(Ipv4Addr::LOCALHOST.into(), self.port())
    }

    /// The port.
    pub fn port(&self) -> u16 {
        match &self.home {
            Home::Embedded(router) => router.addresses()[0].port(),
            Home::Nats { server, .. } => server.port(),
        }
    }

    /// Connections of clients at this time.
    pub fn connections(&self) -> usize {
        match &self.home {
            Home::Embedded(router) => router.status().look().connections,
            // Two of them are the router's.
            Home::Nats { server, .. } => server.connections().saturating_sub(2),
        }
    }

    /// Connections that were ever made: whoever lost one and came back counts twice.
    pub fn connects(&self) -> u64 {
        match &self.home {
            Home::Embedded(router) => router.status().look().counters.connections_opened,
            Home::Nats { server, .. } => server.connects(),
        }
    }

    /// Its broker dies: alone if it is a NATS server, with the router if it is the one inside.
    pub fn lose_broker(self) -> Option<NatsRouterHandle> {
        match self.home {
            Home::Embedded(_) => None,
            Home::Nats { router, .. } => router,
        }
    }

    /// Stops it in order, and its broker with it.
    pub fn stop(self) {
        match self.home {
            Home::Embedded(router) => {
                router.stop().expect("the router's thread ends well");
            }
            Home::Nats { router, .. } => {
                if let Some(router) = router {
                    router.stop().expect("the router's thread ends well");
                }
            }
        }
    }
}

/// A router in this process on this NATS server, once it serves.
///
/// # Errors
///
/// Those of [`NatsRouterHandle::start`].
pub fn serving_router(
    url: &str,
    core: Config,
    system_auth: Option<Auth>,
) -> Result<NatsRouterHandle, StartError> {
    let (router, status) = start_router(url, core, system_auth, false)?;
    wait_for("the router to serve", || {
        (status.phase() == Phase::Serving).then_some(())
    });
    Ok(router)
}

/// A router in this process on this NATS server, once it stands by for another.
///
/// # Errors
///
/// Those of [`NatsRouterHandle::start`].
pub fn standby_router(
    url: &str,
    core: Config,
    system_auth: Option<Auth>,
) -> Result<NatsRouterHandle, StartError> {
    let (router, status) = start_router(url, core, system_auth, true)?;
    wait_for("the router to stand by", || {
        matches!(status.phase(), Phase::StandingBy(_)).then_some(())
    });
    Ok(router)
}

/// With a system account, once that works.
fn start_router(
    url: &str,
    core: Config,
    system_auth: Option<Auth>,
    standby: bool,
) -> Result<(NatsRouterHandle, NatsStatus), StartError> {
    let witnesses = system_auth.is_some();
    let servers = ServerAddress::parse_list(url).expect("addresses of NATS servers");
    let router = NatsRouterHandle::start(NatsRouterConfig {
        core,
        system_auth,
        standby,
        shutdown_grace: SHUTDOWN_GRACE,
        ..NatsRouterConfig::new(ConnectOptions::new(servers))
    })?;
    let status = router.status();
    wait_for("the system account", || {
        (status.is_witnessing() == witnesses).then_some(())
    });
    Ok((router, status))
}

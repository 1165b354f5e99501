//! Two brokers, one contract: scripts of bytes run against ours and against a real nats-server, and what
//! both say is compared, verbs and `-ERR` texts. Where ours differs on purpose, nearly always because it
//! is stricter, both answers stand in the row. Not compared: `INFO`.
//!
//! Not here yet, since our broker has neither: permissions, and who may log in.

mod deliveries;
mod refusals;
mod rows;

use std::net::SocketAddr;

use aegis_broker::BrokerHandle;
use aegis_nats::codec::Limits;
use aegis_nats::switch::{NoLocalPeer, SwitchConfig, SwitchLimits};
use aegis_testkit::NatsServer;

use crate::raw::broker_with;

/// Small, so that scripts reach them.
const MAX_PAYLOAD: usize = 1000;
const MAX_SUBSCRIPTIONS: usize = 10;

/// Both brokers with the same limits. Without a nats-server, which is said, ours alone.
struct Brokers {
    ours: BrokerHandle<NoLocalPeer>,
    theirs: Option<NatsServer>,
}

impl Brokers {
    fn start() -> Brokers {
        let limits = SwitchLimits {
            protocol: Limits {
                max_payload: MAX_PAYLOAD,
                ..Limits::default()
            },
            max_subscriptions: MAX_SUBSCRIPTIONS,
            ..SwitchLimits::default()
        };
        let switch = SwitchConfig {
            limits,
            ..SwitchConfig::default()
        };
        let theirs = format!("max_payload: {MAX_PAYLOAD}\nmax_subscriptions: {MAX_SUBSCRIPTIONS}");
        Brokers {
            ours: broker_with(switch, NoLocalPeer::default()),
            theirs: NatsServer::start(&theirs),
        }
    }

    fn ours(&self) -> SocketAddr {
        self.ours.addresses()[0]
    }

    fn theirs(&self) -> Option<SocketAddr> {
        let theirs = self.theirs.as_ref()?;
        Some(SocketAddr::from(([127, 0, 0, 1], theirs.port())))
    }

    /// Runs a scenario on each of them: what it asserts is the contract of both.
    fn each(scenario: impl Fn(SocketAddr)) {
        let brokers = Brokers::start();
        scenario(brokers.ours());
        if let Some(theirs) = brokers.theirs() {
            scenario(theirs);
        }
    }
}

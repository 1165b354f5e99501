//! What a seed's world looks like.

use std::time::Duration;

use aegis_types::Safety;

use crate::chance::Chance;
use crate::faults::Mix;
use crate::net::Weather;

#[derive(Clone, Debug)]
pub(crate) struct Method {
    pub(crate) name: &'static str,
    pub(crate) safety: Safety,
}

#[derive(Clone, Debug)]
pub(crate) struct Service {
    pub(crate) name: String,
    pub(crate) methods: Vec<Method>,
}

/// How handlers behave, in percent of calls.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Manners {
    pub(crate) errors: u64,
    pub(crate) refusals: u64,
    pub(crate) invalid: u64,
    pub(crate) slow: u64,
    pub(crate) never: u64,
}

impl Manners {
    pub(crate) const POLITE: Manners = Manners {
        errors: 0,
        refusals: 0,
        invalid: 0,
        slow: 0,
        never: 0,
    };
}

#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub(crate) services: Vec<Service>,
    /// Service of each native instance, and whether its SDK is somebody else's.
    pub(crate) natives: Vec<(usize, bool)>,
    /// Service of each legacy instance.
    pub(crate) legacies: Vec<usize>,
    /// Whether each caller is a native one.
    pub(crate) callers: Vec<bool>,
    pub(crate) heartbeat: Duration,
    pub(crate) lease_ttl: Duration,
    pub(crate) removal_ttls: u32,
    pub(crate) ping_interval: Duration,
    /// How often clients of ours look whether the broker still answers.
    pub(crate) client_ping_interval: Duration,
    /// Bytes that fit between the switch and a peer that does not read.
    pub(crate) window: usize,
    pub(crate) max_pending: usize,
    pub(crate) max_params: u64,
    pub(crate) max_call_gap_ms: u64,
    pub(crate) manners: Manners,
    pub(crate) faults: Mix,
    pub(crate) weather: Weather,
    /// Clocks of processes count this much too fast or too slow at most.
    pub(crate) max_drift_ppm: u64,
    pub(crate) max_fault_gap_ms: u64,
    /// Faults stop here, and what is dead comes again.
    pub(crate) calm_at: Duration,
    /// Handlers behave from here on: what they began before is over when it is quiet.
    pub(crate) polite_at: Duration,
    /// From here every call must succeed.
    pub(crate) quiet_at: Duration,
    /// Callers stop here.
    pub(crate) calls_end_at: Duration,
    pub(crate) end_at: Duration,
}

/// No handler takes longer, and some more for what waited behind it.
const SLOWEST_HANDLER: Duration = Duration::from_secs(5);

/// Longest timeout a caller draws, in milliseconds.
pub(crate) const MAX_TIMEOUT_MS: u64 = 8_000;

impl Plan {
    pub(crate) fn draw(chance: &mut Chance) -> Plan {
        let services: Vec<Service> = (0..chance.between(2, 4))
            .map(|n| Service {
                name: format!("svc{n}"),
                methods: vec![
                    Method {
                        name: "charge",
                        safety: Safety::AtMostOnce,
                    },
                    Method {
                        name: "look",
                        safety: Safety::Idempotent,
                    },
                ],
            })
            .collect();
        let count = services.len();
        let any = |chance: &mut Chance| chance.below(count as u64) as usize;
        // Each service has a native instance, and some have more: rerouting needs a second one.
        let natives = (0..chance.between(count as u64, 6.max(count as u64 + 1)))
            .map(|n| {
                let service = match (n as usize) < count {
                    true => n as usize,
                    false => any(chance),
                };
                (service, chance.percent(25))
            })
            .collect();
        let legacies = (0..chance.between(0, 2)).map(|_| any(chance)).collect();
        let callers = (0..chance.between(2, 4))
            .map(|n| n == 0 || chance.percent(65))
            .collect();
        let heartbeat = chance.millis(200, 800);
        let lease_ttl = heartbeat * 3 + chance.millis(0, 1_500);
        let ping_interval = chance.millis(1_000, 3_000);
        let calm_at = chance.millis(6_000, 11_000);
        let settle = lease_ttl * 2 + ping_interval * 4 + Duration::from_secs(2);
        let quiet_at = calm_at + settle;
        let calls_end_at = quiet_at + Duration::from_secs(2);
        Plan {
            services,
            natives,
            legacies,
            callers,
            heartbeat,
            lease_ttl,
            removal_ttls: chance.between(1, 4) as u32,
            ping_interval,
            client_ping_interval: chance.millis(1_000, 5_000),
            window: chance.between(4, 64) as usize * 1024,
            max_pending: *chance.pick(&[8, 32, 256, 1024]).unwrap_or(&256) * 1024,
            // Large ones cut a slow consumer in the very step in which a call moves to it.
            max_params: *chance.pick(&[0, 100, 2_000, 7_000]).unwrap_or(&0),
            max_call_gap_ms: chance.between(60, 300),
            manners: Manners {
                errors: chance.below(15),
                refusals: chance.below(15),
                invalid: chance.below(4),
                // A storm now and then: that is what the retry budget is for.
                slow: match chance.percent(12) {
                    true => chance.between(60, 85),
                    false => chance.below(20),
                },
                never: chance.below(4),
            },
            faults: Mix::draw(chance),
            weather: draw_weather(chance),
            max_drift_ppm: *chance.pick(&[0, 50, 1_000, 20_000]).unwrap_or(&0),
            max_fault_gap_ms: chance.between(200, 2_500),
            calm_at,
            polite_at: quiet_at.saturating_sub(SLOWEST_HANDLER),
            quiet_at,
            calls_end_at,
            end_at: calls_end_at + Duration::from_millis(MAX_TIMEOUT_MS + 1_000),
        }
    }
}

/// Half of the seeds have fair weather; the others have each kind or not.
fn draw_weather(chance: &mut Chance) -> Weather {
    if chance.percent(50) {
        return Weather::default();
    }
    let mut some = |most: u64| match chance.percent(60) {
        true => chance.between(1, most),
        false => 0,
    };
    Weather {
        lost: some(30),
        doubled: some(60),
        overtaken: some(100),
    }
}

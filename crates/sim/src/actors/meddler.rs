use aegis_types::Lifecycle;
use aegis_wire::Subjects;
use aegis_wire::instance::{
    HeartbeatRequest, LeaseToken, NativeHeartbeat, NativeUnregister, SelfReport, UnregisterRequest,
};

use super::{Actor, Io, Timer};
use crate::chance::Chance;
use crate::judge::Name;
use crate::net::{Letter, LinkId};

/// Speaks for one life of an instance for a while, without its lease token: nothing may come of
/// it.
pub(crate) struct Meddler {
    chance: Chance,
    victim: Name,
    link: Option<LinkId>,
    left: u32,
}

impl Meddler {
    pub(crate) fn new(victim: Name, mut chance: Chance) -> Meddler {
        Meddler {
            left: chance.between(3, 20) as u32,
            chance,
            victim,
            link: None,
        }
    }

    fn meddle(&mut self, io: &mut Io<'_>, link: LinkId) {
        let subjects = Subjects::default();
        let (service, instance) = (self.victim.service.as_str(), self.victim.id.as_str());
        let (incarnation, lease_token) = (
            self.victim.incarnation,
            LeaseToken::from_bits(self.chance.next()),
        );
        let mut body = Vec::new();
        let subject = if self.chance.percent(85) {
            HeartbeatRequest {
                service_name: service,
                instance_id: instance,
                status: SelfReport::default(),
                native: Some(NativeHeartbeat {
                    incarnation,
                    lease_token,
                    in_flight: 0,
                    capacity: None,
                    lifecycle: Lifecycle::Serving,
                    lag_ms: 0,
                }),
            }
            .encode(&mut body);
            subjects.heartbeat(service, instance)
        } else {
            UnregisterRequest {
                service_name: service,
                instance_id: instance,
                native: Some(NativeUnregister {
                    incarnation,
                    lease_token,
                }),
            }
            .encode(&mut body);
            subjects.unregister(service, instance)
        };
        let reply = io.inbox("heartbeat");
        io.publish(link, &subject, Some(&reply), &body);
    }
}

impl Actor for Meddler {
    fn on_start(&mut self, io: &mut Io<'_>) {
        // The judge overhears what it is told.
        let answers = io.inbox("*");
        self.link = Some(io.connect("meddler", &[&answers]));
        io.timer(self.chance.millis(1, 200), Timer::Act);
    }

    fn on_letter(&mut self, _io: &mut Io<'_>, _link: LinkId, _letter: &Letter) {}

    fn on_lost(&mut self, _io: &mut Io<'_>, _link: LinkId) {
        self.link = None;
    }

    fn on_timer(&mut self, io: &mut Io<'_>, _timer: Timer) {
        match self.link {
            Some(link) if self.left > 0 => {
                self.left -= 1;
                self.meddle(io, link);
                io.timer(self.chance.millis(50, 500), Timer::Act);
            }
            _ => io.net.end_process(io.me, true),
        }
    }
}

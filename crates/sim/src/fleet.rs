//! Who runs: posts that are filled by one process after another.

use aegis_types::Incarnation;

use crate::actors::{
    Actor, Bystander, Caller, Io, Legacy, LegacyCaller, Meddler, Native, Odd, Operator,
};
use crate::chance::Chance;
use crate::judge::Name;
use crate::net::Net;
use crate::plan::Plan;
use crate::story::ProcId;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// `is_odd`: somebody else wrote its SDK.
    Native {
        service: usize,
        is_odd: bool,
    },
    Legacy {
        service: usize,
    },
    Caller {
        is_native: bool,
    },
    Operator,
    Bystander,
}

impl Kind {
    pub(crate) fn is_native(self) -> bool {
        matches!(self, Kind::Native { .. })
    }

    pub(crate) fn is_instance(self) -> bool {
        matches!(self, Kind::Native { .. } | Kind::Legacy { .. })
    }
}

/// One place in the fleet.
#[derive(Clone, Debug)]
pub(crate) struct Post {
    pub(crate) kind: Kind,
    pub(crate) id: String,
    /// The last process that had it.
    pub(crate) process: Option<ProcId>,
    /// The next one's clock has stepped back.
    pub(crate) next_is_stale: bool,
}

pub(crate) struct Fleet {
    pub(crate) posts: Vec<Post>,
    pub(crate) actors: Vec<Box<dyn Actor>>,
    starts: u16,
    ids: u32,
}

impl Fleet {
    pub(crate) fn new(plan: &Plan) -> Fleet {
        let natives = plan.natives.iter();
        let legacies = plan.legacies.iter();
        let kinds = natives
            .map(|(service, is_odd)| Kind::Native {
                service: *service,
                is_odd: *is_odd,
            })
            .chain(legacies.map(|service| Kind::Legacy { service: *service }))
            .chain(
                plan.callers
                    .iter()
                    .map(|native| Kind::Caller { is_native: *native }),
            )
            .chain([Kind::Operator, Kind::Bystander]);
        let mut fleet = Fleet {
            posts: Vec::new(),
            actors: Vec::new(),
            starts: 0,
            ids: 0,
        };
        for kind in kinds {
            let id = fleet.new_id();
            fleet.posts.push(Post {
                kind,
                id,
                process: None,
                next_is_stale: false,
            });
        }
        fleet
    }

    pub(crate) fn new_id(&mut self) -> String {
        self.ids += 1;
        format!("i{}", self.ids)
    }

    /// A process takes a post.
    pub(crate) fn start(&mut self, net: &mut Net, chance: &mut Chance, post: usize) {
        let Some(post) = self.posts.get_mut(post) else {
            return;
        };
        let me = net.new_process();
        post.process = Some(me);
        self.starts += 1;
        let wall_ms = 1_700_000_000_000 + net.now.as_millis() as u64;
        let wall_ms = match std::mem::take(&mut post.next_is_stale) {
            true => wall_ms - 86_400_000,
            false => wall_ms,
        };
        let (kind, id) = (post.kind, post.id.clone());
        let service = match kind {
            Kind::Native { service, .. } | Kind::Legacy { service } => {
                net.plan.services.get(service).cloned()
            }
            Kind::Caller { .. } | Kind::Operator | Kind::Bystander => None,
        };
        let actor: Box<dyn Actor> = match (kind, service) {
            (Kind::Native { is_odd, .. }, Some(service)) => {
                let incarnation = Incarnation::mint(wall_ms, self.starts);
                net.tell(
                    Some(me),
                    None,
                    format!("starts: {} {id} {incarnation}", service.name),
                );
                let name = Name {
                    service: service.name.clone(),
                    id: id.clone(),
                    incarnation,
                };
                net.judge.life_begins(me, name, true);
                if is_odd {
                    Box::new(Odd::new(service, id, incarnation, chance.fork()))
                } else {
                    let io = Io { net, me };
                    Box::new(Native::new(&io, service, id, incarnation, chance.fork()))
                }
            }
            (Kind::Legacy { .. }, Some(service)) => {
                net.tell(
                    Some(me),
                    None,
                    format!("starts: legacy {} {id}", service.name),
                );
                let name = Name {
                    service: service.name.clone(),
                    id: id.clone(),
                    incarnation: Incarnation::from_bits(u64::from(me.0)),
                };
                net.judge.life_begins(me, name, false);
                Box::new(Legacy::new(service.name, id, chance.fork()))
            }
            (Kind::Caller { is_native }, _) => {
                net.tell(
                    Some(me),
                    None,
                    format!("starts: caller, native {is_native}"),
                );
                if is_native {
                    Box::new(Caller::new(&Io { net, me }, chance.fork()))
                } else {
                    Box::new(LegacyCaller::new(chance.fork()))
                }
            }
            (Kind::Bystander, _) => Box::new(Bystander::new(chance.fork())),
            _ => Box::new(Operator::new(chance.fork())),
        };
        self.take_on(net, me, actor);
    }

    /// Somebody who speaks for another.
    pub(crate) fn start_meddler(&mut self, net: &mut Net, chance: &mut Chance, victim: ProcId) {
        let Some(name) = net.judge.name_of(victim).cloned() else {
            return;
        };
        let me = net.new_process();
        net.tell(Some(me), None, format!("meddles with {victim}"));
        let actor = Meddler::new(name, chance.fork());
        self.take_on(net, me, Box::new(actor));
    }

    fn take_on(&mut self, net: &mut Net, me: ProcId, mut actor: Box<dyn Actor>) {
        actor.on_start(&mut Io { net, me });
        self.actors.push(actor);
    }

    pub(crate) fn with(
        &mut self,
        net: &mut Net,
        process: ProcId,
        act: impl FnOnce(&mut dyn Actor, &mut Io<'_>),
    ) {
        if !net.is_alive(process) {
            return;
        }
        if let Some(actor) = self.actors.get_mut(process.0 as usize) {
            act(actor.as_mut(), &mut Io { net, me: process });
        }
    }
}

use aegis_types::Safety;
use aegis_wire::Subjects;
use aegis_wire::value::{Raw, Writer};

use super::caller::Wanted;
use super::{Actor, Io, Timer};
use crate::chance::Chance;
use crate::judge::ActMade;
use crate::net::{Letter, LinkId};
use crate::story::CallNo;

/// A caller of the first AegisIPC: plain subjects, and it never sends again here.
pub(crate) struct LegacyCaller {
    chance: Chance,
    subjects: Subjects,
    link: Option<LinkId>,
    is_ready: bool,
}

impl LegacyCaller {
    pub(crate) fn new(chance: Chance) -> LegacyCaller {
        LegacyCaller {
            chance,
            subjects: Subjects::default(),
            link: None,
            is_ready: false,
        }
    }

    fn open(&mut self, io: &mut Io<'_>) {
        let answers = io.inbox("*");
        self.link = Some(io.connect("caller", &[&answers]));
        self.is_ready = false;
    }

    fn call(&mut self, io: &mut Io<'_>, link: LinkId) {
        let wanted = Wanted::draw(io, &mut self.chance, false);
        let act = io.net.judge.act_begins(ActMade {
            caller: io.me,
            wish: wanted.wish,
            safety: Safety::AtMostOnce,
            deadline: io.clock(),
            must_succeed: false,
        });
        io.net.judge.act_unwatched(act);
        let no = io.net.judge.call_made(wanted.made(io.me, act, link));
        io.tell(Some(no), format!("{no}: calls {wanted}"));
        let mut body = Vec::new();
        let Ok(params) = Raw::new(&wanted.params) else {
            return;
        };
        Writer::new(&mut body).map(|map| {
            map.key("service_name").text(&wanted.service);
            map.key("method").text(wanted.method);
            map.key("params").raw(params);
            map.key("timeout").float(wanted.timeout.as_secs_f64());
            map.key("message_id").text(&act.to_string());
            map.key("trace_id").text(&no.to_string());
            let mut list = map.key("excluded_instances");
            list.array(wanted.excluded.len());
            for id in &wanted.excluded {
                list.text(id);
            }
        });
        let reply = io.inbox(&no.to_string());
        io.publish(link, &self.subjects.plain_route(), Some(&reply), &body);
    }
}

impl Actor for LegacyCaller {
    fn on_start(&mut self, io: &mut Io<'_>) {
        self.open(io);
        Wanted::next(io, &mut self.chance);
    }

    fn on_pong(&mut self, _io: &mut Io<'_>, link: LinkId) {
        self.is_ready |= self.link == Some(link);
    }

    fn on_letter(&mut self, io: &mut Io<'_>, _link: LinkId, letter: &Letter) {
        let token = letter.subject.rsplit('.').next().unwrap_or_default();
        if let Some(no) = CallNo::from_trace_id(token) {
            io.tell(Some(no), format!("{no}: the caller has its answer"));
        }
    }

    fn on_lost(&mut self, io: &mut Io<'_>, _link: LinkId) {
        self.link = None;
        self.is_ready = false;
        io.timer(self.chance.millis(5, 100), Timer::Reconnect);
    }

    fn on_timer(&mut self, io: &mut Io<'_>, timer: Timer) {
        match timer {
            Timer::Reconnect => self.open(io),
            Timer::Act => {
                if let Some(link) = self.link.filter(|_| self.is_ready) {
                    self.call(io, link);
                }
                Wanted::next(io, &mut self.chance);
            }
            Timer::Register(_) | Timer::Heartbeat | Timer::Finish(_) | Timer::Wake => {}
        }
    }
}

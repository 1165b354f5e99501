use std::time::Duration;

use aegis_types::{RetryWish, Safety};
use aegis_wire::call::{Exclusions, RouteRequest};
use aegis_wire::value::{Raw, Writer};
use aegis_wire::{PROTOCOL, Subjects};

use super::{Actor, Io, Timer};
use crate::chance::Chance;
use crate::judge::CallMade;
use crate::net::{Letter, LinkId};
use crate::plan::MAX_TIMEOUT_MS;
use crate::story::CallNo;

pub(crate) struct Caller {
    is_native: bool,
    chance: Chance,
    subjects: Subjects,
    link: Option<LinkId>,
    is_ready: bool,
    /// A chain of timers runs.
    is_busy: bool,
}

impl Caller {
    pub(crate) fn new(is_native: bool, chance: Chance) -> Caller {
        Caller {
            is_native,
            chance,
            subjects: Subjects::default(),
            link: None,
            is_ready: false,
            is_busy: false,
        }
    }

    fn open(&mut self, io: &mut Io<'_>) {
        let answers = io.inbox("*");
        self.link = Some(io.connect("caller", &[&answers]));
        self.is_ready = false;
    }

    fn next(&mut self, io: &mut Io<'_>) {
        if io.net.now < io.net.plan.calls_end_at {
            let gap = self.chance.micros(500, io.net.plan.max_call_gap_ms * 1_000);
            io.timer(gap, Timer::Act);
        }
    }

    /// Draws a call, notes it with the judge, and sends it.
    fn call(&mut self, io: &mut Io<'_>, link: LinkId) {
        let service_no = self.chance.below(io.net.plan.services.len() as u64) as usize;
        let made = self.draw(io, link, service_no);
        let mut params = Vec::new();
        let filler = vec![7; self.chance.below(io.net.plan.max_params + 1) as usize];
        Writer::new(&mut params).map(|map| map.key("filler").bin(&filler));
        let (service, method) = (made.service.clone(), made.method);
        let excluded: Vec<String> = made.excluded.clone();
        let excluded: Vec<&str> = excluded.iter().map(String::as_str).collect();
        let (wish, timeout, max) = (made.wish, made.timeout, made.max_instances);
        let no = io.net.judge.call_made(made);
        io.tell(
            Some(no),
            format!(
                "{no}: calls {service}.{method}, wish {}, within {timeout:?}, not {excluded:?}, \
                 at most {max:?}",
                wish.as_str()
            ),
        );
        let message_id = no.to_string();
        let mut body = Vec::new();
        let Ok(params) = Raw::new(&params) else {
            return;
        };
        if self.is_native {
            RouteRequest {
                timeout: Some(timeout),
                message_id: Some(&message_id),
                excluded_instances: Exclusions::of(&excluded),
                protocol: Some(PROTOCOL),
                max_instances: max,
                retry: wish,
                ..RouteRequest::new(&service, method, params)
            }
            .encode(&mut body);
        } else {
            Writer::new(&mut body).map(|map| {
                map.key("service_name").text(&service);
                map.key("method").text(method);
                map.key("params").raw(params);
                map.key("timeout").float(timeout.as_secs_f64());
                map.key("message_id").text(&message_id);
                let mut list = map.key("excluded_instances");
                list.array(excluded.len());
                for id in &excluded {
                    list.text(id);
                }
            });
        }
        let subject = if self.is_native {
            self.subjects.route(&service, method)
        } else {
            self.subjects.plain_route()
        };
        let reply = io.inbox(&message_id);
        io.publish(link, &subject, Some(&reply), &body);
    }

    fn draw(&mut self, io: &Io<'_>, link: LinkId, service_no: usize) -> CallMade {
        let plan = &io.net.plan;
        let (service, method, safety) = plan
            .services
            .get(service_no)
            .and_then(|service| {
                let method = self.chance.pick(&service.methods)?;
                Some((service.name.clone(), method.name, method.safety))
            })
            .unwrap_or((String::new(), "", Safety::AtMostOnce));
        let is_quiet = io.net.is_quiet;
        let wish = match self.chance.below(4) {
            _ if !self.is_native => RetryWish::Proof,
            0 | 1 => RetryWish::Proof,
            2 => RetryWish::Unknown,
            _ => RetryWish::Failed,
        };
        let timeout = match self.chance.below(10) {
            _ if is_quiet => 2_000,
            0 => self.chance.between(5, 60),
            1..7 => self.chance.between(300, 2_000),
            _ => self.chance.between(2_000, MAX_TIMEOUT_MS),
        };
        let mut excluded = Vec::new();
        if !is_quiet && self.chance.percent(10) {
            let of_service = io.net.judge.ids_of(&service);
            excluded.extend(self.chance.pick(&of_service).cloned());
        }
        let max_instances = (self.is_native && !is_quiet && self.chance.percent(25))
            .then(|| self.chance.between(1, 5) as u8);
        CallMade {
            caller: io.me,
            link,
            is_native: self.is_native,
            service,
            method,
            safety,
            wish,
            excluded,
            max_instances,
            timeout: Duration::from_millis(timeout),
            must_succeed: is_quiet,
        }
    }
}

impl Actor for Caller {
    fn on_start(&mut self, io: &mut Io<'_>) {
        self.open(io);
        if !std::mem::replace(&mut self.is_busy, true) {
            self.next(io);
        }
    }

    fn on_pong(&mut self, _io: &mut Io<'_>, link: LinkId) {
        self.is_ready |= self.link == Some(link);
    }

    fn on_letter(&mut self, io: &mut Io<'_>, _link: LinkId, letter: &Letter) {
        let token = letter.subject.rsplit('.').next().unwrap_or_default();
        if let Some(no) = CallNo::from_message_id(token) {
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
                self.next(io);
            }
            Timer::Register(_) | Timer::Heartbeat | Timer::Finish(_) => {}
        }
    }
}

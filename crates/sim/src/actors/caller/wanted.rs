use std::fmt;
use std::time::Duration;

use aegis_types::{RetryWish, Safety};
use aegis_wire::value::Writer;

use crate::actors::{Io, Timer, UNKNOWN_METHOD};
use crate::chance::Chance;
use crate::judge::CallMade;
use crate::net::LinkId;
use crate::plan::MAX_TIMEOUT_MS;
use crate::story::{ActNo, ProcId};

/// What a caller wants: an act before it is sent.
#[derive(Clone, Debug)]
pub(crate) struct Wanted {
    pub(crate) service: String,
    pub(crate) method: &'static str,
    /// What native instances declare about the method.
    pub(crate) safety: Safety,
    pub(crate) wish: RetryWish,
    pub(crate) excluded: Vec<String>,
    pub(crate) max_instances: Option<u8>,
    pub(crate) timeout: Duration,
    /// Wanted when nothing goes wrong any more.
    pub(crate) must_succeed: bool,
    pub(crate) params: Vec<u8>,
    is_native: bool,
}

impl Wanted {
    pub(crate) fn draw(io: &Io<'_>, chance: &mut Chance, is_native: bool) -> Wanted {
        let plan = &io.net.plan;
        let is_quiet = io.net.is_quiet;
        let (service, method, safety) = chance
            .pick(&plan.services)
            .and_then(|service| {
                let method = chance.pick(&service.methods)?;
                Some((service.name.clone(), method.name, method.safety))
            })
            .unwrap_or((String::new(), "", Safety::AtMostOnce));
        let (service, method) = match chance.below(100) {
            _ if is_quiet => (service, method),
            0 => ("nowhere".to_owned(), method),
            1 => (service, UNKNOWN_METHOD),
            _ => (service, method),
        };
        let wish = match chance.below(4) {
            _ if !is_native => RetryWish::Proof,
            0 | 1 => RetryWish::Proof,
            2 => RetryWish::Unknown,
            _ => RetryWish::Failed,
        };
        let timeout = match chance.below(10) {
            _ if is_quiet => 2_000,
            0 => chance.between(5, 60),
            1..7 => chance.between(300, 2_000),
            _ => chance.between(2_000, MAX_TIMEOUT_MS),
        };
        let mut excluded = Vec::new();
        if !is_quiet && chance.percent(10) {
            let of_service = io.net.judge.ids_of(&service);
            excluded.extend(chance.pick(&of_service).cloned());
        }
        let max_instances =
            (is_native && !is_quiet && chance.percent(25)).then(|| chance.between(1, 5) as u8);
        // Two large calls at once can fill a connection to its limit, which rightly costs it its life.
        let longest = match is_quiet {
            true => plan.max_params.min(plan.max_pending as u64 / 8),
            false => plan.max_params,
        };
        let filler = vec![7; chance.below(longest + 1) as usize];
        let mut params = Vec::new();
        Writer::new(&mut params).map(|map| map.key("filler").bin(&filler));
        Wanted {
            service,
            method,
            safety,
            wish,
            excluded,
            max_instances,
            timeout: Duration::from_millis(timeout),
            must_succeed: is_quiet,
            params,
            is_native,
        }
    }

    /// Asks for the next act after a while.
    pub(crate) fn next(io: &mut Io<'_>, chance: &mut Chance) {
        if io.net.now < io.net.plan.calls_end_at {
            let gap = chance.micros(500, io.net.plan.max_call_gap_ms * 1_000);
            io.timer(gap, Timer::Act);
        }
    }

    /// For the judge: as it is sent now.
    pub(crate) fn made(&self, caller: ProcId, act: ActNo, link: LinkId) -> CallMade {
        CallMade {
            act,
            caller,
            link,
            is_native: self.is_native,
            service: self.service.clone(),
            method: self.method,
            safety: self.safety,
            wish: self.wish,
            excluded: self.excluded.clone(),
            max_instances: self.max_instances,
            timeout: self.timeout,
            must_succeed: self.must_succeed,
        }
    }
}

impl fmt::Display for Wanted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}.{}, wish {}, within {:?}, not {:?}, at most {:?}",
            self.service,
            self.method,
            self.wish.as_str(),
            self.timeout,
            self.excluded,
            self.max_instances
        )
    }
}

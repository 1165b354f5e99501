//! Which request of a service runs now, which waits, which is refused before it starts.
//!
//! What always holds (`check_invariants`):
//!
//! 1. At most `concurrency` handlers run, at most `queue` requests wait, and one waits only while
//!    all places are taken.
//! 2. No request starts after its deadline.
//! 3. Every request is decided exactly once: started or refused. A refusal is proof for the router
//!    that the handler did not run, so it may send the request to another instance.
//! 4. Requests start in the order in which they came.
//! 5. After draining began, nothing new is taken; what was taken before still runs.

use std::collections::VecDeque;

use aegis_types::Instant;
use thiserror::Error;

/// Handlers of one service that may run at once, unless the service says otherwise.
pub const DEFAULT_CONCURRENCY: usize = 64;

/// Requests of one service that may wait for a place, unless the service says otherwise.
pub const DEFAULT_QUEUE: usize = 1024;

/// Why a request was refused before its handler started.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Refusal {
    /// All places are taken and the queue is full.
    #[error("overloaded: {running} handlers run and {waiting} requests wait, which are the limits")]
    Overloaded {
        /// The limit on handlers running at once.
        running: usize,
        /// The limit on requests waiting.
        waiting: usize,
    },
    /// Its deadline passed before it could start.
    #[error("the deadline passed before the handler could start")]
    Expired,
    /// The process did not run for a while, and may not know yet that the deadline passed.
    #[error("the instance did not run for a while and must hear from the router first")]
    Stalled,
    /// The instance takes no new work.
    #[error("the instance is draining")]
    Draining,
}

impl Refusal {
    /// The stable code.
    pub const fn code(self) -> &'static str {
        match self {
            Refusal::Overloaded { .. } => "OVERLOADED",
            Refusal::Expired | Refusal::Stalled => "EXPIRED",
            Refusal::Draining => "DRAINING",
        }
    }
}

/// What to do with a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision<W> {
    /// Run its handler now, and call [`Admission::finished`] when it ends, however it ends.
    Start(W),
    /// Answer that it was not run.
    Refuse(W, Refusal),
}

/// The machine. One per service served; `W` is whatever the shell needs to run a request.
#[derive(Clone, Debug)]
pub struct Admission<W> {
    concurrency: usize,
    queue: usize,
    running: usize,
    waiting: VecDeque<Waiting<W>>,
    draining: bool,
}

#[derive(Clone, Debug)]
struct Waiting<W> {
    deadline: Instant,
    work: W,
}

impl<W> Admission<W> {
    /// At most `concurrency` (at least 1) run, at most `queue` wait.
    pub fn new(concurrency: usize, queue: usize) -> Admission<W> {
        Admission {
            concurrency: concurrency.max(1),
            queue,
            running: 0,
            waiting: VecDeque::new(),
            draining: false,
        }
    }

    /// A request came. Decisions, possibly none if it waits, are added to `decisions`.
    pub fn arrived(
        &mut self,
        now: Instant,
        deadline: Instant,
        work: W,
        decisions: &mut Vec<Decision<W>>,
    ) {
        if self.draining {
            return decisions.push(Decision::Refuse(work, Refusal::Draining));
        }
        if deadline <= now {
            return decisions.push(Decision::Refuse(work, Refusal::Expired));
        }
        if self.running < self.concurrency {
            self.running += 1;
            return decisions.push(Decision::Start(work));
        }
        if self.waiting.len() >= self.queue {
            self.refuse_expired(now, decisions);
        }
        if self.waiting.len() >= self.queue {
            let refusal = Refusal::Overloaded {
                running: self.concurrency,
                waiting: self.queue,
            };
            return decisions.push(Decision::Refuse(work, refusal));
        }
        self.waiting.push_back(Waiting { deadline, work });
    }

    /// A handler ended: its place goes to the first request that is not past its deadline.
    pub fn finished(&mut self, now: Instant, decisions: &mut Vec<Decision<W>>) {
        self.running = self.running.saturating_sub(1);
        while self.running < self.concurrency {
            let Some(Waiting { deadline, work }) = self.waiting.pop_front() else {
                return;
            };
            if deadline > now {
                self.running += 1;
                decisions.push(Decision::Start(work));
            } else {
                decisions.push(Decision::Refuse(work, Refusal::Expired));
            }
        }
    }

    /// From now on everything new is refused. What waits was promised a place and keeps it.
    pub const fn drain(&mut self) {
        self.draining = true;
    }

    /// As [`Admission::drain`], and refuses what waits: nobody is left to run it.
    pub fn close(&mut self, decisions: &mut Vec<Decision<W>>) {
        self.drain();
        let waiting = self.waiting.drain(..);
        decisions.extend(waiting.map(|waiting| Decision::Refuse(waiting.work, Refusal::Draining)));
    }

    /// Whether nothing runs and nothing waits.
    pub fn is_idle(&self) -> bool {
        self.running == 0 && self.waiting.is_empty()
    }

    /// Handlers running now.
    pub const fn running(&self) -> usize {
        self.running
    }

    /// Requests waiting now.
    pub fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// Requests that may be taken at once, running and waiting.
    pub const fn capacity(&self) -> usize {
        self.concurrency.saturating_add(self.queue)
    }

    /// Makes room in a full queue: what expired there will never start.
    fn refuse_expired(&mut self, now: Instant, decisions: &mut Vec<Decision<W>>) {
        for waiting in std::mem::take(&mut self.waiting) {
            if waiting.deadline > now {
                self.waiting.push_back(waiting);
            } else {
                decisions.push(Decision::Refuse(waiting.work, Refusal::Expired));
            }
        }
    }

    /// Panics if an invariant that can be read off the state does not hold.
    pub fn check_invariants(&self) {
        assert!(self.running <= self.concurrency, "too many handlers run");
        assert!(self.waiting.len() <= self.queue, "too many requests wait");
        assert!(
            self.waiting.is_empty() || self.running == self.concurrency,
            "a request waits beside a free place"
        );
    }
}

#[cfg(test)]
mod tests;

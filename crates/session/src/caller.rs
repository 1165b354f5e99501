//! When one call is sent, sent again, or given up on, on the caller's side.
//!
//! The router owns every attempt on instances. The SDK sends again only where no router took the
//! call, or none can know better yet:
//!
//! | the send ended by | `proof`, `failed` | `unknown` |
//! |---|---|---|
//! | 503, nothing left the machine, or a router that goes down and took nothing | again | again |
//! | a router that has nobody for it now (it may have restarted a moment ago) | that is the answer | again |
//! | the connection, or the router's own, was lost with the request out | outcome unknown | again |
//! | any other answer, or silence until the deadline | that is the end | the same |
//!
//! Who says `unknown` asks for the call to be carried over an outage; everybody else is told at
//! once, so that retries do not add up with those of others. A router that is overloaded is never
//! asked again.
//!
//! ```text
//! connecting --connected--> in flight --answered--> done
//!      ^                        |--no router, refused for now--> pausing --over--> in flight
//!      +---- not sent ----------|
//!      +---- lost, may repeat --|--lost, may not--> done: outcome unknown
//! ```
//!
//! What always holds (`check_invariants`, and the property tests beside it):
//!
//! 1. Nothing is sent after the deadline.
//! 2. Once a send may have reached a router, the call never ends as *not run* here; whether a
//!    router's answer covers it is for [`Caller::may_have_run`] to say.
//! 3. Without the wish `Unknown`, nothing is sent after a send that may have reached a router.
//! 4. The call ends, at the latest, [`ANSWER_MARGIN`] after its deadline.

use std::time::Duration;

use aegis_plants::Plant;
use aegis_types::{AttemptEnd, Instant, RetryWish, Safety, Verdict, may_be_sent_again};

use crate::{Backoff, Chance};

/// How much longer than the deadline the SDK waits for an answer. The router ends every call at
/// its deadline and says what is known; its word, on its way at that instant, beats our silence.
pub const ANSWER_MARGIN: Duration = Duration::from_millis(500);

/// First and longest pause before a call that no router took, or could place, is sent again.
pub const NO_ROUTER_PAUSES: (Duration, Duration) =
    (Duration::from_millis(20), Duration::from_millis(500));

/// What happened to a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// The connection is up, or up again.
    Connected,
    /// The pause, or the wait for the connection, is over.
    TimerFired,
    /// The last send ended.
    SendEnded(SendEnd),
}

/// How one send of a call to the router ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SendEnd {
    /// A router answered.
    Answered,
    /// A router that goes down answered that it takes nothing: it was not run.
    RouterStopping,
    /// A router has nobody who could run it now, and that may pass: it was not run.
    Unplaced {
        /// The router wants it no sooner.
        retry_after: Option<Duration>,
    },
    /// 503: no router listens, so none took it.
    NoRouter,
    /// There was no connection: nothing left this process.
    NotSent,
    /// The connection was lost before an answer came.
    ConnectionLost,
    /// The router's own connection was lost before an answer came, or another router serves now.
    RouterLost,
    /// Nothing came back within the span of [`Step::Send`].
    TimedOut,
}

/// What to do next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Send the request, the same message id each time, and report how it ended.
    Send {
        /// The time left to tell the router.
        time_left: Duration,
        /// How long to wait for the answer: a little more.
        wait: Duration,
    },
    /// Wait for the connection, at most until then.
    WaitForConnection {
        /// Report the timer at this instant.
        until: Instant,
    },
    /// Wait until then, and report the timer.
    Pause {
        /// When the pause is over.
        until: Instant,
    },
    /// The call is over.
    End(Ending),
}

/// How a call ended, as far as the way to the router goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// A router answered; its last answer decides.
    Answered,
    /// No router ever took it.
    NotRun(Obstacle),
    /// A router may have taken it.
    Unknown(Obstacle),
}

/// What stood between the caller and an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Obstacle {
    /// There was no connection to a broker.
    NotConnected,
    /// No router listened.
    NoRouter,
    /// A router answered that it was not run, and it was worth another try.
    Refused,
    /// The connection was lost with the request out.
    ConnectionLost,
    /// Nothing came back.
    NoAnswer,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Connecting,
    InFlight,
    Pausing { until: Instant },
    Done,
}

/// The machine. One per call.
#[derive(Clone, Debug)]
pub struct Caller {
    deadline: Instant,
    wish: RetryWish,
    state: State,
    sends: u32,
    /// What became of the first send that may have reached a router.
    may_have_run: Option<Obstacle>,
    last_obstacle: Obstacle,
    backoff: Backoff,
    chance: Chance,
}

impl Caller {
    /// A call that must be answered by `deadline`.
    pub const fn new(deadline: Instant, wish: RetryWish, seed: u64) -> Caller {
        let (first, longest) = NO_ROUTER_PAUSES;
        Caller {
            deadline,
            wish,
            state: State::Connecting,
            sends: 0,
            may_have_run: None,
            last_obstacle: Obstacle::NotConnected,
            backoff: Backoff::new(first, longest),
            chance: Chance::seeded(seed),
        }
    }

    /// The first step: the shell need not know whether it is connected, a send tells.
    pub fn start(&mut self, now: Instant) -> Step {
        self.send(now)
    }

    /// Takes one event at `now` and says what to do next; `None` if the event changes nothing and
    /// the step given before still stands.
    pub fn handle(&mut self, now: Instant, event: Event) -> Option<Step> {
        match (self.state, event) {
            (State::InFlight, Event::SendEnded(end)) => Some(self.on_send_ended(now, end)),
            (State::Connecting, Event::Connected) => {
                // Another connection, often another router: what the last one made it wait says
                // nothing about this one.
                self.backoff.reset();
                Some(self.send(now))
            }
            (State::Connecting, Event::TimerFired) if now >= self.deadline => Some(self.give_up()),
            (State::Pausing { until }, Event::TimerFired) if now >= until => Some(self.send(now)),
            _ => None,
        }
    }

    /// How often the request was handed to the connection.
    pub const fn sends(&self) -> u32 {
        self.sends
    }

    /// Whether an earlier send may have reached a router, so that no later proof covers the call.
    pub const fn may_have_run(&self) -> bool {
        self.may_have_run.is_some()
    }

    fn on_send_ended(&mut self, now: Instant, end: SendEnd) -> Step {
        match end {
            SendEnd::Unplaced { retry_after } if self.wish == RetryWish::Unknown => {
                self.last_obstacle = Obstacle::Refused;
                self.pause(now, retry_after.unwrap_or_default())
            }
            SendEnd::Answered | SendEnd::Unplaced { .. } => {
                self.state = State::Done;
                Step::End(Ending::Answered)
            }
            SendEnd::RouterStopping => {
                self.last_obstacle = Obstacle::Refused;
                self.pause(now, Duration::ZERO)
            }
            SendEnd::NoRouter => {
                self.last_obstacle = Obstacle::NoRouter;
                self.pause(now, Duration::ZERO)
            }
            SendEnd::NotSent => {
                self.sends = self.sends.saturating_sub(1);
                self.last_obstacle = Obstacle::NotConnected;
                self.connect(now)
            }
            SendEnd::ConnectionLost | SendEnd::RouterLost => {
                self.last_obstacle = Obstacle::ConnectionLost;
                if Plant::LostSendTakenForNotRun.is_sown() {
                    return self.give_up();
                }
                self.may_have_run.get_or_insert(Obstacle::ConnectionLost);
                // The SDK does not know what the method declares, so it may not assume more.
                let safety = Safety::AtMostOnce;
                match may_be_sent_again(AttemptEnd::ConnectionLost, safety, self.wish) {
                    Verdict::NextInstance { .. } => self.connect(now),
                    Verdict::Answer if Plant::LostSendRepeated.is_sown() => self.connect(now),
                    Verdict::Answer => self.give_up(),
                }
            }
            SendEnd::TimedOut => {
                self.last_obstacle = Obstacle::NoAnswer;
                self.may_have_run.get_or_insert(Obstacle::NoAnswer);
                self.give_up()
            }
        }
    }

    fn send(&mut self, now: Instant) -> Step {
        if now >= self.deadline {
            return self.give_up();
        }
        self.sends += 1;
        self.state = State::InFlight;
        Step::Send {
            time_left: self.deadline.saturating_since(now),
            wait: (self.deadline + ANSWER_MARGIN).saturating_since(now),
        }
    }

    fn connect(&mut self, now: Instant) -> Step {
        if now >= self.deadline {
            return self.give_up();
        }
        self.state = State::Connecting;
        Step::WaitForConnection {
            until: self.deadline,
        }
    }

    /// Cut short where the deadline comes first, so that the last try is made just before it; never
    /// shorter than `at_least`, which the router asked for.
    fn pause(&mut self, now: Instant, at_least: Duration) -> Step {
        let (last_try, _) = NO_ROUTER_PAUSES;
        let room = self.deadline.saturating_since(now).saturating_sub(last_try);
        let pause = self.backoff.pause(&mut self.chance).max(at_least).min(room);
        if pause.is_zero() || pause < at_least {
            return self.give_up();
        }
        let until = now + pause;
        self.state = State::Pausing { until };
        Step::Pause { until }
    }

    fn give_up(&mut self) -> Step {
        self.state = State::Done;
        Step::End(self.ending())
    }

    const fn ending(&self) -> Ending {
        match (self.last_obstacle, self.may_have_run) {
            (Obstacle::Refused, _) => Ending::Answered,
            (_, Some(obstacle)) => Ending::Unknown(obstacle),
            (obstacle, None) => Ending::NotRun(obstacle),
        }
    }

    /// Panics if an invariant that can be read off the state does not hold.
    pub fn check_invariants(&self) {
        if let State::Pausing { until } = self.state {
            assert!(until < self.deadline, "a pause beyond the deadline");
        }
        if self.may_have_run.is_some() && self.wish != RetryWish::Unknown {
            assert_eq!(self.state, State::Done, "may have run, and still trying");
        }
        assert!(
            self.state != State::InFlight || self.sends > 0,
            "in flight without a send"
        );
    }
}

#[cfg(test)]
mod tests;

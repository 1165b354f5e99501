//! What can happen next, as plain data, so that a failing walk can be made smaller.

use proptest::collection::vec;
use proptest::prelude::*;

pub(crate) const SERVICES: [&str; 3] = ["billing", "orders", "stock"];
pub(crate) const IDS: [&str; 6] = ["a", "b", "c", "d", "legacy01", "legacy02"];
pub(crate) const METHODS: [&str; 3] = ["place", "last", "search"];
pub(crate) const RESOURCES: [&str; 2] = ["user-1", "user-2"];
pub(crate) const CONNECTIONS: u8 = 8;
pub(crate) const MOST_CALLS: usize = 10;

/// Numbers too large wrap around to what there is.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    Register {
        service: u8,
        id: u8,
        life: Life,
        on: u8,
        lifeline: bool,
        menu: u8,
        interval_ms: Option<u16>,
        /// Its inbox answers the welcome probe at once.
        answers: bool,
        part: Part,
    },
    Deregister {
        service: u8,
        id: u8,
        shown: Shown,
    },
    Heartbeat {
        service: u8,
        id: u8,
        shown: Shown,
        draining: bool,
        on: Option<u8>,
    },
    /// Everybody present is heard of, as in quiet times.
    EverybodyBeats,
    Call {
        service: u8,
        method: u8,
        timeout_ms: u16,
        wish: u8,
        max: u8,
        attempt_ms: Option<u16>,
        excluded: u8,
        legacy: bool,
        from: Option<u8>,
    },
    Reply {
        call: u8,
        attempt: u8,
        kind: u8,
    },
    NoResponders {
        call: u8,
        attempt: u8,
    },
    ProbeAnswered(u8),
    InboxGained(u8),
    InboxLost(u8),
    Disconnected(u8),
    /// The router loses its NATS server, or has one again.
    BrokerLost,
    BrokerRegained,
    /// The router takes no requests, or takes them again.
    Fenced,
    Unfenced,
    Close {
        connection: u8,
        by_peer: bool,
    },
    /// Time passes, timers fire at their instants.
    Pass(u16),
    /// Time passes, and nobody looks at the timers until the next `Pass`.
    Stall(u16),
    Shutdown,
}

/// Which life registers.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Life {
    Same,
    Next,
    Older,
    Legacy,
}

/// The part it wants: in no resource, or in one of two.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Part {
    Nothing,
    StandsBy(u8),
    Active(u8),
}

fn part() -> impl Strategy<Value = Part> {
    prop_oneof![
        4 => Just(Part::Nothing),
        1 => (0..2u8).prop_map(Part::StandsBy),
        2 => (0..2u8).prop_map(Part::Active),
    ]
}

/// What an instance shows for itself.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Shown {
    Right,
    WrongToken,
    OlderLife,
    NothingAtAll,
}

fn life() -> impl Strategy<Value = Life> {
    prop_oneof![
        3 => Just(Life::Next),
        3 => Just(Life::Same),
        1 => Just(Life::Older),
        2 => Just(Life::Legacy),
    ]
}

fn shown() -> impl Strategy<Value = Shown> {
    prop_oneof![
        12 => Just(Shown::Right),
        1 => Just(Shown::WrongToken),
        1 => Just(Shown::OlderLife),
        1 => Just(Shown::NothingAtAll),
    ]
}

fn maybe<T: Clone + std::fmt::Debug>(
    some: impl Strategy<Value = T> + 'static,
) -> impl Strategy<Value = Option<T>> {
    prop::option::weighted(0.3, some)
}

fn register() -> impl Strategy<Value = Step> {
    let who = (0..3u8, 0..6u8, life());
    let answers = prop::bool::weighted(0.8);
    let interval = maybe(10..900u16);
    let how = (
        (0..CONNECTIONS, any::<bool>(), 0..8u8),
        (interval, answers, part()),
    );
    (who, how).prop_map(
        |((service, id, life), ((on, lifeline, menu), (interval_ms, answers, part)))| {
            Step::Register {
                service,
                id,
                life,
                on,
                lifeline,
                menu,
                interval_ms,
                answers,
                part,
            }
        },
    )
}

fn call() -> impl Strategy<Value = Step> {
    let what = (0..3u8, 0..3u8, 0..4_000u16, 0..4u8, 0..5u8);
    let how = (
        maybe(0..1_500u16),
        prop_oneof![4 => Just(0u8), 1 => any::<u8>()],
        prop::bool::weighted(0.2),
        prop::option::of(0..CONNECTIONS),
    );
    (what, how).prop_map(
        |((service, method, timeout_ms, wish, max), (attempt_ms, excluded, legacy, from))| {
            Step::Call {
                service,
                method,
                timeout_ms,
                wish,
                max,
                attempt_ms,
                excluded,
                legacy,
                from,
            }
        },
    )
}

fn heartbeat() -> impl Strategy<Value = Step> {
    (
        (0..3u8, 0..6u8),
        shown(),
        prop::bool::weighted(0.1),
        maybe(0..CONNECTIONS),
    )
        .prop_map(|((service, id), shown, draining, on)| Step::Heartbeat {
            service,
            id,
            shown,
            draining,
            on,
        })
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        16 => register(),
        4 => (0..3u8, 0..6u8, shown())
            .prop_map(|(service, id, shown)| Step::Deregister { service, id, shown }),
        16 => heartbeat(),
        12 => Just(Step::EverybodyBeats),
        30 => call(),
        30 => (any::<u8>(), any::<u8>(), 0..10u8)
            .prop_map(|(call, attempt, kind)| Step::Reply { call, attempt, kind }),
        12 => (any::<u8>(), any::<u8>())
            .prop_map(|(call, attempt)| Step::NoResponders { call, attempt }),
        10 => any::<u8>().prop_map(Step::ProbeAnswered),
        5 => any::<u8>().prop_map(Step::InboxGained),
        3 => any::<u8>().prop_map(Step::InboxLost),
        3 => any::<u8>().prop_map(Step::Disconnected),
        1 => Just(Step::BrokerLost),
        3 => Just(Step::BrokerRegained),
        1 => Just(Step::Fenced),
        3 => Just(Step::Unfenced),
        6 => (0..CONNECTIONS, prop::bool::weighted(0.7))
            .prop_map(|(connection, by_peer)| Step::Close { connection, by_peer }),
        20 => (0..700u16).prop_map(Step::Pass),
        2 => (0..25_000u16).prop_map(Step::Pass),
        2 => (0..3_000u16).prop_map(Step::Stall),
    ]
}

/// A walk of this many steps, half of a fleet first; now and then the router stops near its end.
pub(crate) fn steps(count: usize) -> impl Strategy<Value = Vec<Step>> {
    let fleet = vec(register(), 12);
    let walk = vec(step(), count - 12);
    (fleet, walk, prop::bool::weighted(0.1)).prop_map(move |(mut steps, walk, stops)| {
        steps.extend(walk);
        if stops {
            steps.insert(count * 4 / 5, Step::Shutdown);
        }
        steps
    })
}

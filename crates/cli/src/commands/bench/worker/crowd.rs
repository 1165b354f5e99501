//! Many instances in one process, each on a connection of its own.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aegis_bench::{CrowdOrder, CrowdReport, LATE, Recorder, Share, Usage, say};
use aegis_bus::{ConnectOptions, Connection, Delivery, ServerAddress, Subscriber, WeakConnection};
use aegis_wire::Subjects;
use aegis_wire::instance::{HeartbeatReply, LeaseToken};
use anyhow::Context as _;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

use super::super::SERVICE;
use super::heartbeats::{
    granted, inbox, legacy_heartbeat, native_heartbeat, probe_answer, registration,
};

/// Connections that are opened at the same time.
const OPENING: usize = 64;
/// A broker that has not taken a connection by then never will.
const CONNECT_PATIENCE: Duration = Duration::from_secs(30);
/// A heartbeat or a registration that was not answered by then is lost.
const ANSWER_PATIENCE: Duration = Duration::from_secs(10);
/// Everybody is given this long to get ready for the first heartbeat.
const BREATH: Duration = Duration::from_millis(200);

/// Connects, registers, sends heartbeats at the ordered pace, and reports.
pub(super) async fn run(order: &CrowdOrder) -> anyhow::Result<()> {
    let begin = Instant::now();
    let connections = connect(order).await?;
    let connected_after = begin.elapsed();

    let begin = Instant::now();
    let crowd = register(order, connections).await?;
    let registered_after = order.register.then(|| begin.elapsed());

    let first = Instant::now() + BREATH;
    let last = first + order.lasting;
    let mut members = JoinSet::new();
    for (number, member) in crowd.into_iter().enumerate() {
        // Spread over the interval, as instances are that were not started by one clock.
        let offset = order
            .interval
            .mul_f64(number as f64 / order.instances.max(1) as f64);
        members.spawn(member.beat(first + offset, last, order.interval));
    }
    let clock = WallClock::now();
    sleep_until(first).await;
    let look = || {
        order
            .watched
            .iter()
            .map(|other| Usage::of(other.pid))
            .collect::<Vec<_>>()
    };
    let before = look();
    sleep_until(last).await;
    let after = look();
    let mut total = Total::default();
    while let Some(member) = members.join_next().await {
        total.add(member?, clock);
    }
    let shares = order.watched.iter().zip(before.iter().zip(&after));
    let shares = shares.map(|(other, (before, after))| Share {
        name: other.name.clone(),
        cores: after
            .cpu_since(before)
            .map(|cpu| cpu.as_secs_f64() / order.lasting.as_secs_f64()),
        resident: after.resident,
    });
    say(&CrowdReport {
        connected_after,
        registered_after,
        sent: total.sent,
        lateness: total.lateness().summary(),
        halves: total.halves.each_ref().map(Recorder::summary),
        late: total.late,
        failed: total.failed,
        failure: total.failure,
        shares: shares.collect(),
    })?;
    Ok(())
}

/// Answers the probe of its inbox, and nothing else: other answers come as replies.
struct Inbox(WeakConnection);

impl Subscriber for Inbox {
    fn on_message(&mut self, message: Delivery<'_>) {
        let answer = probe_answer(message.payload);
        if let (Some(reply), Some(answer), Some(connection)) =
            (message.reply, answer, self.0.upgrade())
        {
            // A connection that is lost meanwhile fails the registration, which says so.
            let _ = connection.publish(reply, None, None, &answer);
        }
    }
}

async fn connect(order: &CrowdOrder) -> anyhow::Result<Vec<Connection>> {
    let servers = ServerAddress::parse_list(&order.server)?;
    let opening = Arc::new(Semaphore::new(OPENING));
    let mut dials = JoinSet::new();
    for _ in 0..order.instances {
        let mut options = ConnectOptions::new(servers.clone());
        options.connect_timeout = CONNECT_PATIENCE;
        let turn = Arc::clone(&opening).acquire_owned().await?;
        dials.spawn(async move {
            let connection = Connection::open_with(options, Inbox);
            connection.ready().await;
            drop(turn);
            connection
        });
    }
    Ok(dials.join_all().await)
}

/// All at once.
async fn register(order: &CrowdOrder, connections: Vec<Connection>) -> anyhow::Result<Vec<Member>> {
    let subjects = Subjects::default();
    let mut registrations = JoinSet::new();
    for (number, connection) in connections.into_iter().enumerate() {
        let instance = format!("bench-instance-{number:06}");
        let subject = subjects.register(SERVICE, &instance);
        let body = registration(SERVICE, &instance, order.interval);
        let register = order.register;
        if register {
            connection.subscribe(&inbox(&subjects, SERVICE, &instance), None)?;
        }
        registrations.spawn(async move {
            if !register {
                return Ok((instance, connection, None));
            }
            let asked = connection.request(&subject, None, &body, ANSWER_PATIENCE);
            let reply = asked.await.context("registering")?;
            let token = granted(&reply.payload)?;
            anyhow::Ok((instance, connection, Some(token)))
        });
    }
    let mut members = Vec::with_capacity(order.instances);
    while let Some(registered) = registrations.join_next().await {
        let (instance, connection, token) = registered??;
        members.push(Member::new(&subjects, &instance, connection, token));
    }
    Ok(members)
}

/// One instance.
struct Member {
    connection: Connection,
    subject: String,
    heartbeat: Vec<u8>,
    answered: bool,
}

impl Member {
    fn new(
        subjects: &Subjects,
        instance: &str,
        connection: Connection,
        token: Option<LeaseToken>,
    ) -> Self {
        let (subject, heartbeat) = match token {
            Some(token) => (
                subjects.heartbeat(SERVICE, instance),
                native_heartbeat(SERVICE, instance, token),
            ),
            None => (
                subjects.plain_heartbeat(),
                legacy_heartbeat(SERVICE, instance),
            ),
        };
        Self {
            connection,
            subject,
            heartbeat,
            answered: token.is_some(),
        }
    }

    async fn beat(self, first: Instant, last: Instant, interval: Duration) -> Beats {
        let mut beats = Beats::default();
        let mut due = first;
        while due < last {
            sleep_until(due).await;
            beats.sent += 1;
            match self.send().await {
                Ok(()) if self.answered => beats.waits.push((due, due.elapsed())),
                Ok(()) => {}
                Err(reason) => {
                    beats.failed += 1;
                    beats.failure.get_or_insert(reason);
                }
            }
            due += interval;
        }
        beats
    }

    async fn send(&self) -> Result<(), String> {
        if !self.answered {
            let sent = self
                .connection
                .publish(&self.subject, None, None, &self.heartbeat);
            return sent.map_err(|error| error.to_string());
        }
        let asked = self
            .connection
            .request(&self.subject, None, &self.heartbeat, ANSWER_PATIENCE);
        let reply = asked.await.map_err(|error| error.to_string())?;
        match HeartbeatReply::decode(&reply.payload) {
            Ok(HeartbeatReply::Renewed(_)) => Ok(()),
            Ok(HeartbeatReply::Refused(refusal)) => Err(refusal.message.to_owned()),
            Err(error) => Err(error.to_string()),
        }
    }
}

/// What became of one member's heartbeats. They are few: a list is smaller than a histogram.
#[derive(Default)]
struct Beats {
    sent: u64,
    /// When each was due, and how long after that its answer came.
    waits: Vec<(Instant, Duration)>,
    failed: u64,
    failure: Option<String>,
}

/// What became of everybody's.
#[derive(Default)]
struct Total {
    sent: u64,
    halves: [Recorder; 2],
    late: u64,
    failed: u64,
    failure: Option<String>,
}

impl Total {
    fn add(&mut self, member: Beats, clock: WallClock) {
        for (due, wait) in member.waits {
            self.halves[clock.half_of_second(due)].record(wait);
            self.late += u64::from(wait > LATE);
        }
        self.sent += member.sent;
        self.failed += member.failed;
        if self.failure.is_none() {
            self.failure = member.failure;
        }
    }

    fn lateness(&self) -> Recorder {
        let [mut all, second] = self.halves.clone();
        all.add(&second);
        all
    }
}

/// What the wall clock said at one instant.
#[derive(Clone, Copy)]
struct WallClock {
    at: Instant,
    since_epoch: Duration,
}

impl WallClock {
    fn now() -> Self {
        let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH);
        Self {
            at: Instant::now(),
            since_epoch: since_epoch.unwrap_or_default(),
        }
    }

    /// 0 or 1: in which half of a second of the wall clock an instant lies.
    fn half_of_second(self, instant: Instant) -> usize {
        let shown = match instant.checked_duration_since(self.at) {
            Some(later) => self.since_epoch + later,
            None => self.since_epoch.saturating_sub(self.at - instant),
        };
        usize::from(shown.subsec_millis() >= 500)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_of_seconds_before_and_after_the_look_at_the_clock() {
        let at = Instant::now() + Duration::from_secs(10);
        let since_epoch = Duration::from_millis(7_300);
        let clock = WallClock { at, since_epoch };
        let halves = [0, 199, 200, 699, 700, 1_200].map(|millis| {
            let span = Duration::from_millis(millis);
            clock.half_of_second(at + span)
        });
        assert_eq!(halves, [0, 0, 1, 1, 0, 1]);
        let before = [300, 301, 801].map(Duration::from_millis);
        let halves = before.map(|span| clock.half_of_second(at - span));
        assert_eq!(halves, [0, 1, 0]);
    }
}

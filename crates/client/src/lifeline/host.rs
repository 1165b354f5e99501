use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use aegis_bus::{ConnectOptions, Connection, Delivery, Subscriber, WeakConnection};
use aegis_session::lifeline::Event;
use aegis_session::timing::TICK;
use aegis_types::Instant;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{MissedTickBehavior, interval, sleep, timeout};
use tracing::warn;

use super::hosted::{Hosted, Shared};
use super::{Command, Key, Pace};
use crate::clock;

/// How long closing waits for deregistrations to be answered.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(1);

/// What happens on the thread itself.
pub(super) enum Happening {
    Connected,
    ConnectionLost,
    Answered(Key, Event),
}

/// The loop of the lifeline's thread: waits for one thing, tells the machine it concerns, does what
/// that says.
pub(super) struct Host {
    shared: Shared,
    hosted: HashMap<Key, Box<Hosted>>,
    connected: bool,
    closing: bool,
    /// Dropped with the host: whoever waits for its end sees that.
    ended: Option<oneshot::Sender<()>>,
}

impl Host {
    pub(super) async fn run(
        options: ConnectOptions,
        work: WeakConnection,
        pace: Arc<Pace>,
        mut commands: mpsc::UnboundedReceiver<Command>,
    ) {
        // Unbounded: at most one message per instance and answer, and the connection's few.
        let (happenings, mut happened) = mpsc::unbounded_channel();
        let listener = Listener(happenings.clone());
        let mut host = Host {
            shared: Shared {
                lifeline: Connection::open(options, listener),
                work,
                pace,
                happenings,
                lines: Arc::default(),
            },
            hosted: HashMap::new(),
            connected: false,
            closing: false,
            ended: None,
        };
        let mut ticks = interval(TICK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while !host.closing {
            let due = host.until_next_deadline();
            tokio::select! {
                _ = ticks.tick() => host.on_tick(),
                command = commands.recv() => host.on_command(command.unwrap_or(Command::Close(None))),
                Some(happening) = happened.recv() => host.on_happening(happening),
                () = wait(due) => host.tell_everybody(&Event::TimerFired),
            }
        }
        let leaving = async {
            while !host.hosted.is_empty()
                && let Some(happening) = happened.recv().await
            {
                host.on_happening(happening);
            }
        };
        // Who cannot say good-bye in time is missed by the router when the socket closes.
        let _ = timeout(CLOSE_TIMEOUT, leaving).await;
        host.shared.lifeline.close().await;
        drop(host.ended);
    }

    fn on_command(&mut self, command: Command) {
        match command {
            Command::Join(key, hosted) => {
                self.hosted.insert(key, hosted);
                if self.connected {
                    self.tell(key, Event::Connected);
                }
            }
            Command::Heartbeat(key, asker) => {
                if let Some(hosted) = self.hosted.get_mut(&key) {
                    hosted.asked(asker);
                    self.tell(key, Event::HeartbeatAsked);
                }
            }
            Command::Deregister(key) => self.tell(key, Event::DeregisterAsked),
            Command::Close(ended) => {
                self.closing = true;
                self.ended = ended;
                self.tell_everybody(&Event::DeregisterAsked);
            }
        }
    }

    fn on_tick(&mut self) {
        if let Some(gap) = self.shared.pace.ticked() {
            let gap_ms = u64::try_from(gap.as_millis()).unwrap_or(u64::MAX);
            warn!(
                gap_ms,
                event = "stalled",
                "this process did not run for a while; it takes no work until the router answers"
            );
            self.tell_everybody(&Event::HeartbeatAsked);
        }
        for hosted in self.hosted.values() {
            hosted.look_at_lag();
        }
    }

    fn on_happening(&mut self, happening: Happening) {
        match happening {
            Happening::Connected => {
                self.connected = true;
                self.tell_everybody(&Event::Connected);
            }
            Happening::ConnectionLost => {
                self.connected = false;
                self.tell_everybody(&Event::ConnectionLost);
            }
            Happening::Answered(key, event) => self.tell(key, event),
        }
    }

    fn tell(&mut self, key: Key, event: Event) {
        let Some(hosted) = self.hosted.get_mut(&key) else {
            return;
        };
        hosted.handle(key, event, &self.shared);
        if hosted.is_stopped() {
            self.hosted.remove(&key);
        }
    }

    fn tell_everybody(&mut self, event: &Event) {
        let keys: Vec<Key> = self.hosted.keys().copied().collect();
        for key in keys {
            self.tell(key, event.clone());
        }
    }

    fn until_next_deadline(&self) -> Option<Duration> {
        let next: Option<Instant> = self
            .hosted
            .values()
            .filter_map(|hosted| hosted.next_deadline())
            .min();
        next.map(|next| next.saturating_since(clock::now()))
    }
}

async fn wait(span: Option<Duration>) {
    match span {
        Some(span) => sleep(span).await,
        None => std::future::pending().await,
    }
}

/// Hears of the lifeline's connection; it has no subscriptions.
struct Listener(mpsc::UnboundedSender<Happening>);

impl Subscriber for Listener {
    fn on_message(&mut self, _: Delivery<'_>) {}

    fn on_ready(&mut self, _: bool) {
        let _ = self.0.send(Happening::Connected);
    }

    fn on_lost(&mut self) {
        let _ = self.0.send(Happening::ConnectionLost);
    }

    fn on_waiting(&mut self, server: &str, error: &str) {
        warn!(
            server,
            error,
            event = "lifeline_waiting",
            "the lifeline waits for a broker"
        );
    }
}

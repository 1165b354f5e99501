//! Steady calls of both kinds, and the books that they must leave behind.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use aegis_client::{CallError, Client, Context, RetryWish, Safety, Service, Serving};
use aegis_testkit::{Config, wait_for};
use tokio::runtime::Runtime;
use tokio::task::JoinHandle;

/// Of the instances that the load is for.
const HEARTBEAT_INTERVAL: Duration = Duration::from_secs(1);

/// The leases of a router under the load.
pub(crate) const LEASE_TTL: Duration = HEARTBEAT_INTERVAL.saturating_mul(3);

/// The settings of a router under the load.
pub(crate) fn core() -> Config {
    Config {
        heartbeat_interval: HEARTBEAT_INTERVAL,
        lease_ttl: LEASE_TTL,
        ..Config::default()
    }
}

/// By then every call must have its answer, one way or the other.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(10);

/// How much later than its deadline an answer may come on a busy machine: the SDK waits half a
/// second longer than that for the router's word.
const LATE: Duration = Duration::from_secs(3);

/// How long a handler works.
const WORK: Duration = Duration::from_millis(4);

/// Callers of each kind on each client.
const CALLERS: usize = 4;

/// Calls that were under way within this time after a kill tell how long the recovery took.
const AFTER_A_KILL: Duration = Duration::from_secs(5);

/// How long one look at the instances may take before another is taken.
const ONE_LOOK: Duration = Duration::from_millis(500);

/// The load, its instances and its books.
pub(crate) struct Traffic {
    runtime: Runtime,
    books: Arc<Books>,
    callers: Vec<JoinHandle<()>>,
    servings: Vec<Serving>,
}

#[derive(Default)]
struct Books {
    stopping: AtomicBool,
    next: AtomicU64,
    done: AtomicU64,
    /// How often the handler of each order started.
    starts: Mutex<HashMap<u64, u32>>,
    /// When each order was made.
    made: Mutex<HashMap<u64, Instant>>,
    /// Orders whose handler started when their caller had long been told how they ended.
    stale: Mutex<Vec<u64>>,
    calls: Mutex<Vec<Call>>,
}

struct Call {
    began: Instant,
    took: Duration,
    kind: Kind,
    failure: Option<(String, String)>,
}

#[derive(Clone, Copy)]
enum Kind {
    /// Idempotent, and carried over any outage: its caller says so.
    Look,
    /// Idempotent, with nothing said: told at once when its own way to the router was lost.
    Glance,
    /// At most once.
    Order(u64),
}

/// An order of which its caller was told that nobody knows.
#[derive(Debug)]
pub(crate) struct UnknownOrder {
    /// How often its handler started, which the caller cannot know.
    started: u32,
    #[expect(dead_code, reason = "for people, where a test fails")]
    began: String,
}

/// What the books say.
pub(crate) struct Report {
    pub(crate) calls: usize,
    /// What idempotent calls failed with whose callers want them carried over everything.
    pub(crate) failed_looks: Vec<String>,
    /// What other idempotent calls failed with: only with what the caller may take for *nobody knows* or
    /// *it did not run*.
    pub(crate) failed_glances: Vec<String>,
    pub(crate) odd_glances: Vec<String>,
    /// Orders of which the caller was told that nobody knows.
    pub(crate) unknown_orders: Vec<UnknownOrder>,
    /// Orders that nobody took.
    pub(crate) refused_orders: Vec<String>,
    /// Orders that failed otherwise.
    pub(crate) odd_orders: Vec<String>,
    /// Orders whose handler started more than once, or whose caller was told something untrue.
    pub(crate) untrue: Vec<String>,
    pub(crate) late: usize,
    /// Orders whose handler started after their deadline.
    pub(crate) stale: Vec<u64>,
    /// How long calls took that were under way at a kill or began soon after.
    recoveries: Vec<Duration>,
}

impl Traffic {
    /// Instances and callers, each on a client of its own at these servers.
    pub(crate) fn start(servers: &[String]) -> Traffic {
        let runtime = Runtime::new().expect("a runtime");
        let books = Arc::new(Books::default());
        let (mut servings, mut callers) = (Vec::new(), Vec::new());
        runtime.block_on(async {
            for (number, servers) in servers.iter().enumerate() {
                let client = Client::connect(servers).await.expect("an address");
                let service = shop(&format!("shop-{number}"), &books);
                servings.push(client.serve(service).await.expect("it registers"));
            }
            for servers in servers {
                let client = Client::connect(servers).await.expect("an address");
                for _ in 0..CALLERS {
                    callers.push(tokio::spawn(look(client.clone(), Arc::clone(&books))));
                    callers.push(tokio::spawn(glance(client.clone(), Arc::clone(&books))));
                    callers.push(tokio::spawn(order(client.clone(), Arc::clone(&books))));
                }
            }
        });
        Traffic {
            runtime,
            books,
            callers,
            servings,
        }
    }

    /// Waits for so many more calls to succeed.
    pub(crate) fn wait_for_more(&self, calls: u64) {
        let enough = self.books.done.load(Ordering::Relaxed) + calls;
        wait_for("calls to succeed", || {
            (self.books.done.load(Ordering::Relaxed) >= enough).then_some(())
        });
    }

    /// Waits until every instance is routable again; none may be taken for gone meanwhile. Says how long
    /// it took.
    pub(crate) fn wait_until_all_are_back(&self, onlooker: &Client) -> Duration {
        let begun = Instant::now();
        wait_for("every instance to be back", || {
            // A question may be lost with the router's connection: then the next one is asked soon.
            let listed = self.runtime.block_on(async {
                tokio::time::timeout(ONE_LOOK, onlooker.instances("shop")).await
            });
            let instances = listed.ok().and_then(Result::ok).unwrap_or_default();
            for entry in &instances {
                assert_ne!(entry.health, "unhealthy", "a false death: {entry:?}");
            }
            let routable = instances.iter().filter(|entry| entry.routable).count();
            (routable == self.servings.len()).then_some(())
        });
        begun.elapsed()
    }

    pub(crate) fn client(&self, servers: &str) -> Client {
        let client = self.runtime.block_on(Client::connect(servers));
        client.expect("an address")
    }

    /// Ends the load and adds up, for kills at these instants.
    pub(crate) fn stop(self, kills: &[Instant]) -> Report {
        self.books.stopping.store(true, Ordering::Relaxed);
        self.runtime.block_on(async {
            for caller in self.callers {
                caller.await.expect("a caller ends well");
            }
        });
        let report = self.books.add_up(kills);
        self.runtime.block_on(async { drop(self.servings) });
        report
    }
}

fn shop(instance: &str, books: &Arc<Books>) -> Service {
    let counted = Arc::clone(books);
    Service::new("shop")
        .instance_id(instance)
        .heartbeat_interval(HEARTBEAT_INTERVAL)
        .concurrency(256)
        .method("look", Safety::Idempotent, |_: Context, (): ()| async {
            // tidy: allow sleep: the handler's work
            tokio::time::sleep(WORK).await;
            Ok(())
        })
        .method(
            "order",
            Safety::AtMostOnce,
            move |_: Context, number: u64| {
                counted.note_start(number);
                async {
                    // tidy: allow sleep: the handler's work
                    tokio::time::sleep(WORK).await;
                    Ok(())
                }
            },
        )
}

async fn look(client: Client, books: Arc<Books>) {
    while !books.stopping.load(Ordering::Relaxed) {
        let began = Instant::now();
        let request = client.request("shop", "look").timeout(TIMEOUT);
        let called = request.retry(RetryWish::Unknown).send::<_, ()>(&()).await;
        books.enter(began, Kind::Look, called);
    }
}

async fn glance(client: Client, books: Arc<Books>) {
    while !books.stopping.load(Ordering::Relaxed) {
        let began = Instant::now();
        let request = client.request("shop", "look").timeout(TIMEOUT);
        let called = request.send::<_, ()>(&()).await;
        let is_failure = called.is_err();
        books.enter(began, Kind::Glance, called);
        if is_failure {
            // tidy: allow sleep: refused at once, it would only fill the books
            tokio::time::sleep(WORK).await;
        }
    }
}

async fn order(client: Client, books: Arc<Books>) {
    while !books.stopping.load(Ordering::Relaxed) {
        let began = Instant::now();
        let number = books.next.fetch_add(1, Ordering::Relaxed);
        lock(&books.made).insert(number, began);
        let request = client.request("shop", "order").timeout(TIMEOUT);
        let called = request.send::<_, ()>(&number).await;
        let is_failure = called.is_err();
        books.enter(began, Kind::Order(number), called);
        if is_failure {
            // tidy: allow sleep: refused at once, it would only fill the books
            tokio::time::sleep(WORK).await;
        }
    }
}

impl Books {
    fn enter(&self, began: Instant, kind: Kind, called: Result<(), CallError>) {
        let failure = called.err().map(|error| {
            let outcome = error.outcome().as_str().to_owned();
            (outcome, format!("{}: {error}", error.code()))
        });
        self.done
            .fetch_add(u64::from(failure.is_none()), Ordering::Relaxed);
        lock(&self.calls).push(Call {
            began,
            took: began.elapsed(),
            kind,
            failure,
        });
    }

    fn note_start(&self, order: u64) {
        *lock(&self.starts).entry(order).or_default() += 1;
        let made = lock(&self.made).get(&order).copied();
        if made.is_some_and(|made| made.elapsed() > TIMEOUT + LATE) {
            lock(&self.stale).push(order);
        }
    }

    fn add_up(&self, kills: &[Instant]) -> Report {
        let (calls, starts) = (lock(&self.calls), lock(&self.starts));
        let mut report = Report {
            calls: calls.len(),
            failed_looks: Vec::new(),
            failed_glances: Vec::new(),
            odd_glances: Vec::new(),
            unknown_orders: Vec::new(),
            refused_orders: Vec::new(),
            odd_orders: Vec::new(),
            untrue: Vec::new(),
            late: 0,
            stale: lock(&self.stale).clone(),
            recoveries: Vec::new(),
        };
        for call in calls.iter() {
            report.late += usize::from(call.took > TIMEOUT + LATE);
            let ended = call.began + call.took;
            let concerned = kills
                .iter()
                .any(|kill| ended >= *kill && call.began <= *kill + AFTER_A_KILL);
            match (call.kind, &call.failure) {
                (Kind::Look, None) if concerned => report.recoveries.push(call.took),
                (Kind::Look | Kind::Glance, None) => {}
                (Kind::Look, Some((_, text))) => {
                    let began = began_around(call, kills);
                    report.failed_looks.push(format!("{text}, {began}"));
                }
                (Kind::Glance, Some((outcome, text))) => {
                    report.failed_glances.push(text.clone());
                    if outcome == "ran" {
                        report.odd_glances.push(text.clone());
                    }
                }
                (Kind::Order(order), failure) => {
                    let started = starts.get(&order).copied().unwrap_or_default();
                    report.judge_order(order, started, failure.as_ref());
                    if failure
                        .as_ref()
                        .is_some_and(|(outcome, _)| outcome == "unknown")
                    {
                        report.unknown_orders.push(UnknownOrder {
                            started,
                            began: began_around(call, kills),
                        });
                    }
                }
            }
        }
        report.recoveries.sort_unstable();
        report
    }
}

/// When a call began, for people.
fn began_around(call: &Call, kills: &[Instant]) -> String {
    let Some(number) = kills.iter().rposition(|kill| *kill <= call.began) else {
        let first = kills.first().copied().unwrap_or(call.began);
        return format!("begun {:?} before the first", first - call.began);
    };
    format!(
        "begun {:?} after number {number}",
        call.began - kills[number]
    )
}

impl Report {
    fn judge_order(&mut self, order: u64, started: u32, failure: Option<&(String, String)>) {
        let outcome = failure.map_or("ran", |(outcome, _)| outcome);
        let true_words = match started {
            0 => outcome != "ran",
            1 => outcome != "not_run",
            _ => false,
        };
        if !true_words {
            self.untrue
                .push(format!("order {order} started {started} times: {outcome}"));
        }
        match (outcome, failure) {
            ("unknown", _) => {}
            // Nobody was there to take it, and the caller did not ask to wait: that is the truth.
            ("not_run", Some((_, text))) => self.refused_orders.push(text.clone()),
            (_, None) => {}
            (_, Some((_, text))) => self.odd_orders.push(text.clone()),
        }
    }

    /// The time that 99 of 100 idempotent calls around a kill took at most.
    pub(crate) fn recovery_p99(&self) -> Duration {
        let index = self.recoveries.len() * 99 / 100;
        let last = self.recoveries.len().saturating_sub(1);
        let p99 = self.recoveries.get(index.min(last));
        p99.copied().unwrap_or_default()
    }

    /// What no kill may cost.
    pub(crate) fn assert_promises(&self) {
        assert!(self.failed_looks.is_empty(), "{:#?}", self.failed_looks);
        self.assert_orders();
    }

    /// What nothing at all may cost.
    pub(crate) fn assert_orders(&self) {
        assert!(self.untrue.is_empty(), "{:#?}", self.untrue);
        assert!(self.odd_orders.is_empty(), "{:#?}", self.odd_orders);
        assert!(self.stale.is_empty(), "started late: {:?}", self.stale);
        assert!(self.odd_glances.is_empty(), "{:#?}", self.odd_glances);
        assert_eq!(self.late, 0, "calls that got their answer too late");
    }

    /// What leaving a server in order may not cost: whatever a handler began has its answer, and nobody
    /// is turned away.
    pub(crate) fn assert_nothing_begun_is_lost(&self) {
        let begun = |it: &&UnknownOrder| it.started > 0;
        let lost: Vec<_> = self.unknown_orders.iter().filter(begun).collect();
        assert!(lost.is_empty(), "{lost:#?}");
        assert!(self.refused_orders.is_empty(), "{:#?}", self.refused_orders);
    }

    /// Requests that never came to a router, as far as the books can tell.
    pub(crate) fn lost_on_the_way(&self) -> usize {
        self.unknown_orders.len() + self.failed_glances.len()
    }
}

fn lock<T>(books: &Mutex<T>) -> MutexGuard<'_, T> {
    books.lock().unwrap_or_else(PoisonError::into_inner)
}

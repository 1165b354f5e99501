use tokio::sync::watch::Sender;

use super::*;
use crate::nats::evidence::SystemEar;

/// A life without a server, and who could wish its end.
fn lives() -> (Lives, Sender<bool>) {
    let (wish, wished) = watch::channel(false);
    let config = NatsRouterConfig::new(ConnectOptions::new(Vec::new()));
    let lives = Lives {
        core: config.core.clone(),
        config,
        subjects: Subjects::default(),
        status: NatsStatus::default(),
        present: Present::default(),
        wished,
    };
    (lives, wish)
}

/// Longest wait for what should come at once.
const PATIENCE: Duration = Duration::from_secs(20);

async fn is_broken(life: impl Future<Output = Result<End, NatsRouterEnd>>) -> bool {
    let end = tokio::time::timeout(PATIENCE, life).await;
    matches!(end, Ok(Err(NatsRouterEnd::Panicked)))
}

/// Otherwise the router would go on with deadlines that never come.
#[tokio::test]
async fn a_panic_of_the_timer_ends_the_life() {
    let (mut lives, _wish) = lives();
    let (host, connection, mut news) = lives.open([1; 32]).unwrap();
    let mut timer = tokio::spawn(async { panic!("planted") });
    let end = lives.until_it_ends(&host, &connection, &mut news, &mut timer);
    assert!(is_broken(end).await);
}

/// Otherwise the router would go on and hear of no disconnect any more.
#[tokio::test]
async fn a_panic_of_the_system_ear_ends_the_life() {
    let (mut lives, _wish) = lives();
    let (host, connection, mut news) = lives.open([1; 32]).unwrap();
    let mut timer = tokio::spawn(std::future::pending());
    let ear = SystemEar {
        host: host.clone(),
        connection: connection.downgrade(),
    };
    tokio::spawn(async move {
        let _ear = ear;
        panic!("planted")
    });
    let end = lives.until_it_ends(&host, &connection, &mut news, &mut timer);
    assert!(is_broken(end).await);
}

/// Its requests are unsubscribed: it must not look as if it took any.
#[tokio::test]
async fn one_that_stops_stays_so_when_it_has_a_server_again() {
    let (lives, _wish) = lives();
    let (host, connection, _news) = lives.open([1; 32]).unwrap();
    host.lock().begin_stop();
    host.lock().on_ready(&connection);
    assert_eq!(lives.status.phase(), Phase::Stopping);
}

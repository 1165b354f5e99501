//! Servers that tell of each other, and one that is about to stop.

use std::time::Duration;

use aegis_bus::{ConnectOptions, Connection, PublishError};
use aegis_testkit::{NatsServer, wait_for};

use crate::listener::{LONG, open, options, within};

/// Lame duck mode long enough that a test ends before the server does.
const SLOW: &str = "lame_duck_duration: \"10m\", lame_duck_grace_period: \"5m\"";

/// So many that the last of them goes near the end of the time to spread.
const IDLE: usize = 24;

fn start() -> Option<(NatsServer, NatsServer)> {
    let cluster = "listen: \"127.0.0.1:-1\", name: both";
    let first = NatsServer::start(&format!(
        "{SLOW}\nserver_name: one\ncluster {{ {cluster} }}"
    ))?;
    let route = first.cluster_port().unwrap();
    let second = NatsServer::start(&format!(
        "{SLOW}\nserver_name: two\n\
         cluster {{ {cluster}, routes: [\"nats://127.0.0.1:{route}\"] }}"
    ))?;
    Some((first, second))
}

fn name(connection: &Connection) -> Option<String> {
    connection.server_info().map(|info| info.server_name)
}

/// Until the server has told of both.
fn knows_both(connection: &Connection) {
    wait_for("both servers in INFO", || {
        let urls = connection.server_info()?.connect_urls.len();
        (urls == 2).then_some(())
    });
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_was_learnt_takes_over() {
    let Some((mut first, second)) = start() else {
        return;
    };
    let (connection, mut story) = open(options(&first));
    connection.subscribe("s", None).unwrap();
    within("the connection", connection.established())
        .await
        .unwrap();
    knows_both(&connection);
    let cluster = connection.server_info().unwrap().cluster;
    assert_eq!(cluster.as_deref(), Some("both"));
    let stay = ConnectOptions {
        learns_servers: false,
        ..options(&first)
    };
    let (staying, mut its_story) = open(stay);
    within("the connection", staying.established())
        .await
        .unwrap();
    knows_both(&staying);
    first.crash();
    story.until("ready first=false").await;
    assert_eq!(name(&connection).as_deref(), Some("two"));
    connection.publish("s", None, None, b"1").unwrap();
    assert_eq!(story.next().await, "s 1");
    its_story.until("lost").await;
    assert!(its_story.next().await.starts_with("waiting: "));
    drop(second);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_is_about_to_stop_is_left_after_the_last_answer() {
    let Some((first, second)) = start() else {
        return;
    };
    let (connection, mut story) = open(options(&first));
    connection.subscribe("s", None).unwrap();
    within("the connection", connection.established())
        .await
        .unwrap();
    knows_both(&connection);
    let mut idle = Vec::new();
    for _ in 0..IDLE {
        let (connection, _) = open(options(&first));
        within("an idle one", connection.established())
            .await
            .unwrap();
        idle.push(connection);
    }
    let (service, mut asked) = open(options(&second));
    service.subscribe("ask", None).unwrap();
    within("the service", service.established()).await.unwrap();
    within("its subscription", service.flush(LONG))
        .await
        .unwrap();
    // A request that is not answered before the server says that it goes.
    let other = connection.clone();
    let request = tokio::spawn(async move {
        loop {
            // Until the servers have told each other who listens.
            let answer = other.request("ask", None, b"?", LONG).await;
            if answer != Err(aegis_bus::RequestError::NoResponders) {
                return answer;
            }
        }
    });
    let question = asked.until_some("ask ? ").await;
    first.begin_lame_duck();
    wait_for("the news", || {
        connection.server_info()?.is_leaving.then_some(())
    });
    // Those without anything in flight go, each in its own time; this one does not.
    for idle in &idle {
        wait_for("the idle to go", || (name(idle)? == "two").then_some(()));
    }
    assert_eq!(name(&connection).as_deref(), Some("one"));
    let reply = question.rsplit(' ').next().unwrap();
    service.publish(reply, None, None, b"answer").unwrap();
    let answer = within("the request", request).await.unwrap();
    assert_eq!(answer.unwrap().payload, "answer");
    story.until("lost").await;
    assert_eq!(story.next().await, "ready first=false");
    assert_eq!(name(&connection).as_deref(), Some("two"));
    service.publish("s", None, None, b"1").unwrap();
    assert_eq!(story.next().await, "s 1");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn work_that_holds_a_connection_is_answered_before_it_goes() {
    let Some((first, second)) = start() else {
        return;
    };
    let patient = ConnectOptions {
        leave_patience: LONG,
        ..options(&first)
    };
    let (connection, mut story) = open(patient);
    let work = connection.subscribe("work", Some("q")).unwrap();
    connection.subscribe("word", None).unwrap();
    within("the connection", connection.established())
        .await
        .unwrap();
    knows_both(&connection);
    let (asker, mut heard) = open(options(&second));
    asker.subscribe("answer", None).unwrap();
    within("the asker", asker.established()).await.unwrap();
    within("its subscription", asker.flush(LONG)).await.unwrap();
    let hold = connection.hold();
    first.begin_lame_duck();
    story.until("leaving").await;
    connection.suspend(work);
    let refused = connection.request("work", None, b"", LONG).await;
    assert_eq!(
        refused,
        Err(aegis_bus::RequestError::NotSent(PublishError::NotConnected))
    );
    // What brings work is heard no more; what is not suspended still is, and answers go out.
    within("the suspension", connection.flush(LONG))
        .await
        .unwrap();
    let work_of_nobody = async {
        // Until the other server has heard of it; what it sends before is lost on the way.
        let soon = Duration::from_millis(300);
        while asker.request("work", None, b"", soon).await
            != Err(aegis_bus::RequestError::NoResponders)
        {}
    };
    within("the end of its interest", work_of_nobody).await;
    asker.publish("word", None, None, b"1").unwrap();
    assert_eq!(story.until_some("word").await, "word 1");
    assert_eq!(name(&connection).as_deref(), Some("one"));
    hold.publish("answer", None, None, b"done").unwrap();
    drop(hold);
    assert_eq!(heard.until_some("answer").await, "answer done");
    story.until("lost").await;
    assert_eq!(story.next().await, "ready first=false");
    assert_eq!(name(&connection).as_deref(), Some("two"));
    within("requests again", connection.ready_for_requests()).await;
    asker.publish("work", None, None, b"2").unwrap();
    assert_eq!(story.next().await, "work 2");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_one_server_alone_a_connection_stays() {
    let Some(server) = NatsServer::start(SLOW) else {
        return;
    };
    let (connection, mut story) = open(options(&server));
    connection.subscribe("s", None).unwrap();
    within("the connection", connection.established())
        .await
        .unwrap();
    server.begin_lame_duck();
    wait_for("the news", || {
        connection.server_info()?.is_leaving.then_some(())
    });
    assert_eq!(story.next().await, "ready first=true");
    connection.publish("s", None, None, b"1").unwrap();
    assert_eq!(story.next().await, "s 1");
}

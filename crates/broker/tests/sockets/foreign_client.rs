//! A foreign client library over our broker, unmodified.

use std::time::Duration;

use crate::raw::{PATIENCE, broker, config};
use aegis_broker::BrokerHandle;
use aegis_nats::switch::NoLocalPeer;
use async_nats::{Client, HeaderMap, RequestErrorKind, Subscriber};
use futures_util::StreamExt;
use tokio::time::timeout;

async fn connect(broker: &BrokerHandle<NoLocalPeer>) -> Client {
    let address = broker.addresses()[0];
    async_nats::connect(format!("nats://{address}"))
        .await
        .unwrap()
}

async fn next(subscriber: &mut Subscriber) -> Option<async_nats::Message> {
    timeout(PATIENCE, subscriber.next()).await.unwrap()
}

/// Answers every message with its body in capitals, until the subscription ends.
fn answer(client: Client, mut requests: Subscriber) -> tokio::task::JoinHandle<usize> {
    tokio::spawn(async move {
        let mut answered = 0;
        while let Some(message) = requests.next().await {
            let body = message.payload.to_ascii_uppercase();
            let reply = message.reply.unwrap();
            client.publish(reply, body.into()).await.unwrap();
            answered += 1;
        }
        answered
    })
}

#[tokio::test]
async fn requests_are_answered_and_queue_groups_share_them() {
    let broker = broker();
    let client = connect(&broker).await;
    let mut workers = Vec::new();
    for _ in 0..3 {
        let worker = connect(&broker).await;
        let group = String::from("workers");
        let requests = worker.queue_subscribe("work.*", group).await.unwrap();
        worker.flush().await.unwrap();
        workers.push((worker.clone(), answer(worker, requests)));
    }
    for number in 0..200 {
        let body = format!("n{number}");
        let reply = client
            .request(format!("work.{number}"), body.clone().into())
            .await
            .unwrap();
        assert_eq!(reply.payload, body.to_uppercase());
    }
    let mut shares = Vec::new();
    for (worker, answering) in workers {
        worker.drain().await.unwrap();
        shares.push(timeout(PATIENCE, answering).await.unwrap().unwrap());
    }
    assert_eq!(shares.iter().sum::<usize>(), 200);
    assert!(shares.iter().all(|share| *share > 20), "{shares:?}");
}

#[tokio::test]
async fn a_request_that_reaches_nobody_fails_at_once() {
    let broker = broker();
    let client = connect(&broker).await;
    let asked = timeout(Duration::from_secs(5), client.request("nobody", "".into()));
    let error = asked.await.expect("no answer at all").unwrap_err();
    assert_eq!(error.kind(), RequestErrorKind::NoResponders);
}

#[tokio::test]
async fn headers_travel() {
    let broker = broker();
    let client = connect(&broker).await;
    let mut subscriber = client.subscribe("h").await.unwrap();
    let mut headers = HeaderMap::new();
    headers.insert("traceparent", "00-1-2-01");
    headers.append("many", "one");
    headers.append("many", "two");
    client
        .publish_with_headers("h", headers.clone(), "body".into())
        .await
        .unwrap();
    let message = next(&mut subscriber).await.unwrap();
    assert_eq!(message.headers, Some(headers));
    assert_eq!(message.payload, "body");
}

#[tokio::test]
async fn wildcards_match_and_a_subscription_ends_after_its_maximum() {
    let broker = broker();
    let client = connect(&broker).await;
    let mut all = client.subscribe(">").await.unwrap();
    let mut two = client.subscribe("a.*.c").await.unwrap();
    two.unsubscribe_after(2).await.unwrap();
    for subject in ["a.1.c", "a.2", "a.2.c", "a.3.c"] {
        client.publish(subject, "".into()).await.unwrap();
    }
    for expected in ["a.1.c", "a.2", "a.2.c", "a.3.c"] {
        assert_eq!(next(&mut all).await.unwrap().subject.as_str(), expected);
    }
    assert_eq!(next(&mut two).await.unwrap().subject.as_str(), "a.1.c");
    assert_eq!(next(&mut two).await.unwrap().subject.as_str(), "a.2.c");
    assert!(next(&mut two).await.is_none());
}

#[tokio::test]
async fn large_messages_arrive_whole() {
    let broker = broker();
    let client = connect(&broker).await;
    let mut subscriber = client.subscribe("big").await.unwrap();
    let body: Vec<u8> = (0..1024 * 1024).map(|at| (at % 251) as u8).collect();
    for _ in 0..5 {
        client.publish("big", body.clone().into()).await.unwrap();
    }
    for _ in 0..5 {
        assert_eq!(next(&mut subscriber).await.unwrap().payload, body);
    }
}

#[tokio::test]
async fn it_finds_its_way_back_to_a_broker_that_started_again() {
    let first = broker();
    let address = first.addresses()[0];
    let client = connect(&first).await;
    let mut subscriber = client.subscribe("a").await.unwrap();
    client.flush().await.unwrap();
    first.stop().unwrap();
    let mut config = config(Default::default());
    config.listen = address;
    let second = aegis_broker::Broker::bind(config, NoLocalPeer::default()).unwrap();
    let second = second.spawn().unwrap();
    let other = connect(&second).await;
    let said = async {
        // Until its subscription is back, nobody hears.
        loop {
            other.publish("a", "again".into()).await.unwrap();
            other.flush().await.unwrap();
            if let Ok(message) = timeout(Duration::from_millis(20), subscriber.next()).await {
                return message;
            }
        }
    };
    let message = timeout(PATIENCE, said).await.unwrap().unwrap();
    assert_eq!(message.payload, "again");
}

use std::sync::Arc;
use std::time::Duration;

use aegis_client::{Client, Context, Safety, Service};
use aegis_router::Phase;
use aegis_testkit::{Config, NatsServer, serving_router, wait_for};
use tokio::sync::Semaphore;

/// Long enough for a busy machine; an answer that is lost takes all of it.
const TIMEOUT: Duration = Duration::from_secs(20);

/// A call that outlasts the grace: its caller is told what is known, and does not wait for its deadline.
#[tokio::test(flavor = "multi_thread")]
async fn a_router_that_stops_leaves_nobody_without_an_answer() {
    let Some(server) = NatsServer::start("") else {
        return;
    };
    let url = server.url();
    let router = serving_router(&url, Config::default(), None).expect("a router");
    let client = Client::connect(&url).await.expect("an address");
    let service = Service::new("slow").method("hang", Safety::AtMostOnce, |_: Context, (): ()| {
        std::future::pending::<Result<(), aegis_client::HandlerError>>()
    });
    let serving = client.serve(service).await.expect("it registers");
    let caller = client.clone();
    let called = tokio::spawn(async move {
        let request = caller.request("slow", "hang").timeout(TIMEOUT);
        request.send::<_, ()>(&()).await
    });
    wait_for("the call to be in flight", || {
        (serving.status().running == 1).then_some(())
    });
    router.stop().expect("the router ends well");
    let error = called.await.expect("the caller ends well").unwrap_err();
    assert_eq!(error.code(), "OUTCOME_UNKNOWN", "{error}");
    let text = error.to_string();
    assert!(text.contains("when the router stopped"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_router_that_stops_in_order_answers_what_is_in_flight() {
    let Some(server) = NatsServer::start("") else {
        return;
    };
    let url = server.url();
    let router = serving_router(&url, Config::default(), None).expect("a router");
    let gate = Arc::new(Semaphore::new(0));
    let pass = Arc::clone(&gate);
    let client = Client::connect(&url).await.expect("an address");
    let service =
        Service::new("slow").method("pass", Safety::AtMostOnce, move |_: Context, (): ()| {
            let pass = Arc::clone(&pass);
            async move {
                pass.acquire().await?.forget();
                Ok("done")
            }
        });
    let serving = client.serve(service).await.expect("it registers");
    let caller = client.clone();
    let called = tokio::spawn(async move {
        let request = caller.request("slow", "pass").timeout(TIMEOUT);
        request.send::<_, String>(&()).await
    });
    wait_for("the call to be in flight", || {
        (serving.status().running == 1).then_some(())
    });
    router.stop_handle().stop();
    let status = router.status();
    wait_for("the router to stop taking work", || {
        (status.phase() == Phase::Stopping).then_some(())
    });
    gate.add_permits(1);
    let answer = called.await.expect("the caller ends well");
    assert_eq!(answer.expect("its answer").as_str(), "done");
    router.join().expect("the router ends well");
}

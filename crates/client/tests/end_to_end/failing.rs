//! Calls that fail, and what they say.

use std::time::Duration;

use aegis_client::{CallError, Client, Context, HandlerError, Outcome, RetryWish, Safety};
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use tokio::time::{Instant, sleep};

use crate::router::{Router, eventually, quick};

#[derive(Debug, Serialize, Deserialize)]
struct Order {
    quantity: u32,
}

async fn client_with_orders(router: &Router) -> (Client, aegis_client::Serving) {
    let client = router.client().await;
    let service = quick("orders", "orders-1")
        .method(
            "place",
            Safety::AtMostOnce,
            |_: Context, order: Order| async move {
                match order.quantity {
                    0 => Err(HandlerError::new(422, "nothing ordered").kind("EmptyOrder")),
                    13 => panic!("thirteen"),
                    quantity => Ok(quantity),
                }
            },
        )
        .method(
            "forever",
            Safety::AtMostOnce,
            |_: Context, (): ()| async move {
                std::future::pending::<()>().await;
                Ok(())
            },
        )
        .raw_method("garbage", Safety::AtMostOnce, |_, _: Bytes| async move {
            Ok(Bytes::from_static(&[0xc1]))
        });
    let serving = client.serve(service).await.unwrap();
    (client, serving)
}

#[tokio::test]
async fn a_handlers_error_reaches_the_caller_whole() {
    let router = Router::start();
    let (client, _serving) = client_with_orders(&router).await;
    let error = client
        .call::<_, u32>("orders", "place", &Order { quantity: 0 })
        .await
        .unwrap_err();
    let CallError::Handler {
        code, kind, reason, ..
    } = &error
    else {
        panic!("{error}");
    };
    assert_eq!(
        (*code, kind.as_str(), reason.as_str()),
        (422, "EmptyOrder", "nothing ordered")
    );
    assert_eq!(error.outcome(), Outcome::Ran);
    assert_eq!(error.call().trace_id.len(), 32);
}

#[tokio::test]
async fn a_panic_is_an_answer_and_the_service_goes_on() {
    let router = Router::start();
    let (client, serving) = client_with_orders(&router).await;
    let error = client
        .call::<_, u32>("orders", "place", &Order { quantity: 13 })
        .await
        .unwrap_err();
    assert!(
        matches!(error, CallError::HandlerPanicked { .. }),
        "{error}"
    );
    let placed: u32 = client
        .call("orders", "place", &Order { quantity: 2 })
        .await
        .unwrap();
    assert_eq!(placed, 2);
    eventually("the panicked handler's place is free", || async {
        serving.status().running == 0
    })
    .await;
}

/// Params whose own code for reading and writing them panics.
struct Explosive;

impl<'de> Deserialize<'de> for Explosive {
    fn deserialize<D: serde::Deserializer<'de>>(_: D) -> Result<Explosive, D::Error> {
        panic!("cannot be read")
    }
}

impl Serialize for Explosive {
    fn serialize<S: serde::Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        panic!("cannot be written")
    }
}

#[tokio::test]
async fn a_panic_in_params_or_result_is_an_answer_and_the_service_goes_on() {
    let router = Router::start();
    let client = router.client().await;
    let service = quick("explosive", "e-1")
        .method(
            "read",
            Safety::Idempotent,
            |_: Context, _: Explosive| async { Ok(()) },
        )
        .method("write", Safety::Idempotent, |_: Context, (): ()| async {
            Ok(Explosive)
        })
        .method("calm", Safety::Idempotent, |_: Context, (): ()| async {
            Ok("calm")
        });
    let _serving = client.serve(service).await.unwrap();
    for method in ["read", "write"] {
        let error = client.call::<_, ()>("explosive", method, &()).await;
        let error = error.unwrap_err();
        assert!(
            matches!(error, CallError::HandlerPanicked { .. }),
            "{method}: {error}"
        );
        let calm: String = client.call("explosive", "calm", &()).await.unwrap();
        assert_eq!(calm, "calm");
    }
}

#[tokio::test]
async fn params_of_another_shape_are_refused_by_the_instance() {
    let router = Router::start();
    let (client, _serving) = client_with_orders(&router).await;
    let error = client
        .call::<_, u32>("orders", "place", "three, please")
        .await
        .unwrap_err();
    assert_eq!(error.code(), "INVALID_PARAMS");
    assert_eq!(error.outcome(), Outcome::NotRun);
    assert!(!error.is_retryable());
    assert_eq!(error.attempts().len(), 1, "not sent to anybody else");
}

#[tokio::test]
async fn results_of_another_shape_and_garbage_are_invalid_replies() {
    let router = Router::start();
    let (client, _serving) = client_with_orders(&router).await;
    let error = client
        .call::<_, String>("orders", "place", &Order { quantity: 1 })
        .await
        .unwrap_err();
    assert_eq!(
        (error.code(), error.outcome()),
        ("INVALID_REPLY", Outcome::Ran)
    );
    let error = client
        .call_raw("orders", "garbage", &[0xc0])
        .await
        .unwrap_err();
    assert_eq!(
        (error.code(), error.outcome()),
        ("INVALID_REPLY", Outcome::Ran),
        "{error}"
    );
}

#[tokio::test]
async fn what_is_wrong_is_said_before_anything_is_sent() {
    let router = Router::start();
    let client = router.client().await;
    let request = || client.request("orders", "place");
    let bad = [
        request().timeout(Duration::ZERO),
        request().timeout(Duration::from_secs(301)),
        request().max_instances(0),
        request().exclude(["not an id"]),
        client.request(" ", "place"),
        client.request("orders", "\0"),
    ];
    for request in bad {
        let error = request.send::<_, ()>(&()).await.unwrap_err();
        assert_eq!(error.code(), "INVALID_ARGUMENT", "{error}");
    }
    let error = client
        .call_raw("orders", "place", &[0x92, 1])
        .await
        .unwrap_err();
    assert_eq!(error.code(), "INVALID_PARAMS", "{error}");
    let deep = vec![0x91; 40];
    let error = client.call_raw("orders", "place", &deep).await.unwrap_err();
    assert_eq!(error.code(), "INVALID_PARAMS", "{error}");
    let large = "x".repeat(2 << 20);
    let error = client
        .call::<_, ()>("orders", "place", &large)
        .await
        .unwrap_err();
    let CallError::TooLarge { max_payload, .. } = error else {
        panic!("{error}");
    };
    assert!(max_payload < 2 << 20);
}

#[tokio::test]
async fn unknown_names_are_told_apart() {
    let router = Router::start();
    let (client, serving) = client_with_orders(&router).await;
    let error = client
        .call::<_, ()>("nobody", "place", &())
        .await
        .unwrap_err();
    assert_eq!(error.code(), "UNKNOWN_SERVICE");
    let error = client
        .call::<_, ()>("orders", "nothing", &())
        .await
        .unwrap_err();
    assert_eq!(error.code(), "UNKNOWN_METHOD");
    serving.unregister().await;
    let error = client
        .call::<_, ()>("orders", "place", &())
        .await
        .unwrap_err();
    assert_eq!(error.code(), "NO_ROUTABLE_INSTANCE");
    assert!(error.is_retryable());
}

#[tokio::test]
async fn a_passed_deadline_leaves_the_outcome_unknown() {
    let router = Router::start();
    let (client, _serving) = client_with_orders(&router).await;
    let begun = Instant::now();
    let error = client
        .request("orders", "forever")
        .timeout(Duration::from_millis(100))
        .send::<_, ()>(&())
        .await
        .unwrap_err();
    assert_eq!(error.code(), "OUTCOME_UNKNOWN");
    assert_eq!(error.attempts()[0].instance, "orders-1");
    assert!(begun.elapsed() < Duration::from_secs(3));
}

#[tokio::test]
async fn an_instance_that_goes_leaves_the_outcome_unknown_at_once() {
    let router = Router::start();
    let caller = router.client().await;
    let (client, serving) = client_with_orders(&router).await;
    let begun = Instant::now();
    let call = tokio::spawn(async move {
        caller
            .request("orders", "forever")
            .timeout(Duration::from_secs(60))
            .send::<_, ()>(&())
            .await
    });
    eventually("the handler runs", || async {
        serving.status().running == 1
    })
    .await;
    client.close().await;
    let error = call.await.unwrap().unwrap_err();
    assert_eq!(error.code(), "OUTCOME_UNKNOWN", "{error}");
    assert!(begun.elapsed() < Duration::from_secs(20));
}

#[tokio::test]
async fn losing_the_broker_leaves_the_outcome_unknown_at_once() {
    let router = Router::start();
    let (client, serving) = client_with_orders(&router).await;
    let begun = Instant::now();
    let call = tokio::spawn(async move {
        let request = client.request("orders", "forever");
        request
            .timeout(Duration::from_secs(60))
            .send::<_, ()>(&())
            .await
    });
    eventually("the handler runs", || async {
        serving.status().running == 1
    })
    .await;
    drop(router);
    let error = call.await.unwrap().unwrap_err();
    assert_eq!(error.outcome(), Outcome::Unknown);
    assert!(begun.elapsed() < Duration::from_secs(20), "{error}");
}

#[tokio::test]
async fn without_a_broker_calls_end_as_not_run() {
    let router = Router::start();
    let client = router.client().await;
    drop(router);
    eventually("the loss is seen", || async { !client.is_connected() }).await;
    let error = client
        .request("orders", "place")
        .timeout(Duration::from_millis(100))
        .retry(RetryWish::Unknown)
        .send::<_, ()>(&())
        .await
        .unwrap_err();
    assert_eq!(
        (error.code(), error.outcome()),
        ("NOT_CONNECTED", Outcome::NotRun)
    );
}

#[tokio::test]
async fn a_slow_answer_of_the_past_answers_nobody() {
    let router = Router::start();
    let client = router.client().await;
    let service = quick("slow", "s-1").method(
        "echo",
        Safety::AtMostOnce,
        |_: Context, (number, pause): (u32, u64)| async move {
            // tidy: allow sleep: the handler takes as long as the call says
            sleep(Duration::from_millis(pause)).await;
            Ok(number)
        },
    );
    let _serving = client.serve(service).await.unwrap();
    let late = client
        .request("slow", "echo")
        .timeout(Duration::from_millis(30))
        .send::<_, u32>(&(1, 200))
        .await;
    assert_eq!(late.unwrap_err().outcome(), Outcome::Unknown);
    for number in 2..20 {
        let answer: u32 = client.call("slow", "echo", &(number, 20u64)).await.unwrap();
        assert_eq!(answer, number);
    }
}

#[tokio::test]
async fn proof_about_the_second_send_is_none_about_the_first() {
    let router = Router::start();
    let address = router.address();
    let caller = router.client().await;
    let (client, serving) = client_with_orders(&router).await;
    let call = tokio::spawn(async move {
        caller
            .request("orders", "forever")
            .retry(RetryWish::Unknown)
            .timeout(Duration::from_secs(3))
            .send::<_, ()>(&())
            .await
    });
    eventually("the handler runs", || async {
        serving.status().running == 1
    })
    .await;
    drop(router);
    client.close().await;
    let _router = Router::start_at(address);
    let error = call.await.unwrap().unwrap_err();
    assert_eq!(error.outcome(), Outcome::Unknown, "{error}");
    assert!(error.to_string().contains("UNKNOWN_SERVICE"), "{error}");
}

//! Our services beside one of NATS's own Rust client, asked the same questions on the same broker.

use aegis_client::{Context, HandlerError, Safety, Service};
use async_nats::service::ServiceExt;
use futures_util::StreamExt;
use serde_json::{Map, Value, json};

use crate::refusing::RefusingBroker;
use crate::router::{Router, SOON, eventually, quick};

fn shop(instance: &str) -> Service {
    quick("shop", instance)
        .version("1.2.0")
        .method("price", Safety::Idempotent, |_: Context, (): ()| async {
            Ok(7)
        })
        .method("buy", Safety::AtMostOnce, |_: Context, (): ()| async {
            Err::<(), _>(HandlerError::new(402, "declined"))
        })
}

async fn ask(client: &async_nats::Client, subject: &str) -> Value {
    let reply = client.request(subject.to_owned(), "".into());
    let reply = tokio::time::timeout(SOON, reply).await.unwrap().unwrap();
    serde_json::from_slice(&reply.payload).unwrap()
}

/// Keys and types, without the values; maps of texts and lists by what they hold.
fn shape(value: &Value) -> Value {
    match value {
        Value::Null => json!("nil"),
        Value::Bool(_) => json!("bool"),
        Value::Number(number) if number.is_u64() => json!("count"),
        Value::Number(_) => json!("number"),
        Value::String(_) => json!("text"),
        Value::Array(items) => json!([items.first().map(shape)]),
        Value::Object(entries) => {
            let entry = |(key, value): (&String, &Value)| match key.as_str() {
                "metadata" => (
                    key.clone(),
                    json!(value.as_object().unwrap().values().all(Value::is_string)),
                ),
                _ => (key.clone(), shape(value)),
            };
            Value::Object(entries.iter().map(entry).collect::<Map<_, _>>())
        }
    }
}

#[tokio::test]
async fn it_answers_as_a_nats_micro_service_does() {
    let router = Router::start();
    let client = router.client().await;
    let serving = client.serve(shop("shop-1")).await.unwrap();
    let nats = async_nats::connect(router.url()).await.unwrap();
    let theirs = nats
        .service_builder()
        .start("theirs", "1.2.0")
        .await
        .unwrap();
    let mut endpoint = theirs.endpoint("price").await.unwrap();
    tokio::spawn(async move {
        while let Some(request) = endpoint.next().await {
            request.respond(Ok("7".into())).await.unwrap();
        }
    });
    ask(&nats, "price").await;
    client.call::<_, i64>("shop", "price", &()).await.unwrap();
    client.call::<_, ()>("shop", "buy", &()).await.unwrap_err();

    for verb in ["PING", "INFO", "STATS"] {
        let ours = ask(&nats, &format!("$SRV.{verb}.shop.shop-1")).await;
        assert_eq!(ours["name"], "shop");
        assert_eq!(ours["id"], "shop-1");
        assert_eq!(
            shape(&ask(&nats, &format!("$SRV.{verb}.shop")).await),
            shape(&ours)
        );
        let mut other = shape(&ask(&nats, &format!("$SRV.{verb}.theirs")).await);
        let mut own = shape(&ours);
        if verb == "STATS" {
            // ADR-32 has it in every answer; this client leaves it out of this one.
            assert_eq!(
                own.as_object_mut().unwrap().remove("metadata"),
                Some(json!(true))
            );
        }
        if verb == "INFO" {
            let kind = "io.nats.micro.v1.info_response";
            assert_eq!(ours["type"], kind);
            other["endpoints"][0]["metadata"] = json!(true);
        }
        assert_eq!(own, other, "{verb}");
    }

    let stats = ask(&nats, "$SRV.STATS.shop").await;
    let counts = |stats: &Value, name: &str| {
        let list = stats["endpoints"].as_array().unwrap();
        let found = list
            .iter()
            .find(|endpoint| endpoint["name"] == name)
            .unwrap();
        (
            found["num_requests"].clone(),
            found["num_errors"].clone(),
            found["last_error"].clone(),
        )
    };
    assert_eq!(counts(&stats, "price"), (json!(1), json!(0), json!("")));
    assert_eq!(
        counts(&stats, "buy"),
        (json!(1), json!(1), json!("402:declined"))
    );

    // `nats service ls`: one question, an answer of each instance of each service.
    let inbox = nats.new_inbox();
    let mut answers = nats.subscribe(inbox.clone()).await.unwrap();
    nats.publish_with_reply("$SRV.PING", inbox, "".into())
        .await
        .unwrap();
    let mut names = Vec::new();
    while names.len() < 2 {
        let answer = tokio::time::timeout(SOON, answers.next())
            .await
            .unwrap()
            .unwrap();
        let answer: Value = serde_json::from_slice(&answer.payload).unwrap();
        names.push(answer["name"].as_str().unwrap().to_owned());
    }
    names.sort();
    assert_eq!(names, ["shop", "theirs"]);

    serving.unregister().await;
    eventually("nobody to answer any more", || async {
        // What reaches an inbox that is just being closed is answered by nobody: such a look must end by itself.
        let question = async_nats::Request::new().timeout(Some(SOON / 20));
        let error = nats.send_request("$SRV.PING.shop", question).await.err();
        error
            .is_some_and(|error| error.kind() == async_nats::client::RequestErrorKind::NoResponders)
    })
    .await;
}

#[tokio::test]
async fn a_service_that_does_not_want_to_be_seen_is_not() {
    let router = Router::start();
    let client = router.client().await;
    let _serving = client
        .serve(shop("shop-1").discoverable(false))
        .await
        .unwrap();
    let nats = async_nats::connect(router.url()).await.unwrap();
    let error = nats.request("$SRV.PING.shop", "".into()).await.unwrap_err();
    assert_eq!(
        error.kind(),
        async_nats::client::RequestErrorKind::NoResponders
    );
    assert_eq!(client.call::<_, i64>("shop", "price", &()).await, Ok(7));
}

#[tokio::test]
async fn a_server_that_denies_it_ends_nothing_else() {
    let router = Router::start();
    let broker = RefusingBroker::in_front_of(&router.url()).await;
    let client = aegis_client::Client::connect(&broker.url()).await.unwrap();
    let _serving = client.serve(shop("shop-1")).await.unwrap();
    assert_eq!(client.call::<_, i64>("shop", "price", &()).await, Ok(7));
    assert_eq!(
        broker.refused(),
        9,
        "three subjects for each of three questions"
    );
    let nats = async_nats::connect(router.url()).await.unwrap();
    let error = nats.request("$SRV.PING.shop", "".into()).await.unwrap_err();
    assert_eq!(
        error.kind(),
        async_nats::client::RequestErrorKind::NoResponders
    );
}

#[tokio::test]
async fn many_services_of_one_client_leave_room_for_their_inboxes() {
    let router = Router::start();
    let client = router.client().await;
    let mut serving = Vec::new();
    for number in 0..=100 {
        let service = Service::new(format!("s{number}")).method(
            "price",
            Safety::Idempotent,
            |_: Context, (): ()| async { Ok(7) },
        );
        serving.push(client.serve(service).await.unwrap());
    }
    assert_eq!(client.call::<_, i64>("s100", "price", &()).await, Ok(7));
    let nats = async_nats::connect(router.url()).await.unwrap();
    assert_eq!(ask(&nats, "$SRV.PING.s49").await["name"], "s49");
    let error = nats.request("$SRV.PING.s50", "".into()).await.unwrap_err();
    assert_eq!(
        error.kind(),
        async_nats::client::RequestErrorKind::NoResponders
    );
}

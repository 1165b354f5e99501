use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aegis_client::{CallError, Client, Context, HandlerError, Outcome, Safety, Service};
use aegis_testkit::wait_for;
use tokio::sync::Semaphore;

use crate::scene::Scene;

/// A question and an answer that belong to the past, and a question of the present.
const QUESTION: &str = "stale-question";
const ANSWER: &str = "stale-answer";
const FRESH: &str = "fresh-question";

/// A call was under way when the broker went, its handler finished while there was none, and another
/// call was made meanwhile: of all this the next broker hears nothing.
#[test]
fn what_was_said_while_there_was_no_broker_is_never_sent_later() {
    let scene = Scene::set();
    let gate = Arc::new(Semaphore::new(0));
    let serving = scene.runtime.block_on(scene.member.serve(slow(&gate)));
    let serving = serving.expect("it registers");
    let under_way =
        scene
            .runtime
            .spawn(ask(scene.client.clone(), QUESTION, Duration::from_secs(60)));
    wait_for("the handler to run", || {
        (serving.status().running == 1).then_some(())
    });

    let Scene {
        runtime,
        router,
        client,
        member,
        ..
    } = scene;
    let port = router.port();
    let _router = router.lose_broker();
    wait_for("everybody to notice", || {
        (!client.is_connected() && !member.is_connected()).then_some(())
    });
    gate.add_permits(1);
    wait_for("the handler to finish", || {
        (serving.status().running == 0).then_some(())
    });
    let lost = runtime
        .block_on(under_way)
        .expect("no panic")
        .expect_err("nobody can answer");
    assert_eq!(lost.outcome(), Outcome::Unknown, "{lost}");
    let meanwhile = ask(client.clone(), QUESTION, Duration::from_millis(200));
    let refused = runtime.block_on(meanwhile).expect_err("there is no broker");
    assert_eq!(refused.outcome(), Outcome::NotRun, "{refused}");

    let heard = listen_as_broker(port);
    wait_for("everybody to be back", || {
        (client.is_connected() && member.is_connected()).then_some(())
    });
    // On each work connection: whatever is older would have come before it.
    for client in [&client, &member] {
        runtime.spawn(ask(client.clone(), FRESH, Duration::from_secs(60)));
    }
    wait_for("both to speak", || {
        let heard = heard.lock().unwrap_or_else(PoisonError::into_inner);
        (count(&heard, FRESH) >= 2).then_some(())
    });
    let heard = heard.lock().unwrap_or_else(PoisonError::into_inner);
    assert_eq!((count(&heard, QUESTION), count(&heard, ANSWER)), (0, 0));
}

fn slow(gate: &Arc<Semaphore>) -> Service {
    let gate = Arc::clone(gate);
    Service::new("slow").method("ask", Safety::AtMostOnce, move |_: Context, _: String| {
        let gate = Arc::clone(&gate);
        async move {
            gate.acquire().await?.forget();
            Ok::<_, HandlerError>(ANSWER)
        }
    })
}

async fn ask(client: Client, text: &'static str, timeout: Duration) -> Result<String, CallError> {
    client
        .request("slow", "ask")
        .timeout(timeout)
        .send(text)
        .await
}

/// Takes every connection on this port, says what a broker must, and keeps everything it hears.
fn listen_as_broker(port: u16) -> Arc<Mutex<Vec<u8>>> {
    let listener = wait_for("the port to be free", || {
        TcpListener::bind(("127.0.0.1", port)).ok()
    });
    let heard = Arc::new(Mutex::new(Vec::new()));
    let all = Arc::clone(&heard);
    std::thread::spawn(move || {
        for socket in listener.incoming().map_while(Result::ok) {
            let all = Arc::clone(&all);
            std::thread::spawn(move || attend(socket, &all));
        }
    });
    heard
}

/// Until the client goes.
fn attend(mut socket: TcpStream, all: &Mutex<Vec<u8>>) {
    let info = b"INFO {\"server_id\":\"x\",\"headers\":true,\"max_payload\":1048576}\r\n";
    let mut chunk = [0; 4096];
    let mut tail = Vec::new();
    if socket.write_all(info).is_err() {
        return;
    }
    while let Ok(count @ 1..) = socket.read(&mut chunk) {
        tail.extend_from_slice(&chunk[..count]);
        all.lock()
            .unwrap_or_else(PoisonError::into_inner)
            .extend_from_slice(&chunk[..count]);
        let pings = count_of(&tail, b"PING\r\n");
        for _ in 0..pings {
            let _ = socket.write_all(b"PONG\r\n");
        }
        // A ping that came in part only.
        let keep = if pings > 0 { 0 } else { tail.len().min(5) };
        tail.drain(..tail.len() - keep);
    }
}

fn count(heard: &[u8], text: &str) -> usize {
    count_of(heard, text.as_bytes())
}

fn count_of(bytes: &[u8], part: &[u8]) -> usize {
    bytes
        .windows(part.len())
        .filter(|window| *window == part)
        .count()
}

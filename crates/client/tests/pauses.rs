//! A service's process that is stopped with SIGSTOP and goes on: a child of this test.

#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

use std::process::Command;
use std::time::Duration;

use aegis_client::{Client, Context, Safety, Service};
use aegis_testkit::{Program, TestRouter, wait_for};

/// Set for the child: where its router is.
const ROUTER: &str = "AEGIS_TEST_ROUTER";

/// Not a test: what the child runs. It does nothing where no test asks for it.
#[test]
fn the_child_serves() {
    let Ok(url) = std::env::var(ROUTER) else {
        return;
    };
    runtime().block_on(async {
        let client = Client::connect(&url).await.unwrap();
        let service = Service::new("paused")
            .heartbeat_interval(Duration::from_millis(100))
            .method(
                "start",
                Safety::AtMostOnce,
                |_: Context, name: String| async move {
                    println!("started {name}");
                    Ok(())
                },
            );
        let serving = client.serve(service).await.unwrap();
        // Its answer tells the router's clock.
        serving.heartbeat().await.unwrap();
        println!("serving");
        serving.stopped().await;
    });
}

/// Both pauses are longer than the calls had; only the second is a stall, after which nothing is
/// believed before the router was heard.
#[test]
fn nothing_is_started_whose_deadline_passed_during_a_pause() {
    let router = TestRouter::start();
    let mut child = Program::start(
        Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "the_child_serves", "--nocapture"])
            .env(ROUTER, router.url()),
    );
    child.line_with("serving");
    let runtime = runtime();
    let client = runtime.block_on(Client::connect(&router.url())).unwrap();
    let mut expected = Vec::new();
    for pause in [400, 1500].map(Duration::from_millis) {
        child.pause();
        wait_for("it to stand still", || is_stopped(&child).then_some(()));
        runtime.block_on(async {
            let mut calls = tokio::task::JoinSet::new();
            let short = [10, 50, 100, 200].map(Duration::from_millis);
            for timeout in short.into_iter().cycle().take(40).chain([pause]) {
                let client = client.clone();
                calls.spawn(async move { call(&client, "too late", timeout).await });
            }
            while let Some(started) = calls.join_next().await {
                assert!(!started.unwrap());
            }
        });
        child.resume();
        let name = format!("after {pause:?}");
        wait_for("a call to be taken again", || {
            let call = call(&client, &name, Duration::from_secs(10));
            runtime.block_on(call).then_some(())
        });
        expected.push(format!("started {name}"));
    }
    child.crash();
    let started: Vec<_> = child.last_lines();
    assert_eq!(started, expected);
}

async fn call(client: &Client, name: &str, timeout: Duration) -> bool {
    let request = client.request("paused", "start").timeout(timeout);
    request.send::<_, ()>(name).await.is_ok()
}

/// A signal takes its time to reach every thread of a busy machine's process.
fn is_stopped(child: &Program) -> bool {
    let tasks = std::fs::read_dir(format!("/proc/{}/task", child.pid())).unwrap();
    tasks.into_iter().all(|task| {
        let stat = std::fs::read_to_string(task.unwrap().path().join("stat")).unwrap();
        // The state follows the name, which stands in brackets.
        stat.rsplit(')').next().unwrap().trim().starts_with('T')
    })
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
}

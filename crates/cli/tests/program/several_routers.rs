//! `aegis router --nats`: one serves, others go away or stand by, and the loss of the server shows.

use std::process::Command;
use std::time::Duration;

use aegis_testkit::{Direction, FaultProxy, NatsServer, WITH_SYSTEM_ACCOUNT, tell_router};
use rustix::process::Signal;

use crate::harness::{Running, aegis, finished, http_get, wait_and_measure, wait_for};
use crate::http::get;

fn router(server: &NatsServer, more: &[&str]) -> (Command, tempfile::TempDir) {
    router_at(&server.url(), more)
}

fn router_at(url: &str, more: &[&str]) -> (Command, tempfile::TempDir) {
    let (mut command, folder) = router_somewhere(more);
    command.args(["--nats", url]);
    (command, folder)
}

fn router_somewhere(more: &[&str]) -> (Command, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let mut command = aegis(&[
        "router",
        "-o",
        "json",
        "--admin",
        "127.0.0.1:0",
        "--no-config",
    ]);
    command
        .arg("--data-dir")
        .arg(folder.path().join("state"))
        .args(more);
    (command, folder)
}

fn start(server: &NatsServer, more: &[&str]) -> Running {
    let (mut command, folder) = router(server, more);
    Running::start(&mut command, folder)
}

fn admin(router: &Running) -> String {
    router.started["admin"].as_str().unwrap().to_owned()
}

/// How soon `/readyz` turns when the server ends the connection, as it does when it dies.
const ENDED_WITHIN: Duration = Duration::from_secs(1);

/// How soon when the server only falls silent: two pings a second apart, and a second more. Twice that is
/// far from what the usual pings of a client would take (20 to 30 s), and room for a busy machine.
const SILENT_WITHIN: Duration = Duration::from_secs(6);

/// How often a promised span is tried: a machine that is busy with something else may be late once.
const TRIES: usize = 3;

/// What `/readyz` says once it says so.
fn readyz(router: &Running, says: &str) -> String {
    let address = admin(router);
    wait_for(&format!("readyz: {says}"), || {
        Some(http_get(&address, "/readyz")).filter(|answer| answer.contains(says))
    })
}

#[test]
fn a_second_router_says_who_serves_and_goes_away() {
    let Some(server) = NatsServer::start("") else {
        return;
    };
    let first = start(&server, &[]);
    assert_eq!(first.started["state"], "serving");
    let (mut second, _folder) = router(&server, &[]);
    let ran = finished(&mut second);
    assert_eq!(ran.code, Some(6), "{}", ran.stderr);
    assert_eq!(ran.stdout, "");
    let process = format!("process {}", first.pid());
    assert!(ran.stderr.contains(&process), "{}", ran.stderr);
    assert!(ran.stderr.contains("--standby"), "{}", ran.stderr);
    readyz(&first, "200 OK");
    assert_eq!(first.terminate().code(), Some(0));
}

#[test]
fn one_that_stands_by_takes_over_when_the_first_is_killed_and_when_it_says_goodbye() {
    let Some(server) = NatsServer::start("") else {
        return;
    };
    let first = start(&server, &[]);
    let second = start(&server, &["--standby"]);
    assert_eq!(second.started["state"], "standby");
    let waits = readyz(&second, "standing by");
    assert!(waits.contains("503"), "{waits}");
    assert!(
        waits.contains(&format!("process {}", first.pid())),
        "{waits}"
    );

    // SIGKILL: its silence is noticed.
    drop(first);
    readyz(&second, "200 OK");
    let log = second.stderr();
    assert!(log.contains("router_took_over"), "{log}");
    assert!(log.contains("without the data directory"), "{log}");

    // In order: it says goodbye.
    let third = start(&server, &["--standby"]);
    assert_eq!(third.started["state"], "standby");
    assert_eq!(second.terminate().code(), Some(0));
    readyz(&third, "200 OK");
}

/// It hangs, and the server goes on choosing it: with a system account its connection is ended, and
/// without one that is said. When it wakes it handles nothing, and gives way.
#[test]
fn a_router_that_hangs_is_unseated_or_named_and_gives_way_when_it_wakes() {
    for (with_system_account, says) in [
        (true, "silent_router_unseated"),
        (false, "silent_router_remains"),
    ] {
        let Some(server) = NatsServer::start(WITH_SYSTEM_ACCOUNT) else {
            return;
        };
        let mut first = start(&server, &[]);
        let (mut command, folder) = router_somewhere(&["--standby"]);
        if with_system_account {
            tell_router(&mut command, Some(&server), 0);
        } else {
            command.args(["--nats", &server.url()]);
        }
        let second = Running::start(&mut command, folder);
        if with_system_account {
            wait_for("the system account", || {
                let log = second.stderr();
                log.contains("disconnect_events_heard").then_some(())
            });
        }
        first.signal(Signal::STOP);
        readyz(&second, "200 OK");
        wait_for(says, || second.stderr().contains(says).then_some(()));
        first.signal(Signal::CONT);
        assert_eq!(first.ended().code(), Some(6), "{}", first.stderr());
        assert!(
            first.stderr().contains("router_doubts"),
            "{}",
            first.stderr()
        );
        assert_eq!(second.terminate().code(), Some(0));
    }
}

/// What it may not do it says at once, and what to do about it.
#[test]
fn a_router_that_lacks_permissions_ends_and_names_them() {
    for (refused, subject) in [
        (
            r#"subscribe: { deny: "ipc.route.request" }"#,
            "ipc.route.request",
        ),
        (
            r#"subscribe: { deny: "ipc.event.presence" }"#,
            "ipc.event.presence",
        ),
        (
            r#"publish: { deny: "ipc.event.presence" }"#,
            "ipc.event.presence",
        ),
    ] {
        let config = format!(
            "authorization {{ users: [ {{ user: it, password: it, permissions: {{ {refused} }} }} ] }}\n\
             no_auth_user: it"
        );
        let Some(server) = NatsServer::start(&config) else {
            return;
        };
        let (mut command, _folder) = router(&server, &[]);
        let ran = finished(&mut command);
        assert_eq!(ran.code, Some(1), "{}", ran.stderr);
        for word in [subject, "docs/operations/nats.md"] {
            assert!(ran.stderr.contains(word), "{word}: {}", ran.stderr);
        }
    }
}

#[test]
fn one_that_takes_over_with_the_data_directory_of_the_first_says_so() {
    let Some(server) = NatsServer::start("") else {
        return;
    };
    let first = start(&server, &[]);
    let (mut command, folder) = router(&server, &["--standby"]);
    // As a volume that moves with the router.
    let state = folder.path().join("state");
    std::fs::create_dir(&state).unwrap();
    let id = first.folder.path().join("state").join("store-id");
    std::fs::copy(id, state.join("store-id")).unwrap();
    let second = Running::start(&mut command, folder);
    drop(first);
    readyz(&second, "200 OK");
    let log = second.stderr();
    assert!(
        log.contains("with the data directory of the router before"),
        "{log}"
    );
}

#[test]
fn the_loss_of_the_server_shows_at_once_and_heals_alone() {
    let Some(mut server) = NatsServer::start("") else {
        return;
    };
    let router = start(&server, &[]);
    readyz(&router, "200 OK");
    assert_eq!(get(&router, "/api/v1/services").0, 200);
    let mut took = Vec::new();
    for _ in 0..TRIES {
        server.crash();
        took.push(until_lost(&router));
        if took.iter().any(|span| *span <= ENDED_WITHIN) {
            break;
        }
        server.restart();
        readyz(&router, "200 OK");
    }
    println!("readyz turned after {took:?}");
    assert!(took.iter().any(|span| *span <= ENDED_WITHIN), "{took:?}");
    let (status, body) = get(&router, "/api/v1/services");
    assert_eq!(status, 503, "{body}");
    assert!(body["detail"].is_string(), "{body}");
    assert!(
        router.stderr().contains("\"broker_lost\""),
        "{}",
        router.stderr()
    );
    server.restart();
    readyz(&router, "200 OK");
    wait_for("services once more", || {
        (get(&router, "/api/v1/services").0 == 200).then_some(())
    });
    assert!(
        router.stderr().contains("\"broker_regained\""),
        "{}",
        router.stderr()
    );
    assert_eq!(router.terminate().code(), Some(0));
}

/// How long until `/readyz` says that the server is lost.
fn until_lost(router: &Running) -> Duration {
    let address = admin(router);
    let (lost, span) = wait_and_measure("readyz: lost", || {
        Some(http_get(&address, "/readyz")).filter(|it| it.contains("lost the NATS server"))
    });
    assert!(lost.contains("503"), "{lost}");
    span
}

/// It ends no connection: a process that was stopped, a machine that hangs.
#[test]
fn a_server_that_is_stopped_is_lost_within_seconds_and_had_again_when_it_goes_on() {
    let Some(server) = NatsServer::start("") else {
        return;
    };
    let router = start(&server, &[]);
    readyz(&router, "200 OK");
    let mut took = Vec::new();
    for _ in 0..TRIES {
        server.process().pause();
        took.push(until_lost(&router));
        server.process().resume();
        readyz(&router, "200 OK");
        if took.iter().any(|span| *span <= SILENT_WITHIN) {
            break;
        }
    }
    println!("readyz turned after {took:?}");
    assert!(took.iter().any(|span| *span <= SILENT_WITHIN), "{took:?}");
}

/// Nor does a network that loses everything, in one direction or in both.
#[test]
fn a_server_that_is_cut_off_is_lost_within_seconds() {
    for silent in [
        &[Direction::ToClient][..],
        &[Direction::ToBroker],
        &[Direction::ToClient, Direction::ToBroker],
    ] {
        let Some(server) = NatsServer::start("") else {
            return;
        };
        let proxy = FaultProxy::in_front_of(server.port());
        let (mut command, folder) = router_at(&proxy.url(), &[]);
        let router = Running::start(&mut command, folder);
        readyz(&router, "200 OK");
        let mut took = Vec::new();
        for _ in 0..TRIES {
            silent
                .iter()
                .for_each(|direction| proxy.silence(*direction));
            took.push(until_lost(&router));
            proxy.heal();
            readyz(&router, "200 OK");
            if took.iter().any(|span| *span <= SILENT_WITHIN) {
                break;
            }
        }
        println!("readyz turned after {took:?}");
        assert!(took.iter().any(|span| *span <= SILENT_WITHIN), "{took:?}");
    }
}

#[test]
fn a_router_that_starts_before_its_server_waits_and_says_so() {
    let Some(mut server) = NatsServer::start("") else {
        return;
    };
    server.crash();
    let (mut command, folder) = router(&server, &[]);
    let starting = std::thread::spawn(move || Running::start(&mut command, folder));
    server.restart();
    let router = starting.join().unwrap();
    assert_eq!(router.started["state"], "serving");
    readyz(&router, "200 OK");
}

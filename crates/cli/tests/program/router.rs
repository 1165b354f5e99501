//! `aegis router` and `aegis broker`: starting, refusing to start, stopping.

use std::net::TcpListener;

use crate::harness::{Running, aegis, finished, http_get, text, wait_for};

#[test]
fn a_router_says_where_it_is_answers_and_stops() {
    let router = Running::router();
    assert_ne!(router.address().port(), 0);
    assert_eq!(router.started["pid"], router.pid());
    let admin = router.started["admin"].as_str().unwrap().to_owned();
    assert!(http_get(&admin, "/livez").starts_with("HTTP/1.1 200"));
    // Its loop may have a moment to go when it has said where it is.
    wait_for("the router to be ready", || {
        http_get(&admin, "/readyz")
            .starts_with("HTTP/1.1 200")
            .then_some(())
    });
    assert!(http_get(&admin, "/nothing").starts_with("HTTP/1.1 404"));
    for line in router.stderr().lines() {
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        assert!(
            line["timestamp"].is_string() && line["level"].is_string(),
            "{line}"
        );
    }
    assert_eq!(router.terminate().code(), Some(0));
}

#[test]
fn a_broker_says_where_it_is_and_stops() {
    let folder = tempfile::tempdir().unwrap();
    let broker = Running::start(
        &mut aegis(&["broker", "-o", "json", "--listen", "127.0.0.1:0"]),
        folder,
    );
    assert_ne!(broker.address().port(), 0);
    assert_eq!(broker.terminate().code(), Some(0));
}

#[test]
fn for_people_each_address_is_a_line() {
    use std::io::{BufRead, BufReader};
    let mut child = aegis(&["broker", "--listen", "127.0.0.1:0"])
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap())
        .read_line(&mut line)
        .unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    let address = line.trim_end().strip_prefix("listening on ").unwrap();
    assert!(address.parse::<std::net::SocketAddr>().is_ok(), "{line}");
}

#[test]
fn a_second_router_on_a_data_directory_is_refused() {
    let router = Running::router();
    let data_dir = router.started["data_dir"].as_str().unwrap();
    let ran = finished(&mut aegis(&[
        "router",
        // Were it to start, it would end.
        "--until-stdin-closes",
        "--listen",
        "127.0.0.1:0",
        "--data-dir",
        data_dir,
    ]));
    assert_eq!(ran.code, Some(5), "{}", ran.stderr);
    assert_eq!(ran.stdout, "");
    assert!(ran.stderr.contains(data_dir), "{}", ran.stderr);
    assert!(
        ran.stderr.contains(&format!("process {}", router.pid())),
        "{}",
        ran.stderr
    );
    assert!(ran.stderr.contains("--data-dir"), "{}", ran.stderr);
}

#[test]
fn a_data_directory_is_free_again_after_its_router_was_killed() {
    let folder = tempfile::tempdir().unwrap();
    let data_dir = folder.path().join("state");
    let start = || {
        let arguments = [
            "router",
            "-o",
            "json",
            "--listen",
            "127.0.0.1:0",
            "--admin",
            "127.0.0.1:0",
            "--data-dir",
        ];
        Running::start(
            aegis(&arguments).arg(&data_dir),
            tempfile::tempdir().unwrap(),
        )
    };
    drop(start());
    drop(start());
}

#[test]
fn a_taken_port_is_refused_with_a_way_out() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let folder = tempfile::tempdir().unwrap();
    for command in [
        vec!["broker", "--listen", &address],
        vec![
            "router",
            "--listen",
            &address,
            "--data-dir",
            text(folder.path()),
        ],
        vec![
            "router",
            "--listen",
            "127.0.0.1:0",
            "--admin",
            &address,
            "--data-dir",
            text(folder.path()),
        ],
    ] {
        let ran = finished(aegis(&command).arg("--until-stdin-closes"));
        assert_eq!(ran.code, Some(5), "{command:?}: {}", ran.stderr);
        assert!(ran.stderr.contains(&address), "{command:?}: {}", ran.stderr);
        assert!(ran.stderr.contains("hint:"), "{command:?}: {}", ran.stderr);
    }
}

#[test]
fn an_address_that_others_could_reach_is_refused() {
    let ran = finished(&mut aegis(&[
        "broker",
        "--until-stdin-closes",
        "--listen",
        "0.0.0.0:0",
    ]));
    assert_eq!(ran.code, Some(2), "{}", ran.stderr);
    assert!(ran.stderr.contains("127.0.0.1"), "{}", ran.stderr);
}

#[test]
fn a_default_admin_port_that_is_taken_is_only_a_warning() {
    // Whoever has it, it is taken.
    let _taken = TcpListener::bind("127.0.0.1:7422");
    let folder = tempfile::tempdir().unwrap();
    let data_dir = folder.path().join("state");
    let arguments = [
        "router",
        "-o",
        "json",
        "--listen",
        "127.0.0.1:0",
        "--data-dir",
        text(&data_dir),
    ];
    let router = Running::start(&mut aegis(&arguments), tempfile::tempdir().unwrap());
    assert!(router.started.get("admin").is_none(), "{}", router.started);
    assert!(
        router.stderr().contains("127.0.0.1:7422"),
        "{}",
        router.stderr()
    );
}

#[test]
fn a_program_tied_to_stdin_ends_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let ran = finished(
        aegis(&[
            "router",
            "--until-stdin-closes",
            "--listen",
            "127.0.0.1:0",
            "--admin",
            "127.0.0.1:0",
            "--data-dir",
        ])
        .arg(folder.path()),
    );
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
}

#[test]
fn without_a_flag_the_data_directory_is_where_state_belongs() {
    let home = tempfile::tempdir().unwrap();
    let arguments = [
        "router",
        "-o",
        "json",
        "--listen",
        "127.0.0.1:0",
        "--admin",
        "127.0.0.1:0",
    ];
    let state = home.path().canonicalize().unwrap().join("state");
    let folder = tempfile::tempdir().unwrap();
    let router = Running::start(aegis(&arguments).env("XDG_STATE_HOME", &state), folder);
    assert_eq!(router.started["data_dir"], text(&state.join("aegis")));
    let ran = finished(aegis(&arguments).arg("--until-stdin-closes"));
    assert_eq!(ran.code, Some(2), "{}", ran.stderr);
    assert!(ran.stderr.contains("--data-dir"), "{}", ran.stderr);
}

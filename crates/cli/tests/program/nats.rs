//! Commands on a real NATS server: who they are, and what they say when they are not let in.

use std::os::unix::fs::PermissionsExt;

use aegis_testkit::NatsServer;

use crate::harness::{aegis, finished, text};

#[test]
fn credentials_are_honoured_and_their_refusal_is_clear() {
    let config = "authorization { user: me, password: s3cret }";
    let Some(server) = NatsServer::start(config) else {
        return;
    };
    let url = server.url();
    let list = |variables: &[(&str, &str)], more: &[&str]| {
        let arguments = [&["service", "ls", "--no-config"], more].concat();
        finished(aegis(&arguments).envs(variables.iter().copied()))
    };
    let refused = list(&[], &["-s", &url]);
    assert_eq!(refused.code, Some(3), "{}", refused.stderr);
    assert!(
        refused.stderr.contains("authentication"),
        "{}",
        refused.stderr
    );

    let address = |password: &str| url.replace("nats://", &format!("nats://me:{password}@"));
    let wrong = list(&[("NATS_URL", &address("wrong-secret"))], &[]);
    assert_eq!(wrong.code, Some(3), "{}", wrong.stderr);
    assert!(
        wrong.stderr.contains("authorization violation"),
        "{}",
        wrong.stderr
    );
    assert!(!wrong.stderr.contains("wrong-secret"), "{}", wrong.stderr);

    // Let in, and nobody is there to ask.
    let file = server.folder().join("password");
    std::fs::write(&file, "s3cret").unwrap();
    std::fs::set_permissions(&file, PermissionsExt::from_mode(0o600)).unwrap();
    let from_file = [
        ("NATS_URL", url.as_str()),
        ("AEGIS_NATS__USER", "me"),
        ("AEGIS_NATS__PASSWORD_FILE", text(&file)),
    ];
    for variables in [&from_file[..], &[("NATS_URL", &address("s3cret"))]] {
        let ran = list(variables, &[]);
        assert_eq!(ran.code, Some(3), "{}", ran.stderr);
        assert!(ran.stderr.contains("router"), "{}", ran.stderr);
    }

    std::fs::set_permissions(&file, PermissionsExt::from_mode(0o644)).unwrap();
    let open = list(&from_file, &[]);
    assert!(open.stderr.contains("chmod 600"), "{}", open.stderr);
}

#[test]
fn a_login_on_the_command_line_is_refused_and_one_of_the_environment_is_not_shown() {
    let ran = finished(&mut aegis(&[
        "service",
        "ls",
        "-s",
        "nats://me:hunter2@127.0.0.1:1",
    ]));
    assert_eq!(ran.code, Some(2), "{}", ran.stderr);
    assert!(ran.stderr.contains("NATS_URL"), "{}", ran.stderr);
    assert!(!ran.stderr.contains("hunter2"), "{}", ran.stderr);

    let mut command = aegis(&["config", "show", "--no-config", "--json"]);
    command
        .env("NATS_URL", "nats://me:hunter2@127.0.0.1:1")
        .env("NATS_CREDS", "/user.creds");
    let ran = finished(&mut command);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert!(!ran.stdout.contains("hunter2"), "{}", ran.stdout);
    let shown = ran.json();
    let setting = |key: &str| {
        let found = shown.as_array().unwrap().iter().find(|it| it["key"] == key);
        let found = found.unwrap();
        (found["value"].clone(), found["place"].clone())
    };
    assert_eq!(
        setting("server"),
        ("nats://***@127.0.0.1:1".into(), "NATS_URL".into())
    );
    assert_eq!(
        setting("nats.creds"),
        ("/user.creds".into(), "NATS_CREDS".into())
    );
}

//! The wire of the first AegisIPC, spoken by a client in its own language. What is checked is in the
//! Python files beside this one; this test starts the router, and starts it again when asked to.

#![expect(clippy::expect_used, reason = "a panic is how a test fails")]

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use aegis_core::Config;
use aegis_testkit::TestRouter;

fn leases_that_end_soon() -> Config {
    Config {
        heartbeat_interval: Duration::from_secs(1),
        lease_ttl: Duration::from_secs(3),
        ..Config::default()
    }
}

#[test]
#[ignore = "needs nats-py and msgpack: run by cargo xtask test"]
fn a_client_of_the_first_aegisipc_works_unmodified() {
    let mut router = TestRouter::start_with(leases_that_end_soon());
    let mut client = Client::start(&router.url());
    let mut told = Vec::new();
    while let Some(line) = client.next_line() {
        println!("{line}");
        if line == "restart" {
            let port = router.port();
            drop(router);
            router = TestRouter::start_on(port, leases_that_end_soon());
            client.say("restarted");
        }
        told.push(line);
    }
    client.check_exit();
    assert_eq!(told.last().map(String::as_str), Some("ok"), "{told:?}");
}

/// The Python process. Its errors go where the test's go.
struct Client {
    process: Child,
    lines: BufReader<std::process::ChildStdout>,
}

impl Client {
    fn start(url: &str) -> Client {
        let packages = std::env::var_os("AEGIS_PYTHONPATH").expect("AEGIS_PYTHONPATH");
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/first_sdk/client.py");
        let mut command = Command::new("python3");
        let command = command
            .arg("-B")
            .arg(script)
            .arg(url)
            .env("PYTHONPATH", packages)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        let mut process = command.spawn().expect("python3");
        let lines = BufReader::new(process.stdout.take().expect("its output"));
        Client { process, lines }
    }

    fn next_line(&mut self) -> Option<String> {
        let mut line = String::new();
        let length = self.lines.read_line(&mut line).expect("its output");
        (length > 0).then(|| line.trim_end().to_owned())
    }

    fn say(&mut self, word: &str) {
        let stdin = self.process.stdin.as_mut().expect("its input");
        writeln!(stdin, "{word}").expect("it listens");
    }

    fn check_exit(&mut self) {
        let status = self.process.wait().expect("it ends");
        assert!(status.success(), "{status}: what failed is told above");
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        // Only after a failure is it still there.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

//! Real NATS servers start, come back where they were, and end.

use std::io::{BufRead, BufReader};
use std::net::TcpStream;

use aegis_testkit::{NatsServer, wait_for};

fn greeting(port: u16) -> Option<serde_json::Value> {
    let stream = TcpStream::connect(("127.0.0.1", port)).ok()?;
    let mut line = String::new();
    BufReader::new(stream).read_line(&mut line).ok()?;
    serde_json::from_str(line.strip_prefix("INFO ")?).ok()
}

#[test]
fn a_server_comes_back_on_its_port_and_ends_when_dropped() {
    let Some(mut server) = NatsServer::start("max_payload: 4321") else {
        return;
    };
    let (port, pid) = (server.port(), server.pid());
    let before = greeting(port).expect("a greeting");
    assert_eq!(before["max_payload"], 4321);
    server.restart();
    assert_eq!(server.port(), port);
    assert_ne!(server.pid(), pid);
    let after = greeting(port).expect("a greeting");
    assert_ne!(before["server_id"], after["server_id"]);
    server.reload_with("max_payload: 1234");
    wait_for("the new configuration", || {
        (greeting(port)?["max_payload"] == 1234).then_some(())
    });
    drop(server);
    assert!(TcpStream::connect(("127.0.0.1", port)).is_err());
}

#[test]
fn servers_of_a_cluster_tell_clients_of_each_other() {
    let Some(first) = NatsServer::start("cluster { name: c, listen: \"127.0.0.1:-1\" }") else {
        return;
    };
    let route = first.cluster_port().expect("a cluster port");
    let config = format!(
        "cluster {{ name: c, listen: \"127.0.0.1:-1\", routes: [\"nats://127.0.0.1:{route}\"] }}"
    );
    let mut second = NatsServer::start(&config).unwrap();
    let both = |of: &NatsServer| {
        let port = of.port();
        wait_for("both servers in INFO", || {
            let urls = greeting(port)?["connect_urls"].as_array()?.len();
            (urls == 2).then_some(())
        });
    };
    both(&first);
    both(&second);
    let port = second.cluster_port();
    second.restart();
    assert_eq!(second.cluster_port(), port);
    both(&first);
}

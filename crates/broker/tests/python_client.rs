//! A client of another language: nats-py runs its own checks against our broker.

use std::path::Path;
use std::process::Command;

use aegis_broker::{Broker, BrokerConfig};
use aegis_nats::switch::NoLocalPeer;

#[test]
#[ignore = "needs nats-py: run by cargo xtask test"]
fn nats_py_works_unmodified() {
    let packages = std::env::var_os("AEGIS_PYTHONPATH").expect("AEGIS_PYTHONPATH names nats-py");
    let config = BrokerConfig {
        listen: "127.0.0.1:0".parse().unwrap(),
        ..BrokerConfig::default()
    };
    let broker = Broker::bind(config, NoLocalPeer::default()).unwrap();
    let broker = broker.spawn().unwrap();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/client.py");
    let run = Command::new("python3")
        .arg(script)
        .arg(format!("nats://{}", broker.addresses()[0]))
        .env("PYTHONPATH", packages)
        .output()
        .unwrap();
    let (out, err) = (
        String::from_utf8_lossy(&run.stdout),
        String::from_utf8_lossy(&run.stderr),
    );
    assert!(run.status.success(), "{out}\n{err}");
    assert_eq!(out.trim(), "ok");
}

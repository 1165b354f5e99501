//! Two programs that use nothing of ours, `examples/python/service.py` and
//! `examples/javascript/caller.mjs`, with public packages only: if the written reference of the wire
//! is not enough to write them, or stops being true, this fails.

#![expect(clippy::expect_used, reason = "a panic is how a test fails")]

mod draining;
mod programs;
mod vectors;

use aegis_core::Config;
use aegis_testkit::TestRouter;

use programs::{caller, service};

#[test]
#[ignore = "needs Python and Node: run by cargo xtask test"]
fn a_python_service_is_called_from_javascript_and_dies_under_load() {
    let router = TestRouter::start();
    let mut first = service(&router.url(), "python-1");
    first.line_with("registered python-1");

    let told = caller(&router.url(), &[]).last_lines();
    assert_eq!(
        told,
        [
            "Hello Ada from python-1",
            "CARD_DECLINED 402 outcome=ran retryable=false: the card does not cover 12",
            "UNKNOWN_SERVICE 404 outcome=not_run retryable=true: no instance ever registered this service",
        ]
    );

    let load = caller(&router.url(), &["--for-ever"]);
    load.line_with("from python-1");
    first.crash();
    let mut second = service(&router.url(), "python-2");
    load.line_with("from python-2");
    load.ask_to_end();
    let counts = load.last_lines().pop().unwrap_or_default();
    println!("killed and replaced under load: {counts}");
    assert!(counts.contains(" failed=0 "), "{counts}");

    second.ask_to_end();
    second.line_with("left python-2");
    assert!(second.wait().success());
}

#[test]
#[ignore = "needs Python and Node: run by cargo xtask test"]
fn a_python_service_registers_again_with_a_router_that_does_not_know_it() {
    let router = TestRouter::start();
    let service = service(&router.url(), "python-1");
    service.line_with("registered python-1");
    let load = caller(&router.url(), &["--for-ever"]);
    load.line_with("from python-1");
    let port = router.port();
    drop(router);
    let _router = TestRouter::start_on(port, Config::default());
    service.line_with("registered python-1");
    load.ask_to_end();
    let counts = load.last_lines().pop().unwrap_or_default();
    println!("router replaced under load: {counts}");
    assert!(counts.contains(" failed=0 "), "{counts}");
}

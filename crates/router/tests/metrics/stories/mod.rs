//! Rows of the table that need no sockets: instances and callers on a virtual clock.

mod calls;
mod lives;

use aegis_nats::PeerId;

use crate::speak::registration;
use crate::support::Bench;
use crate::table::Story;

const SUMS: (&str, &str) = ("service", "sums");
const ONE: (&str, &str) = ("instance", "one");

pub(crate) fn all() -> Vec<Story> {
    vec![
        calls::one_answered_and_one_lost(),
        calls::the_same_under_the_old_names(),
        calls::on_a_nats_server(),
        calls::moved_and_answered_twice(),
        calls::beyond_every_limit(),
        lives::badly_answered(),
        lives::silent(),
        lives::restarted_again_and_again(),
        lives::came_and_left(),
    ]
}

/// Instances of one service, on connections of their own, and a caller.
fn fleet(bench: &mut Bench, ids: &[&str]) -> (Vec<PeerId>, PeerId) {
    let caller = bench.client();
    bench.subscribe(caller, "_INBOX.caller");
    let mut instances = Vec::new();
    for id in ids {
        let instance = bench.client();
        bench.register_native(instance, &registration("sums", id));
        instances.push(instance);
    }
    (instances, caller)
}

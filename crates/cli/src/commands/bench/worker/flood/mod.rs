//! Heartbeats as fast as they are taken.

mod bare;
mod sender;

use aegis_bench::{BeatForm, FloodOrder, FloodReport, Usage, say, used_per};
use aegis_wire::Subjects;
use aegis_wire::instance::LeaseToken;

use super::super::SERVICE;
use super::heartbeats::{
    granted, legacy_heartbeat, legacy_registration, native_heartbeat, registration,
};
use bare::{Bare, publish};
use sender::Sender;

/// Where one connection hears its answers.
const INBOX: &str = "_INBOX.bench";

/// Sends the ordered heartbeats and reports.
pub(super) fn run(order: &FloodOrder) -> anyhow::Result<()> {
    let mut streams = Vec::with_capacity(order.connections);
    let mut bytes = 0;
    for connection in 0..order.connections {
        let mut bare = Bare::connect(&order.server)?;
        // An inbox of its own: answers must not go to everybody.
        let inbox = format!("{INBOX}.{connection}.r");
        bare.send(format!("SUB {inbox} 1\r\n").as_bytes())?;
        if matches!(order.form, BeatForm::Acknowledged) && order.register {
            // One subscription for the inboxes of all: a connection may not have one for each.
            let inboxes = Subjects::default().prefix().to_owned() + ".inbox.";
            bare.send(format!("SUB {inboxes}{SERVICE}.*.* 2\r\n").as_bytes())?;
        }
        let mut frames = Vec::new();
        for number in (connection..order.instances).step_by(order.connections) {
            let before = frames.len();
            append_heartbeat(order, &mut bare, &inbox, number, &mut frames)?;
            bytes = frames.len() - before;
        }
        streams.push((bare, frames));
    }
    let per_connection = order.instances.div_ceil(order.connections) as u64;
    let mut sender = Sender::new(streams, per_connection, order)?;
    let mut pids: Vec<u32> = order.watched.iter().map(|other| other.pid).collect();
    pids.push(std::process::id());
    let look = || pids.iter().copied().map(Usage::of).collect::<Vec<_>>();

    sender.send_for(order.span.warm_up)?;
    let (warmed, before) = (sender.sent(), look());
    let elapsed = sender.send_for(order.span.measured)?;
    let watched = (before, look());
    let measured = sender.sent() - warmed;
    let names = order.watched.iter().map(|other| other.name.as_str());
    say(&FloodReport {
        per_second: measured as f64 / elapsed.as_secs_f64(),
        sent: sender.sent(),
        answered: sender.answered(),
        bytes,
        used: used_per(measured, names.chain(["sender"]), &watched),
    })?;
    Ok(())
}

/// Registers one instance, where there is a router, and appends its heartbeat as it travels.
fn append_heartbeat(
    order: &FloodOrder,
    bare: &mut Bare,
    inbox: &str,
    number: usize,
    frames: &mut Vec<u8>,
) -> anyhow::Result<()> {
    let subjects = Subjects::default();
    let instance = format!("bench-instance-{number:06}");
    match order.form {
        BeatForm::FireAndForget => {
            if order.register {
                let body = legacy_registration(SERVICE, &instance);
                bare.ask(&subjects.plain_register(), inbox, &body)?;
            }
            let body = legacy_heartbeat(SERVICE, &instance);
            publish(frames, &subjects.plain_heartbeat(), None, &body);
        }
        BeatForm::Acknowledged => {
            let token = if order.register {
                let interval = aegis_types::limits::DEFAULT_HEARTBEAT_INTERVAL;
                let body = registration(SERVICE, &instance, interval);
                granted(&bare.ask(&subjects.register(SERVICE, &instance), inbox, &body)?)?
            } else {
                LeaseToken::from_bits(0)
            };
            let body = native_heartbeat(SERVICE, &instance, token);
            let subject = subjects.heartbeat(SERVICE, &instance);
            publish(frames, &subject, Some(inbox), &body);
        }
    }
    Ok(())
}

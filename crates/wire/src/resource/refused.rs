use super::{ResourceAct, ResourceRequest};
use crate::Refusal;
use crate::value::{MapWriter, Writer};

/// Appends "no" to an act on resources: a [`Refusal`] with `trace_id` and the keys of a result in
/// which nothing was done.
///
/// | act | keys |
/// |---|---|
/// | `register` | `registered` list, `conflicts` map |
/// | `release` | `released` list, `errors` map |
/// | `bulk_register` | `total_requested`, `total_registered` int; `registered`, `failed`, `batch_results` list |
/// | `bulk_release` | the same with `total_released`, `released`; `rollback_performed` bool |
/// | `transfer` | `transferred` list, `failed` map, `transfer_id` text |
/// | `query` | `resources` list |
pub fn encode_resource_refusal(
    out: &mut Vec<u8>,
    act: ResourceAct,
    request: &ResourceRequest<'_>,
    refusal: &Refusal<'_>,
) {
    Writer::new(out).map(|map| {
        refusal.write(map);
        map.key("trace_id")
            .text(request.trace_id.unwrap_or("unknown"));
        write_nothing_done(map, act, request.count);
    });
}

fn write_nothing_done(map: &mut MapWriter<'_>, act: ResourceAct, count: u64) {
    match act {
        ResourceAct::Register => {
            lists(map, &["registered"]);
            map.key("conflicts").map(|_| {});
        }
        ResourceAct::Release => {
            lists(map, &["released"]);
            map.key("errors").map(|_| {});
        }
        ResourceAct::BulkRegister => {
            map.key("total_requested").uint(count);
            map.key("total_registered").uint(0);
            lists(map, &["registered", "failed", "batch_results"]);
        }
        ResourceAct::BulkRelease => {
            map.key("total_requested").uint(count);
            map.key("total_released").uint(0);
            lists(map, &["released", "failed", "batch_results"]);
            map.key("rollback_performed").bool(false);
        }
        ResourceAct::Transfer => {
            lists(map, &["transferred"]);
            map.key("failed").map(|_| {});
            map.key("transfer_id").text("");
        }
        ResourceAct::Query => lists(map, &["resources"]),
    }
}

fn lists(map: &mut MapWriter<'_>, names: &[&str]) {
    for name in names {
        map.key(name).array(0);
    }
}

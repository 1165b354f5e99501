use super::{ResourceAct, ResourceRequest};
use crate::Refusal;
use crate::value::{MapWriter, Writer};

/// Appends "no" to an act on resources: a [`Refusal`] with these keys, which are those of a result in
/// which nothing was done.
///
/// | key | type | needed | |
/// |---|---|---|---|
/// | `trace_id` | text | yes | that of the request, or `unknown` |
/// | `registered` | list | no | to `register` and `bulk_register`: empty |
/// | `conflicts` | map | no | to `register`: empty |
/// | `released` | list | no | to `release` and `bulk_release`: empty |
/// | `errors` | map | no | to `release`: empty |
/// | `total_requested` | int | no | to `bulk_register` and `bulk_release`: how many resources the request named |
/// | `total_registered` | int | no | to `bulk_register`: 0 |
/// | `total_released` | int | no | to `bulk_release`: 0 |
/// | `batch_results` | list | no | to `bulk_register` and `bulk_release`: empty |
/// | `failed` | list or map | no | empty; to `transfer` a map, to `bulk_register` and `bulk_release` a list |
/// | `rollback_performed` | bool | no | to `bulk_release`: false |
/// | `transferred` | list | no | to `transfer`: empty |
/// | `transfer_id` | text | no | to `transfer`: empty |
/// | `resources` | list | no | to `query`: empty |
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

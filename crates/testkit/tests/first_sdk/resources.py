"""How the SDK of the first AegisIPC acts on resources: what it sends, and the models that it builds from
the answers before it believes anything else in them."""

from sdk import ResourceConflictError, trace_id


def typed(reply, **keys):
    """The model: every key there, every one of its type."""
    for key, kind in keys.items():
        assert isinstance(reply.get(key), kind), f"{key} in {reply}"
    return reply


def raise_error(error):
    kinds = {"VALIDATION_ERROR": ValueError, "FORBIDDEN": PermissionError}
    raise kinds.get(error["code"], Exception)(error["message"])


async def register_resource(sdk, service_name, resource_ids, metadata=None):
    reply = await sdk.ask(
        "ipc.resource.register",
        {
            "service_name": service_name,
            "instance_id": sdk.default_id,
            "resource_ids": resource_ids,
            "force": False,
            "metadata": metadata or {},
            "trace_id": trace_id(),
        },
    )
    model = typed(reply, success=bool, registered=list, conflicts=dict, trace_id=str)
    if not reply["success"] and reply.get("error") and not reply["registered"]:
        raise_error(reply["error"])
    if model["conflicts"]:
        raise ResourceConflictError(model["conflicts"], model["registered"])
    return model


async def release_resource(sdk, service_name, resource_ids):
    reply = await sdk.ask(
        "ipc.resource.release",
        {
            "service_name": service_name,
            "instance_id": sdk.default_id,
            "resource_ids": resource_ids,
            "trace_id": trace_id(),
        },
    )
    model = typed(reply, success=bool, released=list, errors=dict, trace_id=str)
    if not model["success"] and not model["released"]:
        raise_error(reply["error"])
    return model


async def bulk_register_resource(sdk, service_name, resources):
    reply = await sdk.ask(
        "ipc.resource.bulk_register",
        {
            "service_name": service_name,
            "instance_id": sdk.default_id,
            "resources": resources,
            "batch_size": 100,
            "continue_on_error": False,
            "trace_id": trace_id(),
        },
    )
    if reply.get("success") is not True:
        raise_error(reply["error"])
    lists = dict(registered=list, failed=list, batch_results=list)
    return typed(reply, total_requested=int, total_registered=int, trace_id=str, **lists)


async def bulk_release_resource(sdk, service_name, resource_ids):
    reply = await sdk.ask(
        "ipc.resource.bulk_release",
        {
            "service_name": service_name,
            "instance_id": sdk.default_id,
            "resource_ids": resource_ids,
            "batch_size": 100,
            "continue_on_error": False,
            "transactional": True,
            "trace_id": trace_id(),
        },
    )
    if reply.get("success") is not True:
        raise_error(reply["error"])
    lists = dict(released=list, failed=list, batch_results=list, rollback_performed=bool)
    return typed(reply, total_requested=int, total_released=int, trace_id=str, **lists)


async def query_resources(sdk, service_name):
    """No method of the SDK, and yet a subject of its router."""
    reply = await sdk.ask(
        "ipc.resource.query", {"service_name": service_name, "trace_id": trace_id()}
    )
    typed(reply, resources=list, trace_id=str)
    if reply.get("success") is not True:
        raise_error(reply["error"])
    return reply["resources"]


async def transfer_resource(sdk, service_name, resource_ids, to_instance_id):
    reply = await sdk.ask(
        "ipc.resource.transfer",
        {
            "service_name": service_name,
            "resource_ids": resource_ids,
            "from_instance_id": sdk.default_id,
            "to_instance_id": to_instance_id,
            "verify_ownership": True,
            "reason": "Manual transfer",
            "trace_id": trace_id(),
        },
    )
    if reply.get("success") is not True:
        raise_error(reply["error"])
    return typed(reply, transferred=list, failed=dict, transfer_id=str, trace_id=str)

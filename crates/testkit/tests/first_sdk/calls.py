"""Calls, services in both styles, reliable calls, resources: B.1.3.4 to B.1.3.12."""

import asyncio
import uuid

import nats.errors
import resources
from sdk import ResourceNotFoundError, pack, unpack
from stage import PATIENCE, Service, answers, echo, never, raised

SIDE_BY_SIDE = 64

# Each act and the keys that its model is built from, also after an error.
RESOURCE_ACTS = {
    "register": {"registered", "conflicts"},
    "release": {"released", "errors"},
    "bulk_register": {"total_requested", "total_registered", "registered", "failed", "batch_results"},
    "bulk_release": {"total_requested", "released", "failed", "batch_results", "rollback_performed"},
    "transfer": {"transferred", "failed", "transfer_id"},
    "query": {"resources"},
}

REPLY_KEYS = {
    "success",
    "result",
    "error",
    "instance_id",
    "trace_id",
    "message_id",
    "duration_ms",
    "timestamp",
}


async def both_ways_to_answer_work(url, sdk):
    """[X] Three demos answer to the derived subject, one to the reply subject: they are the same."""
    for derived, instance in ((False, "instance_1"), (True, "inst01")):
        service = Service(url, f"styles-{derived}", instance, echo, derived=derived)
        async with service:
            assert await sdk.call(service.name, "m", {"a": [1, None, b"x"]}) == {"a": [1, None, b"x"]}
            [(request, reply_to)] = service.received
            assert reply_to == f"ipc.response.{request['correlation_id']}"
            assert request["method"] == "m" and request["params"] == {"a": [1, None, b"x"]}
            assert request["service_name"] == service.name
            uuid.UUID(request["message_id"])


async def the_reply_always_has_all_eight_keys(url, sdk):
    """[X] And never more than one reply comes: no stream answers before the router does."""
    async with Service(url, "eight", "instance_1", echo):
        for name, success in (("eight", True), ("nobody", False)):
            inbox = sdk.connection.new_inbox()
            replies = await sdk.connection.subscribe(inbox)
            body = sdk.request(name, "m", None, 5, "a..b", None, None)
            await sdk.connection.publish("ipc.route.request", pack(body), reply=inbox)
            reply = unpack((await replies.next_msg(timeout=PATIENCE)).data)
            assert REPLY_KEYS <= reply.keys(), reply
            assert reply["success"] is success and reply["trace_id"] == "a..b"
            assert isinstance(reply["duration_ms"], float) and reply["timestamp"].endswith("Z")
            assert success or isinstance(reply["error"]["code"], int)
            # Whatever was sent before the answer to another question has arrived by then.
            await raised(ValueError, sdk.call("nobody", "m"))
            assert replies.pending_msgs == 0
            await replies.unsubscribe()


async def odd_trace_ids_hurt_nobody(url, sdk):
    """[X] One request with `a..b` closed the prototype's connection for good."""
    async with Service(url, "traces", "instance_1", echo):
        for trace in ("a..b", "a b", ">", "*", ".", "\r\nPUB x 0\r\n", "x" * 5000, ""):
            body = sdk.request("traces", "m", None, 5, None, None, None) | {"trace_id": trace}
            reply = await sdk.ask("ipc.route.request", body)
            assert reply["success"] is True and reply["trace_id"] == trace, reply


async def errors_become_the_exceptions_of_the_sdk(url, sdk):
    """[X] A service's own failure was swallowed; now its code decides, as everywhere."""
    await raised(ValueError, sdk.call("nobody", "m"))
    for code, kind in ((404, ValueError), (503, RuntimeError), (504, TimeoutError), (418, Exception)):
        failure = {"success": False, "error": {"code": code, "type": "Odd", "message": "said so"}}
        async with Service(url, f"fails-{code}", "instance_1", answers(failure)):
            error = await raised(kind, sdk.call(f"fails-{code}", "m"))
            assert "said so" in str(error)
    async with Service(url, "silent-one", "instance_1", never):
        # The router's own 504; the SDK's timer would end the wait at its deadline, which here it does not.
        body = sdk.request("silent-one", "m", None, 1, None, None, None)
        reply = await sdk.ask("ipc.route.request", body, PATIENCE)
        error = await raised(TimeoutError, sdk.made_of(reply))
        assert "instance_1" in str(error), error
    for wrong in ({"params": [1]}, {"timeout": 0}, {"timeout": 301}, {"service_name": ""}):
        body = sdk.request("s", "m", None, 5, None, None, None) | wrong
        reply = await sdk.ask("ipc.route.request", body)
        error = reply["error"]
        assert (error["code"], error["type"]) == (500, "ValidationError"), error
        assert next(iter(wrong)) in error["message"]


async def replies_that_cannot_be_read_are_named(url, sdk):
    """[X] An integer key in a reply is an error in the SDK's decoder; no map, one in its router."""
    integer_keys = msgpack_with_integer_keys()
    for reply, says in ((integer_keys, "result.table"), (pack([1]), "not a map"), (b"\xc1", "")):
        async with Service(url, "unreadable", "instance_1", answers(reply)):
            error = await raised(Exception, sdk.call("unreadable", "m"))
            assert "InvalidReply" in str(error) and says in str(error), error


def msgpack_with_integer_keys():
    return pack({"success": True, "result": {"table": {1: "one"}}})


async def integers_and_more_keys_are_fine(url, sdk):
    async with Service(url, "lenient", "instance_1", echo):
        body = sdk.request("lenient", "m", {"n": 1}, 5, None, None, None)
        body |= {"message_id": None, "excluded_instances": [], "host": "h", "port": 1}
        reply = await sdk.ask("ipc.route.request", body)
        assert reply["result"] == {"n": 1}
        error = await raised(RuntimeError, sdk.call("lenient", "m", excluded=["instance_1"]))
        assert "excluded" in str(error)


async def calls_run_side_by_side(url, sdk):
    """[X] The prototype took one at a time: 79 per second at 10 ms. Here all of them must run before any
    may end, so that nothing but running side by side lets this pass."""
    everybody = asyncio.Barrier(SIDE_BY_SIDE)

    async def handler(request):
        await everybody.wait()
        return {"success": True, "result": request["params"]["n"]}

    async with Service(url, "busy", "instance_1", handler) as service:
        calls = (sdk.call("busy", "m", {"n": n}, timeout=PATIENCE) for n in range(SIDE_BY_SIDE))
        assert await asyncio.gather(*calls) == list(range(SIDE_BY_SIDE))
        assert service.most_at_once == SIDE_BY_SIDE


async def nobody_listens_and_that_is_told_at_once(url, sdk):
    """[X] The Python client raises, and the SDK does not wrap it."""
    await raised(nats.errors.NoRespondersError, sdk.ask("ipc.no.such.thing", {}))


async def a_resource_that_nobody_owns_is_not_found(url, sdk):
    async with Service(url, "owners", "instance_1", echo) as service:
        error = await raised(ResourceNotFoundError, sdk.call("owners", "m", resource_id="user-1"))
        assert "user-1" in str(error)
        body = sdk.request("owners", "m", None, 5, None, "user-1", None)
        error = (await sdk.ask("ipc.route.request", body))["error"]
        assert error["resource_id"] == "user-1" and error["service_name"] == "owners"
        assert "owner_instance_id" in error
        assert service.received == []


async def reliable_calls_are_refused_at_once(url, sdk):
    """[X] Without an ack each took four tries of 30 s, and showed a time-out in place of the error."""
    async with Service(url, "reliable", "instance_1", echo) as service:
        for options, kind, says in (
            ({}, Exception, "NotSupported"),
            ({"resource_id": "user-1"}, ResourceNotFoundError, "user-1"),
        ):
            sdk.reliable_tries = 0
            error = await raised(kind, sdk.call_reliable("reliable", "m", **options))
            assert says in str(error) and sdk.reliable_tries == 1, error
        assert service.received == []


async def acks_and_questions_about_messages(url, sdk):
    """[X] Nobody listened for the question; acks piled up in a stream, of which there is none here."""
    message_id = str(uuid.uuid4())
    await sdk.send_acknowledgment(message_id, "reliable", "success")
    await sdk.send_acknowledgment(message_id, "reliable", "failure", "no stock")
    status = await sdk.query_message_status(message_id)
    assert status["success"] is False and status["error"]["code"] == "NOT_SUPPORTED"
    assert status["message_id"] == message_id
    assert status["state"] not in ("pending", "acknowledged", "failed", "expired")
    # [X] The prototype's confirmation of an ack was never sent.
    ack = await sdk.ask("ipc.ack.response", {"message_id": message_id})
    assert ack["confirmed"] is False


async def acts_on_resources_raise_our_text(url, sdk):
    """[X] Transfers had nobody to hear them, bulk acts always raised, releases broke the SDK's model, and
    wrong bulk requests were not answered. What owners and conflicts look like comes with resources."""
    many = [{"resource_id": "user-1", "metadata": {}, "force": False}]
    for act in (
        resources.register_resource(sdk, "owners", ["user-1"]),
        resources.register_resource(sdk, "owners", ["user-1"], {"user-1": {}}),
        resources.release_resource(sdk, "owners", ["user-1"]),
        resources.bulk_register_resource(sdk, "owners", many),
        resources.bulk_release_resource(sdk, "owners", ["user-1"]),
        resources.transfer_resource(sdk, "owners", ["user-1"], "instance_2"),
        resources.query_resources(sdk, "owners"),
    ):
        error = await raised(Exception, act)
        assert "resources come in a later version" in str(error), error
    for act, keys in RESOURCE_ACTS.items():
        for wrong in (
            {"resources": "none"},
            {"resource_ids": 7},
            {"resource_ids": ["user-1"]},
            {},
            {"service_name": "owners", "since": "2026-11-22T10:00:00+00:00", "more": [1, None]},
        ):
            reply = await sdk.ask(f"ipc.resource.{act}", wrong)
            assert reply["success"] is False and reply["trace_id"] == "unknown", reply
            assert isinstance(reply["error"]["code"], str) and reply["error"]["message"], reply
            assert keys <= reply.keys(), (act, reply)


async def what_cannot_be_decoded_is_answered_in_the_shape_that_is_read(url, sdk):
    """[X] The prototype dropped it, and its SDK waited for its time-out."""

    def told(reply):
        error = reply["error"]
        assert reply["success"] is False and isinstance(error["message"], str)
        return error["code"]

    def routed(reply):
        assert isinstance(reply["error"]["type"], str)
        return {500: "VALIDATION_ERROR"}[told(reply)]

    def enveloped(reply):
        assert reply["envelope"]["success"] is False and reply["data"] == {}
        return reply["envelope"]["error_code"]

    for subject, read in (
        ("ipc.route.request", routed),
        ("ipc.service.unregister", told),
        ("ipc.service.heartbeat", enveloped),
        ("ipc.message.status", told),
        ("ipc.resource.register", told),
        ("ipc.resource.query", told),
    ):
        for garbage in (b"", b"\xc1", b"\x81", pack([1]), pack(7)):
            message = await sdk.connection.request(subject, garbage, timeout=PATIENCE)
            reply = unpack(message.data)
            assert read(reply) == "VALIDATION_ERROR", (subject, garbage, reply)


CHECKS = [
    both_ways_to_answer_work,
    the_reply_always_has_all_eight_keys,
    odd_trace_ids_hurt_nobody,
    errors_become_the_exceptions_of_the_sdk,
    replies_that_cannot_be_read_are_named,
    integers_and_more_keys_are_fine,
    calls_run_side_by_side,
    nobody_listens_and_that_is_told_at_once,
    a_resource_that_nobody_owns_is_not_found,
    reliable_calls_are_refused_at_once,
    acks_and_questions_about_messages,
    acts_on_resources_raise_our_text,
    what_cannot_be_decoded_is_answered_in_the_shape_that_is_read,
]

"""Registration, roles, heartbeats and leaving: B.1.3.1 to B.1.3.3."""

import asyncio
from datetime import datetime, timezone

from sdk import FirstSdk, ServiceRegistrationError, beat, pack, unpack
from stage import Service, answers, connect, echo, eventually, raised


async def the_reply_is_flat_and_under_data(url, sdk):
    """[X] The prototype had no `data`, so that its SDK showed every active as STANDBY."""
    asked = {"service_name": " flat ", "instance_id": "inst01", "role": "active", "metadata": {}}
    extras = {"host": "localhost", "port": 8000, "trace_id": "a..b"}
    reply = await sdk.ask("ipc.service.register", asked | extras)
    for place in (reply, reply["data"]):
        assert place["success"] is True and place["role"] == "ACTIVE", reply
        assert (place["service_name"], place["instance_id"]) == ("flat", "inst01")
        assert place["message"] and "+00:00" in place["registered_at"]
    registration = await FirstSdk(sdk.connection).register("flat", role="active")
    assert registration.role == "ACTIVE" and registration.message
    age = datetime.now(timezone.utc) - registration.registered_at
    assert abs(age.total_seconds()) < 3600


async def a_duplicate_has_its_own_code(url, sdk):
    """[X] The prototype said ROLE_CONFLICT; its SDK has a case for DUPLICATE_INSTANCE."""
    async with Service(url, "duplicates", "instance_1", echo):
        error = await raised(
            ServiceRegistrationError, sdk.register("duplicates", "instance_1")
        )
        assert error.error_code == "DUPLICATE_INSTANCE"
        assert error.details["service_name"] == "duplicates"
        assert error.details["instance_id"] == "instance_1"
        assert error.details["conflicting_resource"] == "duplicates/instance_1"


async def a_second_active_conflicts_until_the_first_is_gone(url, sdk):
    """[X] The prototype's claim was never freed."""
    user = {"resource_id": "user-1"}
    first = Service(url, "roles", "instance_a", echo, role="active", metadata=user)
    async with first:
        assert first.registration.role == "ACTIVE"
        for service in ("roles", "other-roles"):
            error = await raised(
                ServiceRegistrationError, sdk.register(service, "instance_b", "active", user)
            )
            assert error.error_code == "ROLE_CONFLICT"
            assert "already has an active instance" in str(error)
            assert error.details["resource_id"] == "user-1"
            assert error.details["existing_service"] == "roles"
            assert error.details["existing_instance"] == "instance_a"
        standby = await sdk.register("roles", "instance_c", "standby", user)
        assert standby.role == "STANDBY"

    async def admitted():
        try:
            return await sdk.register("roles", "instance_b", "active", user)
        except ServiceRegistrationError as error:
            assert error.error_code == "ROLE_CONFLICT", error.error_code

    registration = await eventually("the role of a dead instance", admitted)
    assert registration.role == "ACTIVE"


async def wrong_registrations_are_told_what_is_wrong(url, sdk):
    """[X] The prototype called these INTERNAL_ERROR, and dropped what it could not decode."""
    for wrong in (
        {"service_name": "  "},
        {"instance_id": ""},
        {"instance_id": "a b"},
        {"role": "ACTIVE"},
        {"metadata": None},
    ):
        body = {"service_name": "s", "instance_id": "instance_1", "role": "standby", "metadata": {}}
        reply = await sdk.ask("ipc.service.register", body | wrong)
        assert reply["success"] is False
        error = reply["error"]
        assert error["code"] == "VALIDATION_ERROR" and isinstance(error["details"], dict)
        assert next(iter(wrong)) in error["message"], error
    for garbage in (b"", b"\xc1", pack([1]), pack(7)):
        message = await sdk.connection.request("ipc.service.register", garbage, timeout=5)
        assert unpack(message.data)["error"]["code"] == "VALIDATION_ERROR"


async def unregister_is_answered_whatever_id_it_names(url, sdk):
    """[X] The SDK names its default id, which may never have been registered; nobody listened."""
    await sdk.unregister("nobody")
    await sdk.register("leaving")
    await sdk.unregister("leaving")
    await raised(RuntimeError, sdk.call("leaving", "m"))


async def heartbeats_that_ask_get_the_envelope(url, sdk):
    async with Service(url, "beats", "inst02", echo):
        reply = await sdk.ask("ipc.service.heartbeat", beat("beats", "inst02"))
        envelope, data = reply["envelope"], reply["data"]
        assert envelope["success"] is True and isinstance(envelope["message"], str)
        datetime.fromisoformat(envelope["timestamp"])
        assert (data["service_name"], data["instance_id"]) == ("beats", "inst02")
        datetime.fromisoformat(data["updated_at"])
        for wrong, code in (
            ({"instance_id": "nobody"}, "NOT_FOUND"),
            ({"status": "splendid"}, "VALIDATION_ERROR"),
            ({"service_name": ""}, "VALIDATION_ERROR"),
        ):
            reply = await sdk.ask("ipc.service.heartbeat", beat("beats", "inst02") | wrong)
            assert reply["envelope"]["success"] is False and reply["data"] == {}, reply
            assert reply["envelope"]["error_code"] == code, reply


async def its_own_word_about_its_health_is_heard(url, sdk):
    """[X] The prototype left an instance that calls itself unhealthy in use: ours does not."""
    connection = await connect(url)
    quiet = FirstSdk(connection)

    async def answer(message):
        await message.respond(pack({"success": True, "result": 1}))

    await connection.subscribe(f"ipc.instance.{quiet.default_id}.inbox", cb=answer)
    await connection.flush()
    await quiet.register("moody")
    assert await sdk.call("moody", "m") == 1
    unwell = beat("moody", quiet.default_id) | {"status": "unhealthy"}
    await quiet.ask("ipc.service.heartbeat", unwell)
    await raised(RuntimeError, sdk.call("moody", "m"))
    await quiet.ask("ipc.service.heartbeat", beat("moody", quiet.default_id))
    assert await sdk.call("moody", "m") == 1
    await connection.close()


async def heartbeats_without_reply_outlast_a_lease(url, sdk):
    """Three seconds is the lease of this router; what is silent for longer is found out."""
    connection = await connect(url)
    silent = FirstSdk(connection)
    async with Service(url, "lasting", "instance_1", answers({"success": True, "result": 1})):
        await connection.subscribe(f"ipc.instance.{silent.default_id}.inbox")
        await connection.flush()
        await silent.register("silent")

        async def found_out():
            try:
                await sdk.call("silent", "m", timeout=0.1)
            except RuntimeError:
                return True
            except TimeoutError:
                return False

        await eventually("the end of a lease", found_out)
        assert await sdk.call("lasting", "m") == 1
    await connection.close()
    await asyncio.sleep(0)


CHECKS = [
    the_reply_is_flat_and_under_data,
    a_duplicate_has_its_own_code,
    a_second_active_conflicts_until_the_first_is_gone,
    wrong_registrations_are_told_what_is_wrong,
    unregister_is_answered_whatever_id_it_names,
    heartbeats_that_ask_get_the_envelope,
    its_own_word_about_its_health_is_heard,
    heartbeats_without_reply_outlast_a_lease,
]

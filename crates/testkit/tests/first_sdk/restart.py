"""The router restarts, and nobody registers again: the SDK of the first AegisIPC never does."""

import asyncio
import sys

import nats.errors
from stage import Service, echo, eventually


async def instances_are_taken_back_by_their_heartbeats(url, sdk):
    """[X] After a restart of the prototype every call was 404 until the services were restarted."""
    async with (
        Service(url, "adopted", "instance_1", echo),
        Service(url, "adopted", "inst02", echo, derived=True),
    ):
        assert await sdk.call("adopted", "m", {"n": 1}) == {"n": 1}
        print("restart", flush=True)
        answer = await asyncio.to_thread(sys.stdin.readline)
        assert answer == "restarted\n", answer

        async def both_are_back():
            tried = [await called(sdk, excluded) for excluded in ("instance_1", "inst02")]
            return all(tried)

        await eventually("both instances to be called again", both_are_back)


async def called(sdk, excluded):
    try:
        return await sdk.call("adopted", "m", {"n": 2}, excluded=[excluded]) == {"n": 2}
    # Not connected yet, not known yet (404), not in use yet (503), lost with the router (time-out).
    except (nats.errors.Error, ValueError, RuntimeError, TimeoutError):
        return False


CHECKS = [instances_are_taken_back_by_their_heartbeats]

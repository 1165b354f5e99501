"""Services of the first AegisIPC, and waiting for what must come."""

import asyncio
import contextlib
import time

import nats
from sdk import FirstSdk, pack, unpack

PATIENCE = 30

# The router of this test grants leases of 3 s.
HEARTBEAT_EVERY = 0.5


async def connect(url):
    return await nats.connect(
        url, reconnect_time_wait=0.05, max_reconnect_attempts=-1, error_cb=quiet
    )


async def quiet(_):
    """While the router restarts, every attempt to connect is an error."""


async def eventually(what, condition):
    """What `condition` gives, once it gives something."""
    end = time.monotonic() + PATIENCE
    while True:
        found = await condition()
        if found:
            return found
        assert time.monotonic() < end, f"waited {PATIENCE} s for {what}"
        await asyncio.sleep(0.02)


async def raised(kind, awaitable):
    """The exception of exactly this kind."""
    try:
        result = await awaitable
    except Exception as error:
        assert type(error) is kind, f"{type(error).__name__} instead of {kind.__name__}: {error}"
        return error
    raise AssertionError(f"{kind.__name__} expected, and got {result!r}")


class Service:
    """A process of its own connection: an inbox, a registration, heartbeats without reply.

    `handler` gets the map from the inbox and gives the map to answer with. With `derived` the answer goes
    to the subject made of `correlation_id` and not to the reply subject, as three of the demos do it.
    """

    def __init__(self, url, name, instance_id, handler, derived=False, role=None, metadata=None):
        self.url, self.name, self.instance_id = url, name, instance_id
        self.handler, self.derived = handler, derived
        self.role, self.metadata = role, metadata
        self.received = []
        self.running = self.most_at_once = 0
        self.tasks = set()

    async def __aenter__(self):
        self.connection = await connect(self.url)
        self.sdk = FirstSdk(self.connection)
        inbox = f"ipc.instance.{self.instance_id}.inbox"
        await self.connection.subscribe(inbox, cb=self.on_message)
        await self.connection.flush()
        self.registration = await self.sdk.register(
            self.name, self.instance_id, self.role, self.metadata
        )
        self.spawn(self.beat_for_ever())
        return self

    async def __aexit__(self, *_):
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)
        await self.connection.close()

    def spawn(self, work):
        task = asyncio.create_task(work)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def beat_for_ever(self):
        while True:
            with contextlib.suppress(nats.errors.Error):
                await self.sdk.heartbeat(self.name, self.instance_id)
            await asyncio.sleep(HEARTBEAT_EVERY)

    async def on_message(self, message):
        """nats-py hands over one message at a time: the work goes elsewhere."""
        self.spawn(self.work(message))

    async def work(self, message):
        request = unpack(message.data)
        self.received.append((request, message.reply))
        self.running += 1
        self.most_at_once = max(self.most_at_once, self.running)
        try:
            reply = await self.handler(request)
        finally:
            self.running -= 1
        body = reply if isinstance(reply, bytes) else pack(reply)
        to = f"ipc.response.{request['correlation_id']}" if self.derived else message.reply
        await self.connection.publish(to, body)


def answers(reply):
    async def handler(_):
        return reply

    return handler


async def echo(request):
    return {"success": True, "result": request["params"]}


async def never(_):
    await asyncio.Event().wait()

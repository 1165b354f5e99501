"""A service of AegisIPC from the wire alone: nats-py carries, msgpack encodes, the rest is here.

What it keeps to is in docs/reference/wire.md. Start it as often as you like; end it with Ctrl-C or SIGTERM.
"""

import asyncio
import os
import secrets
import signal
import time

import msgpack
import nats
from nats.errors import Error as NatsError

SERVICE = "greeter"
INSTANCE = os.environ.get("INSTANCE", f"{SERVICE}-{secrets.token_hex(4)}")
# This life of the process: a later start must give a greater number, and reconnects keep it.
INCARNATION = int(time.time() * 1000) << 16 | secrets.randbits(16)
HEARTBEAT_MS = 1000
NEVER = 1 << 63


class Failure(Exception):
    """An error of the service's own: it reaches the caller with its code."""

    def __init__(self, code, error_code, message, retryable=False):
        super().__init__(message)
        self.fields = error(type(self).__name__, message, code, error_code, retryable)


def error(type_name, message, code, error_code, retryable=False):
    return {"type": type_name, "message": message, "code": code, "error_code": error_code, "retryable": retryable}


async def greet(params):
    return f"Hello {params['name']} from {INSTANCE}"


async def charge(params):
    raise Failure(402, "CARD_DECLINED", f"the card does not cover {params['amount']}")


async def nap(params):
    await asyncio.sleep(params["seconds"])
    return f"slept {params['seconds']} s"


METHODS = {
    "greet": (greet, "idempotent"),
    "charge": (charge, "at_most_once"),
    "nap": (nap, "idempotent"),
}


class Instance:
    def __init__(self, connection):
        self.connection = connection
        self.lease_token = None  # None: not registered
        self.router_clock = None  # the router's clock minus ours, ms; known from the first heartbeat on
        self.draining = False
        self.running = set()

    async def on_message(self, message):
        """Something came to the inbox. Never waits: the next message may be a probe."""
        body = msgpack.unpackb(message.data, strict_map_key=False)
        kind = body.get("kind", "call")
        if not message.reply.startswith("ipc.response.") or kind not in ("call", "probe"):
            return  # not from a router, or of a kind that is newer than this program
        if kind == "probe":
            if body.get("incarnation") == INCARNATION:
                await self.answer(message, kind="probe_ack")
        elif refusal := self.refusal(body):
            fields = error("Refused", refusal[1], 503, refusal[0], retryable=True)
            await self.answer(message, kind="refused", success=False, error=fields, outcome="not_run")
        else:
            task = asyncio.create_task(self.run(message, body))
            self.running.add(task)
            task.add_done_callback(self.running.discard)

    def refusal(self, call):
        """Why a call must not be started. It proves that it did not run: the router tries another instance."""
        if self.draining:
            return "DRAINING", "this instance takes no new work"
        if call.get("incarnation") != INCARNATION:
            return "WRONG_INCARNATION", "this is another life of the instance"
        if call["method"] not in METHODS:
            return "UNKNOWN_METHOD", f"no method {call['method']!r} here"
        if self.router_clock is not None and call.get("deadline_ms", NEVER) <= now_ms() + self.router_clock:
            return "EXPIRED", "the deadline of this attempt has passed"
        return None

    async def run(self, message, call):
        handler, _ = METHODS[call["method"]]
        try:
            await self.answer(message, success=True, result=await handler(call["params"]))
        except Failure as failure:
            await self.answer(message, success=False, error=failure.fields, outcome="ran")
        except Exception as mistake:
            fields = error(type(mistake).__name__, str(mistake), 500, "HANDLER_ERROR")
            await self.answer(message, success=False, error=fields, outcome="ran")

    async def answer(self, message, **body):
        await self.connection.publish(message.reply, msgpack.packb({**body, "incarnation": INCARNATION}))

    async def ask(self, act, **body):
        """One request to the router about this instance; None if nobody answered."""
        body = {"service_name": SERVICE, "instance_id": INSTANCE, "incarnation": INCARNATION, **body}
        subject = f"ipc.service.{act}.{SERVICE}.{INSTANCE}"
        try:
            reply = await self.connection.request(subject, msgpack.packb(body), timeout=5)
        except (NatsError, asyncio.TimeoutError):  # no router, no connection, or silence
            return None
        return msgpack.unpackb(reply.data, strict_map_key=False)

    async def register(self):
        """The inbox is subscribed by now: the router asks it before it says yes."""
        methods = [{"name": name, "safety": safety} for name, (_, safety) in METHODS.items()]
        reply = await self.ask("register", protocol=1, methods=methods, heartbeat_interval_ms=HEARTBEAT_MS)
        if reply is None:
            return
        if reply["success"]:
            self.lease_token = reply["lease_token"]
            print(f"registered {INSTANCE}", flush=True)
            await self.heartbeat()  # for the router's clock
        else:
            print(f"refused: {reply['error']['code']}: {reply['error']['message']}", flush=True)
            if not reply["error"]["retryable"]:
                raise SystemExit("refused for good")

    async def heartbeat(self):
        lifecycle, in_flight = "draining" if self.draining else "serving", len(self.running)
        reply = await self.ask("heartbeat", lease_token=self.lease_token, lifecycle=lifecycle, in_flight=in_flight)
        if reply is None:
            return  # the next one may arrive; the lease lasts for several
        if reply["success"]:
            self.router_clock = reply["router_now_ms"] - now_ms()
        elif reply["error_code"] in ("STALE_INCARNATION", "EVICTED"):
            raise SystemExit(f"stopped: {reply['message']}")
        else:  # UNKNOWN_INSTANCE: the router was started anew, or the lease ended meanwhile
            self.lease_token = None

    async def live(self, stop):
        """Registers whenever it is not registered, and renews the lease otherwise."""
        while not stop.is_set():
            await (self.register() if self.lease_token is None else self.heartbeat())
            try:
                await asyncio.wait_for(stop.wait(), HEARTBEAT_MS / 1000)
            except asyncio.TimeoutError:
                pass

    async def leave(self):
        """Says first that it wants no more, finishes what runs, and deregisters."""
        self.draining = True
        if self.lease_token is not None:
            await self.heartbeat()
            while self.running:
                await asyncio.wait(self.running)
            await self.ask("unregister", lease_token=self.lease_token)
        await self.connection.drain()
        print(f"left {INSTANCE}", flush=True)


def now_ms():
    return int(time.monotonic() * 1000)


async def main():
    async def on_error(error):
        print(f"connection: {error!r}", flush=True)

    url = os.environ.get("NATS_URL", "nats://127.0.0.1:4222")
    connection = await nats.connect(url, max_reconnect_attempts=-1, reconnect_time_wait=0.2, error_cb=on_error)
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    instance = Instance(connection)
    await connection.subscribe(f"ipc.inbox.{SERVICE}.{INSTANCE}.{INCARNATION}", cb=instance.on_message)
    await connection.flush()  # the subscription is in force when the broker has answered
    await instance.live(stop)
    await instance.leave()


if __name__ == "__main__":
    asyncio.run(main())

"""What a plain nats-py client expects of a NATS server. Prints `ok` if all of it holds."""

import asyncio
import sys

import nats
from nats.errors import NoRespondersError

PATIENCE = 20


async def request_and_reply(client, other):
    async def answer(message):
        await message.respond(message.data.upper())

    subscription = await other.subscribe("echo", cb=answer)
    await other.flush()
    replies = await asyncio.gather(
        *(client.request("echo", b"n%d" % n, timeout=PATIENCE) for n in range(100))
    )
    assert [reply.data for reply in replies] == [b"N%d" % n for n in range(100)]
    await subscription.unsubscribe()
    await other.flush()


async def no_responders(client):
    try:
        await client.request("nobody", b"", timeout=PATIENCE)
    except NoRespondersError:
        return
    raise AssertionError("a request to nobody was not refused")


async def headers(client, other):
    subscription = await other.subscribe("with.headers")
    await other.flush()
    await client.publish("with.headers", b"body", headers={"traceparent": "00-1", "k": "v"})
    message = await subscription.next_msg(timeout=PATIENCE)
    assert message.data == b"body"
    assert message.headers == {"traceparent": "00-1", "k": "v"}, message.headers


async def queue_group(client, other):
    got = {1: 0, 2: 0}

    def count(member):
        async def taken(_):
            got[member] += 1

        return taken

    await other.subscribe("queue.*", queue="q", cb=count(1))
    await client.subscribe("queue.*", queue="q", cb=count(2))
    await other.flush()
    for n in range(200):
        await client.publish(f"queue.{n}", b"")
    for connection in (client, other, client, other):
        await connection.flush()
    async with asyncio.timeout(PATIENCE):
        while sum(got.values()) < 200:
            await asyncio.sleep(0)
    assert sum(got.values()) == 200 and min(got.values()) > 20, got


async def wildcards_and_maximum(client, other):
    everything = await other.subscribe("w.>")
    two = await other.subscribe("w.*")
    await two.unsubscribe(limit=2)
    await other.flush()
    for subject in ("w.1", "w.2.x", "w.3", "w.4"):
        await client.publish(subject, b"")
    subjects = [(await everything.next_msg(timeout=PATIENCE)).subject for _ in range(4)]
    assert subjects == ["w.1", "w.2.x", "w.3", "w.4"], subjects
    subjects = [(await two.next_msg(timeout=PATIENCE)).subject for _ in range(2)]
    assert subjects == ["w.1", "w.3"], subjects


async def large_message(client, other):
    subscription = await other.subscribe("large")
    await other.flush()
    body = bytes(range(256)) * 4096
    await client.publish("large", body)
    assert (await subscription.next_msg(timeout=PATIENCE)).data == body


async def main(url):
    client, other = await nats.connect(url), await nats.connect(url)
    await request_and_reply(client, other)
    await no_responders(client)
    await headers(client, other)
    await queue_group(client, other)
    await wildcards_and_maximum(client, other)
    await large_message(client, other)
    await other.drain()
    await client.drain()
    print("ok")


asyncio.run(main(sys.argv[1]))

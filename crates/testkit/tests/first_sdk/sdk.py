"""What the SDK of the first AegisIPC puts on the wire, and what it makes of the answers.

Written from the contract, not from its code: the maps it sends with exactly their keys, the keys that
it reads with its defaults, and the exceptions that it raises. Plain nats-py and msgpack.
"""

import asyncio
import uuid
from datetime import datetime, timezone

import msgpack
import nats.errors


class ServiceRegistrationError(Exception):
    def __init__(self, message, error_code=None, details=None):
        super().__init__(message)
        self.error_code = error_code
        self.details = details or {}


class ResourceNotFoundError(Exception):
    pass


class ResourceConflictError(Exception):
    pass


class AcknowledgmentTimeoutError(Exception):
    pass


def pack(value):
    return msgpack.packb(value, use_bin_type=True)


def unpack(body):
    """The strict rule about map keys is the library's default: an integer key does not decode."""
    value = msgpack.unpackb(body, raw=False)
    return value if isinstance(value, dict) else {"data": value}


def trace_id(kind="trace"):
    return f"{kind}_{uuid.uuid4().hex[:16]}"


class Registration:
    """Only the nested `data` is read."""

    def __init__(self, reply, service_name, instance_id):
        data = reply.get("data") or {}
        self.success = data.get("success", True)
        self.service_name = data.get("service_name", service_name)
        self.instance_id = data.get("instance_id", instance_id)
        self.role = data.get("role", "STANDBY")
        self.message = data.get("message", "")
        # The SDK takes its own clock if this fails, and says nothing: here it must not fail.
        self.registered_at = datetime.fromisoformat(data["registered_at"])


class FirstSdk:
    def __init__(self, connection, timeout=5.0):
        self.connection = connection
        self.timeout = timeout
        self.default_id = f"instance_{uuid.uuid4().hex[:8]}"
        self.reliable_tries = 0

    async def ask(self, subject, body, timeout=None):
        message = await self.connection.request(
            subject, pack(body), timeout=timeout or self.timeout
        )
        return unpack(message.data)

    async def register(self, service_name, instance_id=None, role=None, metadata=None):
        instance_id = instance_id or self.default_id
        reply = await self.ask(
            "ipc.service.register",
            {
                "service_name": service_name,
                "instance_id": instance_id,
                "role": role or "standby",
                "metadata": metadata or {},
            },
        )
        if not reply.get("success", True):
            error = reply.get("error")
            if error:
                raise ServiceRegistrationError(error["message"], error["code"], error.get("details"))
            raise ServiceRegistrationError(reply.get("message"))
        return Registration(reply, service_name, instance_id)

    async def unregister(self, service_name):
        """Names its default id, whatever it registered as. What is answered does not matter."""
        await self.ask(
            "ipc.service.unregister",
            {"service_name": service_name, "instance_id": self.default_id},
        )

    async def heartbeat(self, service_name, instance_id):
        """Without a reply subject."""
        await self.connection.publish(
            "ipc.service.heartbeat", pack(beat(service_name, instance_id))
        )

    def request(self, service_name, method, params, timeout, trace, resource_id, excluded):
        body = {
            "service_name": service_name,
            "method": method,
            "params": params or {},
            "timeout": timeout,
            "trace_id": trace or trace_id(),
            "message_id": str(uuid.uuid4()),
        }
        if resource_id is not None:
            body["resource_id"] = resource_id
        if excluded:
            body["excluded_instances"] = excluded
        return body

    async def call(
        self, service_name, method, params=None, timeout=None, trace=None, resource_id=None, excluded=None
    ):
        timeout = timeout or self.timeout
        body = self.request(service_name, method, params, timeout, trace, resource_id, excluded)
        reply = await self.ask("ipc.route.request", body, timeout)
        return outcome(reply, resource_id)

    async def made_of(self, reply):
        """What a call becomes that was answered with this."""
        return outcome(reply)

    async def call_reliable(
        self, service_name, method, params=None, resource_id=None, ack_timeout=30.0, max_retries=3
    ):
        """Waits for the ack also after an error; tries again only after a time-out."""
        trace, delay = trace_id(), 1.0
        for retries_left in reversed(range(max_retries + 1)):
            self.reliable_tries += 1
            body = self.request(
                service_name, method, params, self.timeout, trace, resource_id, None
            )
            body["require_ack"] = True
            acks = await self.connection.subscribe(f"ipc.ack.{body['message_id']}")
            try:
                reply = await self.ask("ipc.route.request", body)
                try:
                    ack = unpack((await acks.next_msg(timeout=ack_timeout)).data)
                except nats.errors.TimeoutError as silent:
                    raise AcknowledgmentTimeoutError(body["message_id"]) from silent
                if ack.get("status") != "success":
                    raise Exception(f"Acknowledgment failed: {ack.get('error_message')}")
                return outcome(reply, resource_id)
            except (TimeoutError, AcknowledgmentTimeoutError):
                if retries_left == 0:
                    raise
            finally:
                await acks.unsubscribe()
            await asyncio.sleep(delay)
            delay *= 2.0

    async def send_acknowledgment(self, message_id, service_name, status, error_message=None):
        ack = {
            "message_id": message_id,
            "service_name": service_name,
            "instance_id": self.default_id,
            "status": status,
            "error_message": error_message,
            "processing_time_ms": 0.0,
            "trace_id": trace_id("ack"),
        }
        await self.connection.publish(f"ipc.ack.{message_id}", pack(ack))

    async def query_message_status(self, message_id):
        return await self.ask(
            "ipc.message.status", {"message_id": message_id, "trace_id": trace_id("status")}
        )


def beat(service_name, instance_id):
    return {
        "service_name": service_name,
        "instance_id": instance_id,
        "timestamp": datetime.now(timezone.utc).isoformat(),
        "status": "healthy",
    }


def outcome(reply, resource_id=None):
    """The result, or the exception that the error becomes."""
    if reply.get("success", False):
        return reply.get("result")
    error = reply.get("error", {})
    code, text = error.get("code", 500), error.get("message", "")
    if code == 404 and resource_id and "resource" in text.lower():
        raise ResourceNotFoundError(text)
    if code == 404:
        raise ValueError(text)
    if code == 503:
        raise RuntimeError(text)
    if code == 504:
        raise TimeoutError(text)
    raise Exception(f"{error.get('type')}: {text}")

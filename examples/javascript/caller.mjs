// A caller of AegisIPC from the wire alone: @nats-io/transport-node carries, @msgpack/msgpack encodes, the rest is
// here. What it keeps to is in docs/reference/wire.md.
//
//     node caller.mjs              one greeting, one error, one unknown name
//     node caller.mjs --for-ever   a greeting every 50 ms until SIGTERM or Ctrl-C, then how many failed

import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { connect, errors } from "@nats-io/transport-node";
import { decode, encode } from "@msgpack/msgpack";

// 64-bit numbers (incarnations) do not fit into a number of JavaScript.
const BIG = { useBigInt64: true };
const STRICT_TOKEN = /^[A-Za-z0-9_-]{1,64}$/;

/** Why there is no result: what went wrong, whether the handler ran, and whether trying again later may help. */
class CallError extends Error {
  constructor({ message, error_code, code, outcome, retryable, retry_after_ms, attempts }) {
    super(message);
    Object.assign(this, { error_code, code, outcome, retryable, retry_after_ms, attempts: attempts ?? [] });
  }
}

/** What this side finds out by itself: 503 proves that no router took the call, the others prove nothing. */
const NO_ROUTER = { message: "no router", error_code: "NO_RESPONDERS", code: 503, outcome: "not_run", retryable: true };
const SILENCE = { message: "silence", error_code: "DEADLINE_EXCEEDED", code: 504, outcome: "unknown", retryable: true };
const LOST = { ...SILENCE, message: "lost the broker", error_code: "OUTCOME_UNKNOWN", code: 500 };

class Caller {
  retries = 0;
  #connected = true;
  #inFlight = new Set();

  constructor(connection) {
    this.connection = connection;
    this.#watch();
  }

  /** The client library lets requests wait when the connection is lost, and drops what is sent meanwhile. */
  async #watch() {
    for await (const { type } of this.connection.status()) {
      if (type === "reconnect") this.#connected = true;
      if (type !== "disconnect") continue;
      this.#connected = false;
      this.#inFlight.forEach((fail) => fail(new CallError(LOST)));
    }
  }

  /**
   * Calls `service`.`method` and gives its result. The router already moves a call to another instance where that is
   * safe; sent again from here is only what provably did not run, and, if the caller says that twice does no harm
   * (`idempotent`), what may have run.
   */
  async call(service, method, params, { timeout = 5000, idempotent = false } = {}) {
    const deadline = performance.now() + timeout;
    const message_id = randomUUID(); // one for the act, the same on every try
    let mayHaveRun = false; // one try that may have run is not undone by a later one that did not
    for (let pause = 20; ; pause = Math.min(2 * pause, 500)) {
      try {
        return await this.send(service, method, params, message_id, deadline, idempotent);
      } catch (error) {
        if (!(error instanceof CallError)) throw error;
        mayHaveRun ||= error.outcome === "unknown";
        const safe = error.outcome === "not_run" || (idempotent && error.outcome === "unknown");
        const wait = Math.max(error.retry_after_ms ?? 0, pause * (0.5 + Math.random()));
        if (!error.retryable || !safe || performance.now() + wait >= deadline) {
          if (mayHaveRun && error.outcome === "not_run") error.outcome = "unknown";
          throw error;
        }
        this.retries += 1;
        await sleep(wait);
      }
    }
  }

  async send(service, method, params, message_id, deadline, idempotent) {
    if (!this.#connected) throw new CallError(NO_ROUTER);
    const timeout_ms = Math.max(0, Math.ceil(deadline - performance.now()));
    const request = {
      service_name: service, method, params, message_id, timeout_ms,
      protocol: 1, retry: idempotent ? "unknown" : "proof", caller: "caller.mjs",
    };
    const plain = "ipc.route.request"; // takes any name; the refined one lets permissions say who may call what
    const refined = [service, method].every((name) => STRICT_TOKEN.test(name));
    const subject = refined ? `${plain}.${service}.${method}` : plain;
    let fail, reply;
    const lost = new Promise((_, reject) => this.#inFlight.add((fail = reject)));
    try {
      // A little longer than the deadline: the router ends the call then, and its word says what is known.
      const answer = this.connection.request(subject, encode(request, BIG), { timeout: timeout_ms + 500 });
      reply = await Promise.race([answer, lost]);
    } catch (error) {
      if (error instanceof errors.RequestError && error.isNoResponders()) throw new CallError(NO_ROUTER);
      if (error instanceof errors.TimeoutError) throw new CallError(SILENCE);
      throw error;
    } finally {
      this.#inFlight.delete(fail);
    }
    const body = decode(reply.data, BIG);
    if (body.success) return body.result;
    throw new CallError(body.error);
  }
}

async function tell(promise) {
  try {
    console.log(await promise);
  } catch (error) {
    if (!(error instanceof CallError)) throw error;
    const { error_code, code, outcome, retryable } = error;
    console.log(`${error_code} ${code} outcome=${outcome} retryable=${retryable}: ${error.message}`);
  }
}

const servers = process.env.NATS_URL ?? "nats://127.0.0.1:4222";
const connection = await connect({ servers, maxReconnectAttempts: -1, reconnectTimeWait: 200 });
const caller = new Caller(connection);

if (process.argv.includes("--for-ever")) {
  const count = { calls: 0, failed: 0 };
  let going = true;
  for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => (going = false));
  for (let last; going; await sleep(50)) {
    count.calls += 1;
    try {
      const greeting = await caller.call("greeter", "greet", { name: "Ada" }, { idempotent: true });
      if (greeting !== last) console.log(greeting);
      last = greeting;
    } catch (error) {
      count.failed += 1;
      console.log(`failed: ${error.error_code ?? error}: ${error.message}`);
    }
  }
  console.log(`calls=${count.calls} failed=${count.failed} retries=${caller.retries}`);
} else {
  await tell(caller.call("greeter", "greet", { name: "Ada" }, { idempotent: true }));
  await tell(caller.call("greeter", "charge", { amount: 12 }));
  await tell(caller.call("nobody", "greet", {}, { timeout: 500 }));
}
await connection.close();

"""A client of the first AegisIPC against our router. Prints each check that holds, and `ok` at the end.

Its SDK is not at hand; `sdk.py` does on the wire what its contract says. Every fact of the contract that
somebody saw by running it is a check here, marked [X]: how it was, and what our router does now. Of
these, three have no check:

- several routers run a call as often as there are routers: one router here; the queue group is tested with the
  subjects;
- a request for a list of resources that fails half-way, and a release by somebody who is not the owner: there are no
  resources yet;
- a loop of heartbeats that ends at the first error, and ids that the SDK mixes up, are its own affair; what
  reaches the wire of it is checked.
"""

import asyncio
import sys

import calls
import registration
import restart
from sdk import FirstSdk
from stage import connect


async def main(url):
    connection = await connect(url)
    sdk = FirstSdk(connection)
    for check in registration.CHECKS + calls.CHECKS + restart.CHECKS:
        await check(url, sdk)
        print(check.__name__, flush=True)
    await connection.close()
    print("ok", flush=True)


asyncio.run(main(sys.argv[1]))

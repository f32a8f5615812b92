"""A server that gives every request the same answer, pinned to a core; started by `benchmarks.clients`.

It never sleeps. Waking a sleeping server costs its client 5 µs in the kernel, more on a virtual machine; a client that
keeps the server busy never pays that, a slower one does, and would look slower than it is.
"""

from __future__ import annotations

import asyncio
import os
import sys
from typing import Any

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nServer: answering\r\nContent-Length: 2\r\n\r\nok"


class Answering(asyncio.Protocol):
    """One request comes in one piece: that is all that the clients here send."""

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def data_received(self, _: bytes) -> None:
        self.transport.write(ANSWER)


async def serve() -> None:
    """Serve until this process is ended."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Answering, "127.0.0.1", 0, backlog=4096)
    print(server.sockets[0].getsockname()[1], flush=True)

    def stay_awake() -> None:
        loop.call_soon(stay_awake)

    stay_awake()
    await server.serve_forever()


if __name__ == "__main__":
    os.sched_setaffinity(0, {int(sys.argv[1])})
    try:
        import uvloop
    except ImportError:
        asyncio.run(serve())
    else:
        uvloop.run(serve())

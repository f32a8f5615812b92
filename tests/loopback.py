"""A scripted server on the loopback interface: what it does to the n-th request (or dial) stands in a list."""

from __future__ import annotations

import asyncio
import errno
import socket
import struct
from collections.abc import Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from typing import Any, NamedTuple

from chaos.clock import RunClock
from chaos.transport import Attempt, Pool, Target
from chaos.transport.dial import Address, Dialler
from sim.policy import Reply
from sim.spec.traffic import Transport

__all__ = [
    "LOOPBACK", "TICK_S", "Act", "Heard", "Place", "Script", "ScriptedDialler", "attempt", "closed_port", "deaf_port",
    "pool_to", "serving", "until",
]  # fmt: skip

LOOPBACK = "127.0.0.1"
TICK_S = 1e-3
"""How early a timer of uvloop may fire: libuv counts in whole milliseconds, from the loop's last look at the clock.

Measured with uvloop 0.23.0: up to 0.73 ms in 200 timers. A law about a limit of 50 ms says as much with 49.
"""


class Act(NamedTuple):
    """`does`: answer, reset (RST), close (FIN), cut (half an answer, FIN), silence; to a dial: refuse, deaf, no-route.

    An answer's `raw` replaces what would be sent; `closes`: the server ends the connection after it, unannounced.
    """

    does: str = "answer"
    after_s: float = 0.0
    status: int = 200
    retry_after_s: float | None = None
    raw: bytes | None = None
    closes: bool = False

    def answer(self) -> bytes:
        if self.raw is not None:
            return self.raw
        wish = "" if self.retry_after_s is None else f"X-Amz-Retry-After: {self.retry_after_s * 1000:.0f}\r\n"
        return f"HTTP/1.1 {self.status} Said\r\n{wish}Content-Length: 2\r\n\r\nok".encode()


class Script:
    """Gives out acts in order, the last one again and again; `next` looks without taking."""

    def __init__(self, acts: Sequence[Act]) -> None:
        self._acts, self.taken = acts, 0

    def next(self) -> Act:
        return self._acts[min(self.taken, len(self._acts) - 1)]

    def take(self) -> Act:
        act = self.next()
        self.taken += 1
        return act


class Scripted(asyncio.Protocol):
    """The server's end of one connection. `seen` collects what came, connection by connection."""

    def __init__(self, script: Script, seen: list[bytes]) -> None:
        self._script, self._seen = script, seen
        self._transport: Any = None
        self._data = b""

    def connection_made(self, transport: Any) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._data += data
        head, ends, body = self._data.partition(b"\r\n\r\n")
        length = int(next((line[16:] for line in head.split(b"\r\n") if line.startswith(b"Content-Length: ")), b"0"))
        if ends and len(body) >= length:
            self._seen.append(self._data)
            self._data = b""
            act = self._script.take()
            asyncio.get_running_loop().call_later(act.after_s, self._act, act)

    def _act(self, act: Act) -> None:
        if self._transport.is_closing():
            return
        if act.does == "reset":
            linger = struct.pack("ii", 1, 0)
            self._transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            self._transport.abort()
        elif act.does == "cut":
            self._transport.write(b"HTTP/1.1 200 Said\r\nContent-Length: 100\r\n\r\nhalf")
            self._transport.close()
        elif act.does == "close":
            self._transport.close()
        elif act.does == "answer":
            self._transport.write(act.answer())
            if act.closes:
                self._transport.close()


class ScriptedDialler(Dialler):
    """Dials somewhere else where the script says so: `elsewhere`, by what an act does."""

    script: Script
    elsewhere: dict[str, Address]

    async def addresses(self, loop: asyncio.AbstractEventLoop) -> list[Address]:
        address = self.elsewhere.get(self.script.next().does)
        if address is None:
            return await super().addresses(loop)
        self.script.take()
        return [address]


class Place(NamedTuple):
    """A server that runs: its port, what it saw so far, and its script."""

    port: int
    seen: list[bytes]
    script: Script


@asynccontextmanager
async def serving(*acts: Act, ssl: Any = None) -> Any:
    """Serve a script; yields a Place."""
    script, seen = Script(acts or (Act(),)), list[bytes]()
    server = await asyncio.get_running_loop().create_server(lambda: Scripted(script, seen), LOOPBACK, 0, ssl=ssl)
    try:
        yield Place(server.sockets[0].getsockname()[1], seen, script)
    finally:
        server.close()


@contextmanager
def closed_port() -> Iterator[int]:
    """Hold a port that nobody listens on."""
    with socket.socket() as held:
        held.bind((LOOPBACK, 0))
        yield held.getsockname()[1]


@contextmanager
def deaf_port() -> Iterator[int]:
    """Hold a port whose queue of connections is full: further SYNs get no answer."""
    with socket.socket() as listener:
        listener.bind((LOOPBACK, 0))
        listener.listen(0)
        fillers = [socket.socket() for _ in range(4)]
        try:
            for filler in fillers:
                filler.setblocking(False)
                assert filler.connect_ex(listener.getsockname()) in (0, errno.EINPROGRESS)
            yield listener.getsockname()[1]
        finally:
            for filler in fillers:
                filler.close()


class Heard:
    """A caller that keeps what it hears."""

    def __init__(self) -> None:
        self.reply: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        self.cancels: list[Reply] = []

    def answered(self, attempt: Attempt, reply: Reply, now_s: float) -> None:
        self.reply.set_result(reply)

    def cancelled(self, attempt: Attempt, reply: Reply) -> None:
        self.cancels.append(reply)

    def goes_on_as(self, attempt: Attempt, fresh: Attempt) -> None:
        pass


async def until(true: Callable[[], bool]) -> None:
    """Wait until something is true, at most five seconds."""
    async with asyncio.timeout(5):
        while not true():
            await asyncio.sleep(0.001)


async def attempt(pool: Pool, limit_s: float | None = None) -> Reply:
    """Make one attempt and wait for its reply."""
    heard = Heard()
    pool.send(Attempt(heard, pool, 0, pool.clock.now()), limit_s)
    return await asyncio.wait_for(heard.reply, 5)


@asynccontextmanager
async def pool_to(port: int, *, target: dict[str, Any] | None = None, **transport: Any) -> Any:
    """Keep a pool to a port of this machine; what ends a run fails the test. Its limits are seconds, not minutes."""
    errors: list[BaseException] = []
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _, context: errors.append(context.get("exception") or RuntimeError(context)))
    to = Target(**({"host": LOOPBACK, "port": port} | (target or {})))
    pool = Pool(loop, RunClock(), to, Transport.model_validate({"total_timeout": 3.0} | transport), errors.append)
    try:
        yield pool
        await asyncio.sleep(0.001)
    finally:
        await pool.close()
        loop.set_exception_handler(None)
    assert errors == []

"""Setting up a connection: name, TCP, TLS, the first two under the dial's limit, the last under its own."""

from __future__ import annotations

import asyncio
import math
import socket
from collections.abc import Callable
from typing import NamedTuple

from chaos.clock import RunClock
from chaos.transport.connection import Connection
from chaos.transport.target import Target

__all__ = ["Address", "Dialled", "Dialler"]

LEAST_S = 2.0
"""The least that one of several addresses gets. Source: Go 1.26 net/dial.go partialDeadline, saneMinimum."""
_UNLIMITED_S = 1e6  # asyncio knows no handshake without a limit


class Address(NamedTuple):
    """Where a socket connects to."""

    family: int
    at: tuple[str, int] | tuple[str, int, int, int]

    def __str__(self) -> str:
        host = f"[{self.at[0]}]" if self.family == socket.AF_INET6 else self.at[0]
        return f"{host}:{self.at[1]}"


class Dialled(NamedTuple):
    """A connection, and how long its TCP connect took."""

    connection: Connection
    connect_s: float
    address: Address


class Dialler:
    """Dials one target. A name is looked up for each dial, as Go does; one written as an address needs no look-up."""

    def __init__(
        self, clock: RunClock, target: Target, dial_timeout_s: float | None, tls_timeout_s: float | None
    ) -> None:
        self._clock, self._target = clock, target
        self._dial_timeout_s, self._tls_timeout_s = dial_timeout_s, tls_timeout_s
        self._written = _written(target.host, target.port)

    async def dial(self, make: Callable[[], Connection]) -> Dialled:
        """Return a connection that `make` made the protocol of. Raises OSError, TimeoutError for a limit."""
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(self._dial_timeout_s):
            sock, connect_s, address = await self._connect(loop, await self.addresses(loop))
        try:
            connection = await self._wrap(loop, make, sock)
        except BaseException:
            sock.close()
            raise
        return Dialled(connection, connect_s, address)

    async def addresses(self, loop: asyncio.AbstractEventLoop) -> list[Address]:
        """Return the target's addresses, in the resolver's order. Raises socket.gaierror if there is none."""
        if self._written is not None:
            return [self._written]
        found = await loop.getaddrinfo(self._target.host, self._target.port, type=socket.SOCK_STREAM)
        return [Address(family, at) for family, _, _, _, at in found]  # type: ignore[arg-type]

    async def _connect(
        self, loop: asyncio.AbstractEventLoop, addresses: list[Address]
    ) -> tuple[socket.socket, float, Address]:
        """Try one address after the other, each with its share of the time that is left; the first error counts."""
        now_s, first = self._clock.now(), None
        ends_s = math.inf if self._dial_timeout_s is None else now_s + self._dial_timeout_s
        for number, address in enumerate(addresses):
            left_s = ends_s - now_s
            share_s = max(left_s / (len(addresses) - number), min(left_s, LEAST_S))
            try:
                # the last has all the time that is left: `dial` ends it
                sock = await _one(loop, address, share_s if share_s < left_s else None)
            except OSError as error:
                first = first or error
            else:
                return sock, self._clock.now() - now_s, address
            now_s = self._clock.now()
        assert first is not None, "a resolver that finds nothing says so"
        raise first

    async def _wrap(
        self, loop: asyncio.AbstractEventLoop, make: Callable[[], Connection], sock: socket.socket
    ) -> Connection:
        target = self._target
        if not target.secure:
            _, connection = await loop.create_connection(make, sock=sock)
            return connection
        async with asyncio.timeout(self._tls_timeout_s):
            _, connection = await loop.create_connection(
                make,
                sock=sock,
                ssl=target.tls,
                server_hostname=target.server_name or target.host,
                ssl_handshake_timeout=_UNLIMITED_S,
            )
        return connection


async def _one(loop: asyncio.AbstractEventLoop, address: Address, limit_s: float | None) -> socket.socket:
    sock = socket.socket(address.family, socket.SOCK_STREAM)
    try:
        sock.setblocking(False)
        async with asyncio.timeout(limit_s):
            await loop.sock_connect(sock, address.at)
    except BaseException:
        sock.close()
        raise
    return sock


def _written(host: str, port: int) -> Address | None:
    """Return the address that `host` is written as, or None if it is a name."""
    try:
        flags = socket.AI_NUMERICHOST | socket.AI_NUMERICSERV
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=flags)
    except socket.gaierror:
        return None
    return Address(found[0][0], found[0][4])  # type: ignore[arg-type]

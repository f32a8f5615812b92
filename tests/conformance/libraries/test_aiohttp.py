"""aiohttp itself beside the presets of its policy and of its transport."""

from __future__ import annotations

import asyncio

import pytest
from scripted import End

from sim.presets import transport_presets

aiohttp = pytest.importorskip("aiohttp")

FRESH, REUSED = 0, 1  # how many requests of a connection the server answers before it closes at the next one


class Closing:
    """A server on loopback that answers the first `answers` requests of a connection and closes at the next."""

    def __init__(self, answers):
        self.requests, self._answers = 0, answers

    async def serve(self, reader, writer):
        answered = 0
        while await self._read_head(reader):
            self.requests += 1
            if answered == self._answers:
                break
            answered += 1
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")
        writer.close()

    async def _read_head(self, reader):
        try:
            return await reader.readuntil(b"\r\n\r\n")
        except asyncio.IncompleteReadError:
            return b""


async def _requests_seen(method, answers, calls):
    """Make `calls` calls one after another; return how many requests the server saw, and whether all went well."""
    server = Closing(answers)
    async with await asyncio.start_server(server.serve, "127.0.0.1", 0) as listening:
        url = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}/"
        async with aiohttp.ClientSession() as session:
            for _ in range(calls):
                try:
                    async with session.request(method, url) as reply:
                        await reply.read()
                except aiohttp.ServerDisconnectedError:
                    return server.requests, "failed"
    return server.requests, "ok"


@pytest.mark.parametrize(("method", "seen"), [("GET", (3, "ok")), ("POST", (2, "failed"))])
def test_a_dead_pooled_connection_is_tried_again_silently(ours, method, seen):
    """Once, on a new connection, for a GET and not for a POST: what `retry_stale` of the transport says."""
    assert asyncio.run(_requests_seen(method, REUSED, 2)) == seen
    assert transport_presets()["aiohttp"]["retry_stale"] is True
    assert len(ours("aiohttp", [End(0.0, "stale"), End()]).starts_s) == 2


@pytest.mark.parametrize(("method", "tries"), [("GET", 2), ("PUT", 2), ("POST", 1)])
def test_a_fresh_connection_that_dies_is_tried_again_too(ours, method, tries):
    """The name `retry_persistent_connection` promises less than the code does: what the policy says of a reset."""
    assert asyncio.run(_requests_seen(method, FRESH, 1)) == (tries, "failed")
    mine = ours("aiohttp" if method != "POST" else "none", [End(0.0, "reset")])
    assert len(mine.starts_s) == tries


def test_a_failed_connect_is_final(ours, monkeypatch):
    """One connect for a port where nobody listens."""
    connects = []

    async def refuse(*_, **__):
        connects.append(1)
        raise ConnectionRefusedError

    async def get():
        async with aiohttp.ClientSession() as session:
            await session.get("http://127.0.0.1:9/")

    monkeypatch.setattr("aiohappyeyeballs.start_connection", refuse)
    with pytest.raises(aiohttp.ClientConnectorError):
        asyncio.run(get())
    assert len(connects) == len(ours("aiohttp", [End(0.0, "refused")]).starts_s) == 1


def test_its_limits():
    """The timeouts and the pool of the preset are the library's defaults."""

    async def defaults():
        async with aiohttp.ClientSession() as session:
            return session.timeout, session.connector

    timeout, connector = asyncio.run(defaults())
    preset = transport_presets()["aiohttp"]
    assert preset["total_timeout"] == f"{timeout.total}s"
    assert preset["dial_timeout"] == f"{timeout.sock_connect}s"
    assert preset["idle_timeout"] == f"{connector._keepalive_timeout:g}s"
    assert preset["per_host_max"] == connector.limit
    assert timeout.sock_read is preset["read_timeout"] is None

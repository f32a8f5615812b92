"""Every way in which an attempt can fail, made to happen on this machine, has its own name."""

from __future__ import annotations

import asyncio
import errno
import socket
import ssl
from typing import Any

import pytest
from loopback import TICK_S, Act, attempt, closed_port, deaf_port, pool_to, serving

from chaos.transport.failures import LocalShortage, dial_failure, loss
from sim.policy import Reply

CERTAINLY_NOT = {"wrote": False, "read": False, "reused": False}


def _is(reply: Reply, result: str, **rest: Any) -> None:
    told = reply._asdict()
    assert {"result": told["result"], **{name: told[name] for name in rest}} == {"result": result, **rest}


def test_nobody_listens(on_loop):
    """A closed port is `refused`: nothing was written."""

    async def case() -> None:
        with closed_port() as port:
            async with pool_to(port) as pool:
                _is(await attempt(pool), "refused", **CERTAINLY_NOT)

    on_loop(case())


def test_no_answer_to_a_syn(on_loop):
    """Silence while connecting is `dial_timeout`, by the dial's limit or by the attempt's."""

    async def case() -> None:
        with deaf_port() as port:
            async with pool_to(port, dial_timeout=0.05) as pool:
                _is(await attempt(pool), "dial_timeout", **CERTAINLY_NOT)
            async with pool_to(port) as pool:
                _is(await attempt(pool, 0.05), "dial_timeout", **CERTAINLY_NOT)
                assert pool.open_count == 0

    on_loop(case())


def test_no_route(on_loop):
    """TCP to a multicast address has no route, always: `unreachable`, at once (Linux tcp_v4_connect)."""

    async def case() -> None:
        async with pool_to(9, target={"host": "224.0.0.1"}) as pool:
            _is(await attempt(pool), "unreachable", **CERTAINLY_NOT)
            assert len(pool.notes) == 1

    on_loop(case())


@pytest.mark.parametrize("does", ["reset", "close"])
def test_death_under_a_request(on_loop, does):
    """A fresh connection that ends before any answer byte is `reset`, by RST or by FIN: it may have been done."""

    async def case() -> None:
        async with serving(Act(does)) as place, pool_to(place.port) as pool:
            _is(await attempt(pool), "reset", wrote=True, read=False, reused=False)

    on_loop(case())


@pytest.mark.parametrize("does", ["reset", "close"])
def test_death_of_a_kept_connection(on_loop, does):
    """A reused connection that ends before any answer byte is `stale`."""

    async def case() -> None:
        async with serving(Act(), Act(does)) as place, pool_to(place.port, retry_stale=False) as pool:
            _is(await attempt(pool), "ok", reused=False)
            _is(await attempt(pool), "stale", wrote=True, read=False, reused=True)

    on_loop(case())


def test_a_stale_request_is_sent_once_more(on_loop):
    """With `retry_stale` a stale request goes out again on a fresh connection, once, unseen by the policy."""

    async def case() -> None:
        acts = (Act(), Act("close"), Act(), Act("close"), Act("close"))
        async with serving(*acts) as place, pool_to(place.port) as pool:
            await attempt(pool)
            _is(await attempt(pool), "ok", reused=False, read=True)
            assert len(place.seen) == 3
            _is(await attempt(pool), "reset", reused=False, wrote=True)
            assert (len(place.seen), pool.open_count) == (5, 0)

    on_loop(case())


def test_a_stale_request_whose_second_dial_fails_stays_stale(on_loop):
    """Its first request had been written: to call it certainly not done would be a lie."""

    async def case() -> None:
        async with serving(Act(), Act("close")) as place, pool_to(place.port) as pool:
            await attempt(pool)
            with closed_port() as port:
                pool.dialler._written = pool.dialler._written._replace(at=("127.0.0.1", port))
                _is(await attempt(pool), "stale", wrote=True)

    on_loop(case())


def test_an_answer_that_breaks_off(on_loop):
    """Half an answer is `cut`; so is one that is no HTTP, and one that is longer than allowed."""

    async def case() -> None:
        acts = (Act("cut"), Act(raw=b"HTTP/1.1 two hundred\r\n\r\n"), Act(raw=b"HTTP/1.1 200 ok\r\n\r\n" + b"x" * 999))
        async with serving(*acts) as place, pool_to(place.port, target={"answer_max_bytes": 500}) as pool:
            for _ in acts:
                _is(await attempt(pool), "cut", wrote=True, read=True)
            assert pool.open_count == 0

    on_loop(case())


def test_silence_after_the_request(on_loop):
    """An attempt's limit, the transport's total and its read timeout all end silence as `timeout`: maybe done."""

    async def case() -> None:
        async with serving(Act("silence")) as place:
            for transport, limit_s in (({}, 0.05), ({"total_timeout": 0.05}, None), ({"read_timeout": 0.05}, None)):
                async with pool_to(place.port, **transport) as pool:
                    reply = await attempt(pool, limit_s)
                    _is(reply, "timeout", wrote=True, read=False)
                    assert reply.took_s >= 0.05 - TICK_S

    on_loop(case())


def test_a_read_timeout_counts_silence_only(on_loop):
    """An answer that keeps coming is not cut off by a read timeout shorter than the whole of it."""

    class Dripping(asyncio.Protocol):
        def connection_made(self, transport: Any) -> None:
            self.transport = transport

        def data_received(self, data: bytes) -> None:
            self.transport.write(b"HTTP/1.1 200 ok\r\nContent-Length: 8\r\n\r\n")
            for n in range(8):
                asyncio.get_running_loop().call_later(0.03 * (n + 1), self.transport.write, b"x")

    async def case() -> None:
        server = await asyncio.get_running_loop().create_server(Dripping, "127.0.0.1", 0)
        async with pool_to(server.sockets[0].getsockname()[1], read_timeout=0.2) as pool:
            reply = await attempt(pool)
            _is(reply, "ok")
            assert reply.took_s >= 0.24 - TICK_S
        server.close()

    on_loop(case())


def test_an_error_status(on_loop):
    """An answer that says no is `status` with its code and the server's wish; below 400 it is an answer."""

    async def case() -> None:
        acts = (Act(status=503, retry_after_s=0.25), Act(status=404), Act(status=302))
        async with serving(*acts) as place, pool_to(place.port) as pool:
            _is(await attempt(pool), "status", status=503, retry_after_s=0.25, read=True)
            _is(await attempt(pool), "status", status=404, retry_after_s=None, reused=True)
            _is(await attempt(pool), "ok", status=302, reused=True)

    on_loop(case())


ERRORS = [
    (socket.gaierror(socket.EAI_NONAME, "no such name"), "unreachable"),
    (ConnectionRefusedError(errno.ECONNREFUSED, ""), "refused"),
    (OSError(errno.EHOSTUNREACH, ""), "unreachable"),
    (PermissionError(errno.EACCES, ""), "unreachable"),
    (TimeoutError(), "dial_timeout"),
    (TimeoutError(errno.ETIMEDOUT, ""), "dial_timeout"),
    (ConnectionResetError(errno.ECONNRESET, ""), "reset"),
    (ssl.SSLCertVerificationError(1, "self-signed"), "reset"),
]


@pytest.mark.parametrize(("error", "result"), ERRORS, ids=lambda value: repr(value)[:40])
def test_errors_of_connect(error, result):
    """Each error of a connect means one thing."""
    assert dial_failure(error) == result


@pytest.mark.parametrize("number", [errno.EMFILE, errno.EADDRNOTAVAIL])
def test_our_own_shortage_is_nobody_elses_fault(number):
    """Running out of files or ports ends the run with what to do, and is never a failed attempt."""
    with pytest.raises(LocalShortage, match="ulimit -n"):
        dial_failure(OSError(number, "out"))


def test_what_ends_an_established_connection():
    """Bytes that came make it `cut`, silence of the network `timeout`, else reuse decides."""
    gone = TimeoutError(errno.ETIMEDOUT, "")
    found = [loss(gone, reused=True, read=True), loss(None, reused=True, read=True)]
    assert [*found, loss(None, reused=True, read=False), loss(None, reused=False, read=False)] == [
        "timeout", "cut", "stale", "reset",
    ]  # fmt: skip

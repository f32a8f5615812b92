"""A pool keeps, limits and closes connections as its transport says."""

from __future__ import annotations

import asyncio

from loopback import TICK_S, Act, Heard, attempt, deaf_port, pool_to, serving, until

from chaos.transport import Attempt
from chaos.transport.failures import LocalShortage


def test_a_connection_is_kept(on_loop):
    """The second attempt reuses the first one's connection; only the first connects."""

    async def case() -> None:
        async with serving() as place, pool_to(place.port) as pool:
            first, second = await attempt(pool), await attempt(pool)
            assert (first.reused, second.reused, pool.open_count) == (False, True, 1)

    on_loop(case())


def test_without_keep_alive_each_attempt_connects(on_loop):
    """With keep_alive off nothing is kept, and the request says so."""

    async def case() -> None:
        async with serving() as place, pool_to(place.port, keep_alive=False) as pool:
            replies = [await attempt(pool) for _ in range(3)]
            assert [reply.reused for reply in replies] == [False] * 3
            assert pool.open_count == 0
            assert all(b"Connection: close" in request for request in place.seen)

    on_loop(case())


def test_a_server_may_say_close(on_loop):
    """An answer that ends with its connection is whole, and its connection is not used again."""

    async def case() -> None:
        said = Act(raw=b"HTTP/1.1 200 ok\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
        unframed = Act(raw=b"HTTP/1.1 200 ok\r\n\r\nuntil the end", closes=True)
        old = Act(raw=b"HTTP/1.0 200 ok\r\nContent-Length: 0\r\n\r\n")
        async with serving(said, unframed, old, Act()) as place, pool_to(place.port) as pool:
            replies = [await attempt(pool) for _ in range(4)]
            assert [(reply.result, reply.reused) for reply in replies] == [("ok", False)] * 4

    on_loop(case())


def test_an_interim_answer_is_not_the_answer(on_loop):
    """1xx come before the answer; chunks and surplus bytes are read as HTTP/1.1 has them."""

    async def case() -> None:
        interim = Act(raw=b"HTTP/1.1 103 Hints\r\n\r\nHTTP/1.1 503 no\r\nContent-Length: 0\r\n\r\n")
        chunked = Act(raw=b"HTTP/1.1 200 ok\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n")
        surplus = Act(raw=b"HTTP/1.1 200 ok\r\nContent-Length: 0\r\n\r\n" * 2)
        async with serving(interim, chunked, surplus, Act()) as place, pool_to(place.port) as pool:
            replies = [await attempt(pool) for _ in range(4)]
            assert [(reply.status, reply.reused) for reply in replies] == [
                (503, False), (200, True), (200, True), (200, False),
            ]  # fmt: skip

    on_loop(case())


def test_what_nobody_asked_for_closes_a_kept_connection(on_loop):
    """Bytes on an idle connection end it: the next attempt has a fresh one."""

    async def case() -> None:
        late = Act(raw=b"HTTP/1.1 200 ok\r\nContent-Length: 0\r\n\r\nsurplus")
        async with serving(late, Act(closes=True), Act()) as place, pool_to(place.port) as pool:
            await attempt(pool)
            second = await attempt(pool)
            await until(lambda: pool.open_count == 0)  # the server closed it while it was idle
            third = await attempt(pool)
            assert (second.result, third.result, third.reused) == ("ok", "ok", False)

    on_loop(case())


def test_few_idle_connections_are_kept(on_loop):
    """No more than idle_per_host_max stay open, however many were used at once."""

    async def case() -> None:
        async with serving(Act(after_s=0.03)) as place, pool_to(place.port, idle_per_host_max=2) as pool:
            await asyncio.gather(*(attempt(pool) for _ in range(5)))
            assert pool.open_count == 2

    on_loop(case())


def test_idle_connections_end(on_loop):
    """What has been idle for idle_timeout is closed, by us, whether or not anybody calls."""

    async def case() -> None:
        async with serving() as place, pool_to(place.port, idle_timeout=0.05) as pool:
            await attempt(pool)
            assert pool.open_count == 1
            await asyncio.sleep(0.2)
            assert pool.open_count == 0
            assert not (await attempt(pool)).reused

    on_loop(case())


def test_who_finds_no_connection_waits(on_loop):
    """With per_host_max connections busy further attempts wait, and use the first that is free; time runs."""

    async def case() -> None:
        async with serving(Act(after_s=0.05)) as place, pool_to(place.port, per_host_max=1) as pool:
            replies = await asyncio.gather(*(attempt(pool) for _ in range(3)))
            assert [reply.reused for reply in replies] == [False, True, True]
            assert [reply.took_s >= (0.05 - TICK_S) * (n + 1) for n, reply in enumerate(replies)] == [True] * 3
            late = await asyncio.gather(attempt(pool), attempt(pool, 0.02))
            assert [reply.result for reply in late] == ["ok", "dial_timeout"]

    on_loop(case())


def test_a_dial_that_fails_lets_the_next_one_try(on_loop):
    """Whoever waits for a connection dials when one that was under way has failed."""

    async def case() -> None:
        with deaf_port() as port:
            async with pool_to(port, per_host_max=1, dial_timeout=0.05) as pool:
                replies = await asyncio.gather(attempt(pool), attempt(pool))
                assert [reply.result for reply in replies] == ["dial_timeout"] * 2
                assert (replies[1].took_s >= 0.1 - 2 * TICK_S, pool.open_count) == (True, 0)

    on_loop(case())


def test_giving_up_closes(on_loop):
    """An attempt that is given up closes its connection or stops its dial; only the trace hears of it."""

    async def case() -> None:
        async with serving(Act("silence")) as place, pool_to(place.port) as pool:
            heard, dialling = Heard(), Heard()
            sent = Attempt(heard, pool, 1, pool.clock.now())
            pool.send(sent, None)
            await until(lambda: len(place.seen) == 1)
            sent.cancel()
            early = Attempt(dialling, pool, 2, pool.clock.now())
            pool.send(early, None)
            early.cancel()
            assert pool.open_count == 0
            ends = [*heard.cancels, *dialling.cancels]
            assert [(reply.result, reply.attempt, reply.wrote) for reply in ends] == [
                ("cancelled", 1, True), ("cancelled", 2, False),
            ]  # fmt: skip
            assert not heard.reply.done()

    on_loop(case())


def test_a_body_is_sent_whole(on_loop):
    """A request carries its method, headers and a body of the size that was asked for."""

    async def case() -> None:
        target = {"method": "POST", "path": "/a?b=c", "headers": {"X-One": "two"}, "body_bytes": 300_000}
        async with serving() as place, pool_to(place.port, target=target) as pool:
            assert (await attempt(pool)).result == "ok"
            head, _, body = place.seen[0].partition(b"\r\n\r\n")
            assert head.decode().split("\r\n") == [
                "POST /a?b=c HTTP/1.1", f"Host: 127.0.0.1:{place.port}", "X-One: two", "Content-Length: 300000",
            ]  # fmt: skip
            assert body == b"x" * 300_000

    on_loop(case())


def test_our_own_shortage_ends_the_run(on_loop):
    """What this machine has not got is told to the run, not to the policy."""

    async def case() -> None:
        errors: list[BaseException] = []
        async with serving() as place, pool_to(place.port) as pool:

            async def none(_: object) -> object:
                raise OSError(24, "Too many open files")

            pool._fatal, pool.dialler.addresses = errors.append, none
            pool.send(Attempt(Heard(), pool, 0, pool.clock.now()), None)
            await until(lambda: bool(errors))
        assert [type(error) for error in errors] == [LocalShortage]

    on_loop(case())

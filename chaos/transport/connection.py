"""An established connection: HTTP/1.1 on httptools, one request at a time.

No library does this: none says how long the connect took, whether the connection was reused and exactly how it failed,
lets the policy own the pool, and is fast enough (`docs/performance.md`).
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, cast

import httptools

from chaos.transport.failures import loss
from chaos.transport.head import ends_with_connection, has_ended, wished_s
from sim.policy.steps import Result

if TYPE_CHECKING:
    from chaos.transport.attempt import Attempt
    from chaos.transport.pool import Pool

__all__ = ["Connection"]

_GOOD = 400  # statuses below are answers, from here on they say no


class Connection(asyncio.Protocol):
    """The client's end. `attempt`: the one whose answer is awaited, None while idle; `heard_s`: of the last bytes."""

    __slots__ = (
        "_complete", "_feed", "_head", "_keeps", "_parser", "_read_bytes", "_status", "_transport", "attempt",
        "heard_s", "idle_since_s", "open", "pool",
    )  # fmt: skip

    def __init__(self, pool: Pool) -> None:
        self.pool = pool
        self.attempt: Attempt | None = None
        self.idle_since_s = self.heard_s = 0.0
        self.open = self._complete = self._keeps = False
        self._transport: asyncio.Transport | None = None
        self._parser = httptools.HttpResponseParser(self)
        self._feed = self._parser.feed_data
        self._read_bytes = self._status = 0
        self._head = b""  # of the answer that is being read: its first pieces, until they hold the end of its headers

    # what the pool asks

    def request(self, attempt: Attempt, now_s: float) -> None:
        """Send an attempt's request."""
        assert self._transport is not None
        self.attempt, attempt.connection, attempt.wrote = attempt, self, True
        self.heard_s = now_s
        self._transport.write(self.pool.request)

    def close(self) -> None:
        """Close at the client's end; what is under way is broken off."""
        self.open = False
        transport = self._transport
        if transport is not None:
            if self.attempt is None:
                transport.close()
            else:
                transport.abort()
        self.attempt = None

    # what the loop tells

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Hear that the connection stands."""
        self._transport = cast("asyncio.Transport", transport)
        self.open = True

    def data_received(self, data: bytes) -> None:
        """Read a piece of an answer."""
        attempt = self.attempt
        if attempt is None:  # nobody asked: whatever it is, the connection is of no use any more
            self._fail("reset")
            return
        if not attempt.read:
            attempt.read = True
            self._head, self._read_bytes = data, 0
        elif not has_ended(self._head):
            self._head += data
        self._read_bytes += len(data)
        try:
            self._feed(data)
        except httptools.HttpParserCallbackError:
            raise  # a bug of ours
        except (httptools.HttpParserError, httptools.HttpParserUpgrade):
            self._keeps = False
            if not self._complete:
                self._fail("cut")
                return
        if self._complete:
            self._answered(attempt, self._status)
        elif self._read_bytes > self.pool.answer_max_bytes:
            self._fail("cut")
        elif attempt.read_timer is not None:
            self.heard_s = self.pool.clock.now()

    def connection_lost(self, exc: Exception | None) -> None:
        """Hear that the connection is gone."""
        attempt = self.attempt
        if self.open:
            if attempt is not None and exc is None and attempt.read and ends_with_connection(self._head):
                self._answered(attempt, self._parser.get_status_code())
            else:
                reused = attempt is not None and attempt.reused
                self._fail(loss(exc, reused=reused, read=attempt is not None and attempt.read))
        self._transport = None
        del self._parser, self._feed  # they hold this object, and it them

    def _answered(self, attempt: Attempt, status: int) -> None:
        keeps, pool = self._keeps, self.pool
        self._complete = self._keeps = False
        if keeps and pool.sends_bodies and self._transport is not None and self._transport.get_write_buffer_size():
            keeps = False  # answered before all of the request had left
        if keeps:
            self.attempt = None
        now_s = pool.clock.now()
        pool.release(self, keeps, now_s)
        if status < _GOOD:
            attempt.end(now_s, "ok", status)
        else:
            attempt.end(now_s, "status", status, wished_s(self._head))

    def _fail(self, result: Result) -> None:
        if self.open:
            attempt = self.attempt
            self.close()
            self.pool.lost(self, attempt, result)

    # what the parser finds

    def on_message_complete(self) -> None:
        """Note that the answer is whole; an interim one (1xx) is not, and a second one ends the connection."""
        if self._complete:
            self._keeps = False
            return
        self._status = self._parser.get_status_code()
        if self._status >= 200:
            self._complete = True
            self._keeps = self._parser.should_keep_alive()

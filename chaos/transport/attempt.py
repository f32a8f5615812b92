"""One attempt in real time: from the policy's `Try` to its reply (the other arm: `sim.model.traffic.attempt`)."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Protocol

from chaos.transport.timers import Timer
from sim.policy.steps import CANCELLED, Reply, Result

if TYPE_CHECKING:
    from chaos.transport.connection import Connection
    from chaos.transport.pool import Pool

__all__ = ["Attempt", "Caller"]


class Caller(Protocol):
    """Who makes attempts: a call of a client."""

    def answered(self, attempt: Attempt, reply: Reply, now_s: float) -> None:
        """Hear how an attempt ended, now."""
        ...

    def cancelled(self, attempt: Attempt, reply: Reply) -> None:
        """Hear that an attempt was given up because its call is over."""
        ...

    def goes_on_as(self, attempt: Attempt, fresh: Attempt) -> None:
        """Hear that an attempt sends its request again."""
        ...


class Attempt:
    """`number`: within its call, from 0. `connect_s`: of the TCP connect alone, NaN where none came about for it.

    `settled`: its caller has the reply, or has given up. `second`: its request is sent for the second time.
    `wrote`, `read`: whether a request byte has left, and an answer byte has come. It stands itself in the line of
    attempts with the same limit (`due_s`); `timer` is there where the limit is one of its own.
    """

    # values of the class, not of each attempt: most stay as they are, and setting them all costs half a microsecond
    address = ""  # of the peer, once there is one
    connect_s = float("nan")
    connection: Connection | None = None
    dial: asyncio.Task[None] | None = None
    due_s = float("inf")
    read = reused = second = settled = wrote = False
    read_timer: Timer | None = None
    timer: Timer | None = None

    def __init__(self, caller: Caller, pool: Pool, number: int, now_s: float) -> None:
        self.caller, self.pool, self.number, self.began_s = caller, pool, number, now_s

    def again(self) -> Attempt:
        """Return this attempt's second request, on another connection; the first may have been carried out."""
        fresh = Attempt(self.caller, self.pool, self.number, self.began_s)
        fresh.second = fresh.wrote = self.settled = True
        fresh.timer, fresh.due_s = self.timer, self.due_s
        if fresh.timer is not None:
            fresh.timer.arg = fresh
        elif self.due_s < _FOREVER:
            fresh.timer = self.pool.timers.start(max(0.0, self.due_s - self.pool.clock.now()), _ring, fresh)
        self._stop_reading()
        self.caller.goes_on_as(self, fresh)
        return fresh

    def end(self, now_s: float, result: Result, status: int = 200, retry_after_s: float | None = None) -> None:
        """Give the caller its reply."""
        self.caller.answered(self, self._settle(now_s, result, status, retry_after_s), now_s)

    def _settle(self, now_s: float, result: Result, status: int, retry_after_s: float | None) -> Reply:
        self.settled = True
        if self.timer is not None:
            self.timer.cancel()
        if self.read_timer is not None:
            self._stop_reading()
        took_s = now_s - self.began_s
        # a named tuple's own constructor costs twice the tuple
        return tuple.__new__(
            Reply,
            (now_s, result, status, took_s, self.reused, self.wrote, self.read, retry_after_s, self.number),
        )

    def _stop_reading(self) -> None:
        if self.read_timer is not None:
            self.read_timer.cancel()
            self.read_timer = None

    def cancel(self) -> None:
        """Give up because the call is over: nobody hears of it but a trace."""
        self.pool.abandoned(self)
        self.caller.cancelled(self, self._settle(self.pool.clock.now(), CANCELLED, 0, None))

    def ring(self) -> None:
        """Give up: a limit is over. What was sent may still be carried out; if nothing was, that is certain too."""
        self.pool.abandoned(self)
        self.end(self.pool.clock.now(), "timeout" if self.wrote else "dial_timeout")


_FOREVER = float("inf")


def _ring(attempt: Attempt) -> None:
    attempt.ring()

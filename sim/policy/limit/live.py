"""A live concurrency limit: who is in, who waits, and what the end of a call teaches it."""

from __future__ import annotations

import math
from collections.abc import Generator
from typing import Any, Literal, NamedTuple, Protocol, TypeAlias

from sim.policy.steps import Draw, Reply, Step, Wait

__all__ = ["POLL_S", "Ending", "LiveLimit", "Place", "Size", "ending"]

POLL_S = 1e-3
"""How soon the first in line sees a free place; the k-th looks k times as seldom. Assumption: a policy hears of replies
and of time only, not of other calls, so a free place is found by looking."""

Ending: TypeAlias = Literal["ok", "dropped", "ignored"]


class Place(NamedTuple):
    """A call's place: when it got it, and how many calls were in then, itself included."""

    at_s: float
    in_flight: int


class Size(Protocol):
    """How many calls may be in, and how that is learnt."""

    @property
    def limit(self) -> int:
        """Return how many calls may be in now."""
        ...

    def sample(self, at_s: float, rtt_s: float, in_flight: int, dropped: bool, draw: Draw, /) -> None:
        """Learn from the end of a call: how long it took, and whether it was refused or timed out."""
        ...


def ending(reply: Reply) -> Ending:
    """Return what a call's last reply says about load: nothing, unless it is ok, late, or refused for load.

    Source: Netflix concurrency-limits 0.5.4 `ConcurrencyLimitClientInterceptor` (ok, UNAVAILABLE → dropped, others
    ignored), with timeouts as its AIMD takes them.
    """
    if reply.result == "ok":
        return "ok"
    if reply.result in ("timeout", "dial_timeout") or (reply.result == "status" and reply.status in (429, 503)):
        return "dropped"
    return "ignored"


class LiveLimit:
    """One client's places, and the line before them."""

    __slots__ = ("_line", "_queue", "_size", "_tickets", "_waits_s", "in_flight")

    def __init__(self, size: Size, queue: int = 0, waits_s: float = math.inf) -> None:
        self._size, self._queue, self._waits_s = size, queue, waits_s
        self._line: dict[int, None] = {}
        self._tickets = 0
        self.in_flight = 0

    @property
    def limit(self) -> int:
        """How many calls may be in now."""
        return self._size.limit

    def enter(self, at_s: float, ends_s: float) -> Generator[Step, Reply, Place | None]:
        """Return a place, at once or after a wait in line, or None: full."""
        if self._line or self.in_flight >= self._size.limit:
            if len(self._line) >= self._queue:
                return None
            at_s = yield from self._waited(at_s, min(ends_s, at_s + self._waits_s))
            if at_s == math.inf:
                return None
        self.in_flight += 1
        return Place(at_s, self.in_flight)

    def _waited(self, at_s: float, until_s: float) -> Generator[Step, Reply, float]:
        """Return when it is this caller's turn, or infinity."""
        me = self._tickets
        self._tickets += 1
        self._line[me] = None
        try:
            while at_s < until_s:
                first = next(iter(self._line))
                if first == me and self.in_flight < self._size.limit:
                    return at_s
                reply = yield Wait(min(POLL_S * (1 + me - first), until_s - at_s))
                at_s = reply.at_s
            return math.inf
        finally:
            del self._line[me]

    def leave(self, place: Place, at_s: float, how: Ending, draw: Draw) -> None:
        """Give a place back, and learn from the call."""
        self.in_flight -= 1
        if how != "ignored":
            self._size.sample(at_s, at_s - place.at_s, place.in_flight, how == "dropped", draw)

    def gone(self) -> None:
        """Give back the place of a call that was given up, and learn nothing."""
        self.in_flight -= 1

    def snapshot(self) -> dict[str, Any]:
        """Return the state as plain values."""
        return {"limit": self.limit, "in_flight": self.in_flight, "waiting": len(self._line)}

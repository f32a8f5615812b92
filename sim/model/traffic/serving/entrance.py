"""A limit of calls in a server at once that learns from how long they stay: the policies' own limits, at the door."""

from __future__ import annotations

from sim.model.traffic.attempt import Attempt
from sim.model.traffic.draws import PROBE
from sim.policy.limit import AnyLimit, Place

__all__ = ["Entrance"]


class Entrance:
    """One pod's limit, and who is in. A call that ends late, or in vain, teaches it what a drop does.

    Source: Netflix concurrency-limits 0.5.4, `ConcurrencyLimitServerInterceptor` (a call that is cancelled counts as
    dropped). Who is turned away because it is full teaches nothing.
    """

    __slots__ = ("_limit", "_places")

    def __init__(self, limit: AnyLimit) -> None:
        self._limit = limit.live()
        self._places: dict[Attempt, Place] = {}

    @property
    def limit(self) -> int:
        """How many calls may be in now, waiting or in service."""
        return self._limit.limit

    def lets_in(self, attempt: Attempt, now_s: float) -> bool:
        """Tell whether there is room; then the call is in, until `ended`."""
        try:
            next(self._limit.enter(now_s, now_s))  # with no time to wait it ends at once
        except StopIteration as end:
            if end.value is not None:
                self._places[attempt] = end.value
        return attempt in self._places

    def ended(self, attempt: Attempt, now_s: float, done: bool) -> None:
        """Learn from a call that has left; `done`: answered, and its caller was still there."""
        self._limit.leave(
            self._places.pop(attempt), now_s, "ok" if done else "dropped", lambda _: attempt.uniform(PROBE)
        )

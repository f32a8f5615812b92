"""A cache in front of a server's work: cold at the start, filled by the misses that are done."""

from __future__ import annotations

import math

from sim.model.traffic.attempt import Attempt
from sim.model.traffic.draws import CACHE, MISS
from sim.plan.sampling import sampler
from sim.spec.serving import Cache

__all__ = ["Warmth"]


class Warmth:
    """How much one pod's cache holds: `entries` of the `fills_by` that calls ask for, each equally often.

    With λ calls/s that all fill, a cold cache holds fills_by · (1 − exp(−λ · hit_share · t / fills_by)) after t s.
    """

    __slots__ = ("_asked_s", "_by_caller", "_cache", "_missed", "_sampler", "entries", "shields")

    def __init__(self, cache: Cache, now_s: float) -> None:
        self._cache, self._asked_s = cache, now_s
        self._sampler = sampler(cache.miss_takes)
        self._by_caller, self.shields = cache.filled_by == "caller", cache.shields
        self._missed: dict[Attempt, bool] = {}  # → whether it brings in what could be kept
        self.entries = float(cache.fills_by if cache.warm else 0)

    def looked_up_s(self, attempt: Attempt, now_s: float) -> float:
        """Return what a call's work takes beyond that of a hit."""
        cache = self._cache
        if cache.keeps_for is not None:
            self.entries *= math.exp((self._asked_s - now_s) / cache.keeps_for)
            self._asked_s = now_s
        u = attempt.uniform(CACHE)
        if u < cache.hit_share * self.entries / cache.fills_by:
            return 0.0
        self._missed[attempt] = u < cache.hit_share
        return attempt.value(MISS, self._sampler)

    def hit(self, attempt: Attempt) -> bool:
        """Tell whether a call in service found its answer here."""
        return attempt not in self._missed

    def ended(self, attempt: Attempt, done: bool) -> None:
        """Hear that the work for a call is over; a miss that is `done` leaves its entry behind."""
        fills = self._missed.pop(attempt, False)
        if fills and done and not (self._by_caller and attempt.settled):
            self.entries = min(self.entries + 1.0, float(self._cache.fills_by))

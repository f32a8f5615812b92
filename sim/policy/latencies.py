"""What a client has learnt of how long an answer takes: a quantile of its latest first tries."""

from __future__ import annotations

import math
from bisect import bisect_left, insort
from collections import deque
from typing import Annotated, Any

from pydantic import Field

from sim.policy.part import Part
from sim.quantities import Seconds, Share, show_duration

__all__ = ["Latencies", "Percentile"]


class Percentile(Part):
    """A share of the latest `of_last` first tries that was quicker, at least `at_least`; nothing until `known_after`.

    Told of each first try that was ok, and of each that was given up because a later copy won, with the time that it
    had run by then: it had surely outlasted the percentile, and leaving it out would let the percentile sink with each
    hedge that wins. Source of the idea: Dean and Barroso, "The Tail at Scale", CACM 56(2), 2013 (95 %); `known_after`:
    assumption.
    """

    percentile: Annotated[Share, Field(gt=0, lt=1)]
    of_last: Annotated[int, Field(ge=1, le=100_000)] = 1000
    at_least: Seconds = 0.001
    known_after: Annotated[int, Field(ge=1)] = 20

    def live(self) -> Latencies:
        """Return one that has seen nothing."""
        return Latencies(self)

    def words(self) -> str:
        """Return the percentile in words."""
        return f"the {100 * self.percentile:g} % quantile of its latencies (at least {show_duration(self.at_least)})"


class Latencies:
    """One client's latest latencies, in order of time and of size."""

    __slots__ = ("_last", "_least_s", "_needs", "_share", "_sorted")

    def __init__(self, spec: Percentile) -> None:
        self._share, self._least_s = spec.percentile, spec.at_least
        self._needs = min(spec.known_after, spec.of_last)
        self._last: deque[float] = deque(maxlen=spec.of_last)
        self._sorted: list[float] = []

    def patience_s(self) -> float:
        """Return the percentile in seconds; infinity while too little is known."""
        known = self._sorted
        if len(known) < self._needs:
            return math.inf
        return max(self._least_s, known[int(self._share * len(known))])

    def told(self, took_s: float) -> None:
        """Take note of how long a first try took, or had run when it was given up."""
        last, known = self._last, self._sorted
        if len(last) == last.maxlen:
            del known[bisect_left(known, last[0])]
        last.append(took_s)
        insort(known, took_s)

    def snapshot(self) -> dict[str, Any]:
        """Return the state as plain values."""
        return {"known": len(self._sorted), "patience_s": self.patience_s()}

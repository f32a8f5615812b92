"""What breakers count: failures in a row, in all, among the last tries, and within the last seconds."""

from __future__ import annotations

import math
from collections import deque

from sim.policy.breaker.machine import Counts
from sim.policy.recent import Recent

__all__ = ["Either", "InAll", "LastSeconds", "LastTries", "Run"]


class Run:
    """Failures in a row; those of an earlier period (of `every_s`) are forgotten."""

    __slots__ = ("_every_s", "_limit", "_period", "_run")

    def __init__(self, limit: int, every_s: float = math.inf) -> None:
        self._limit, self._every_s = limit, every_s
        self._run, self._period = 0, 0.0

    def too_many(self, at_s: float, failed: bool, _took_s: float, /) -> bool:
        """Count; tell whether the run has reached the limit."""
        if not failed:
            self._run = 0
            return False
        if self._every_s < math.inf and at_s // self._every_s != self._period:
            self._period, self._run = at_s // self._every_s, 0
        self._run += 1
        return self._run >= self._limit

    def forget(self) -> None:
        """Start anew."""
        self._run = 0


class InAll(Run):
    """Failures whether or not in a row."""

    __slots__ = ()

    def too_many(self, at_s: float, failed: bool, took_s: float, /) -> bool:
        """Count failures; a success says nothing."""
        return failed and super().too_many(at_s, True, took_s)


class LastTries:
    """The share of failures among the last `size` tries, once `minimum` were seen."""

    __slots__ = ("_failed", "_last", "_minimum", "_share")

    def __init__(self, size: int, share: float, minimum: int) -> None:
        self._share, self._minimum = share, minimum
        self._last: deque[bool] = deque(maxlen=size)
        self._failed = 0

    def too_many(self, _at_s: float, failed: bool, _took_s: float, /) -> bool:
        """Count; tell whether the share is reached."""
        last = self._last
        if len(last) == last.maxlen:
            self._failed -= last[0]
        last.append(failed)
        self._failed += failed
        return len(last) >= self._minimum and self._failed >= self._share * len(last)

    def forget(self) -> None:
        """Start anew."""
        self._last.clear()
        self._failed = 0


class LastSeconds:
    """The share of failures within the last `over_s`, in so many slices, once `minimum` tries were seen."""

    __slots__ = ("_minimum", "_recent", "_share")

    def __init__(self, over_s: float, slices: int, share: float, minimum: int) -> None:
        self._share, self._minimum = share, minimum
        self._recent = Recent(over_s, slices, 2)

    def too_many(self, at_s: float, failed: bool, _took_s: float, /) -> bool:
        """Count; tell whether the share is reached."""
        recent = self._recent
        recent.add(at_s, 0)
        if failed:
            recent.add(at_s, 1)
        seen, failures = recent.sums
        return seen >= self._minimum and failures >= self._share * seen

    def forget(self) -> None:
        """Start anew."""
        self._recent.clear()


class Either:
    """Too many failures, or too many tries that took longer than `slow_s`."""

    __slots__ = ("_failures", "_slow", "_slow_s")

    def __init__(self, failures: Counts, slow: Counts, slow_s: float) -> None:
        self._failures, self._slow, self._slow_s = failures, slow, slow_s

    def too_many(self, at_s: float, failed: bool, took_s: float, /) -> bool:
        """Count on both sides; tell whether either has too many."""
        failures = self._failures.too_many(at_s, failed, took_s)
        return self._slow.too_many(at_s, took_s > self._slow_s, took_s) or failures

    def forget(self) -> None:
        """Start anew."""
        self._failures.forget()
        self._slow.forget()

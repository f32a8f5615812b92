"""Controlled delay: two laws by which a free worker turns away calls that have waited, each told of every wait."""

from __future__ import annotations

import math
from typing import Protocol

from sim.spec.serving import CoDel

__all__ = ["FacebookCoDel", "Law", "RfcCoDel", "law_of"]


class Law(Protocol):
    """Decides about one call after the other, in the order in which workers come to them."""

    def sheds(self, now_s: float, waited_s: float, left: int) -> bool:
        """Tell whether a call that waited so long is turned away; `left`: how many wait behind it."""
        ...


class RfcCoDel:
    """RFC 8289, section 5: a drop when the wait was above the target for an interval, then after interval/√count.

    A call is what a packet is there: a queue of one call is never worth a drop.
    """

    __slots__ = ("_above_s", "_advance", "_count", "_dropping", "_interval_s", "_last_count", "_next_s", "_spared",
                 "_target_s")  # fmt: skip

    def __init__(self, target_s: float, interval_s: float) -> None:
        self._target_s, self._interval_s = target_s, interval_s
        self._above_s: float | None = None  # when the wait will have been above the target for an interval
        self._dropping = False
        self._count = self._last_count = 0
        self._next_s = -math.inf
        self._spared = False  # the call after the first drop goes through whatever its wait
        self._advance = False  # a drop of the dropping state: the next one is due later, if the wait is still long

    def sheds(self, now_s: float, waited_s: float, left: int) -> bool:
        """Tell whether a call that waited so long is turned away; `left`: how many wait behind it."""
        ok_to_drop = self._ok_to_drop(now_s, waited_s, left)
        if self._spared:
            self._spared = False
            return False
        if not self._dropping:
            if ok_to_drop:
                self._begin(now_s)
            return ok_to_drop
        if not ok_to_drop:
            self._dropping = self._advance = False
            return False
        if self._advance:
            self._next_s += self._interval_s / math.sqrt(self._count)
            self._advance = False
        if now_s < self._next_s:
            return False
        self._count += 1
        self._advance = True
        return True

    def _ok_to_drop(self, now_s: float, waited_s: float, left: int) -> bool:
        if waited_s < self._target_s or left <= 1:
            self._above_s = None
            return False
        if self._above_s is None:
            self._above_s = now_s + self._interval_s
            return False
        return now_s >= self._above_s

    def _begin(self, now_s: float) -> None:
        # dropped lately: begin near the rate that it took then, not at one drop an interval
        more = self._count - self._last_count
        recent = now_s - self._next_s < 16 * self._interval_s
        self._count = self._last_count = more if more > 1 and recent else 1
        self._next_s = now_s + self._interval_s / math.sqrt(self._count)
        self._dropping = self._spared = True


class FacebookCoDel:
    """An interval whose least wait was above the target: in the next, calls that waited twice the target are shed.

    Source: folly `executors/Codel.cpp`, `Codel::overloaded`. The first call of an interval is never shed.
    """

    __slots__ = ("_ends_s", "_interval_s", "_least_s", "_overloaded", "_target_s")

    def __init__(self, target_s: float, interval_s: float) -> None:
        self._target_s, self._interval_s = target_s, interval_s
        self._ends_s = -math.inf
        self._least_s = 0.0
        self._overloaded = False

    def sheds(self, now_s: float, waited_s: float, left: int) -> bool:  # noqa: ARG002  (as every law)
        """Tell whether a call that waited so long is turned away."""
        if now_s > self._ends_s:
            self._ends_s = now_s + self._interval_s
            self._overloaded = self._least_s > self._target_s
            self._least_s = waited_s
            return False
        self._least_s = min(self._least_s, waited_s)
        return self._overloaded and waited_s > 2 * self._target_s


def law_of(codel: CoDel) -> Law:
    """Return the law that a server's `codel` names, as it begins."""
    return (RfcCoDel if codel.law == "rfc" else FacebookCoDel)(codel.target, codel.interval)

"""Whether the generator kept up: how late it was is its own fault, never that of the system under test."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from sim.record import Journal

__all__ = ["LATE_S", "WINDOW_S", "Lag", "lag_quantile_s"]

LATE_S = 0.005
"""A window whose 99th percentile of lag is above this is late. Source: the measurements in docs/performance.md; a
generator that is later finds its connections busy, dials new ones, and is later still."""
WINDOW_S = 1.0
_SHARE = 100  # one in so many may be later

Late = Callable[[float, dict[str, float]], object]


class Lag:
    """Watches what one client sends, window by window. `late(at_s, detail)` is called at the end of a late one.

    The 99th percentile passes the bound if and only if more than one in a hundred do: two counters, no list.
    """

    __slots__ = ("_count", "_ends_s", "_late", "_max_s", "_over", "late_windows", "max_s", "windows")

    def __init__(self, late: Late) -> None:
        self._late = late
        self._ends_s = float("-inf")
        self._count = self._over = 0
        self._max_s = self.max_s = 0.0
        self.windows = self.late_windows = 0

    def note(self, planned_s: float, sent_s: float) -> None:
        """Note one call."""
        if sent_s >= self._ends_s:
            self.close()
            self._ends_s = (sent_s // WINDOW_S + 1.0) * WINDOW_S
        self._count += 1
        lag_s = sent_s - planned_s
        if lag_s > self._max_s:  # noqa: PLR1730  (`max` costs four times as much, in every call)
            self._max_s = lag_s
        if lag_s > LATE_S:
            self._over += 1

    def close(self) -> None:
        """End the window, and say so if it was late."""
        if not self._count:
            return
        self.windows += 1
        self.max_s = max(self.max_s, self._max_s)
        if self._over * _SHARE > self._count:
            self.late_windows += 1
            begins_s = self._ends_s - WINDOW_S
            detail = {"from_s": begins_s, "calls": self._count, "late": self._over, "max_s": round(self._max_s, 6)}
            self._late(self._ends_s, detail)
        self._count = self._over = 0
        self._max_s = 0.0


def lag_quantile_s(journal: Journal, share: float) -> float:
    """Return a quantile of `sent_s − planned_s` over the calls that a real run made, in seconds; NaN without calls."""
    calls = journal.calls
    return float(np.quantile(calls["sent_s"] - calls["planned_s"], share)) if len(calls) else float("nan")

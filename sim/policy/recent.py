"""Sums over the last so-many seconds, kept in slices: what lies further back is forgotten slice by slice."""

from __future__ import annotations

__all__ = ["Recent"]


class Recent:
    """So many sums over the last `over_s` seconds. `sums` is right after each `turn_to`; times may not go far back."""

    __slots__ = ("_now", "_rows", "_slice_s", "sums")

    def __init__(self, over_s: float, slices: int, sums: int) -> None:
        self._slice_s = over_s / slices
        self._rows = [[0.0] * sums for _ in range(slices)]
        self._now: int | None = None
        self.sums = [0.0] * sums

    def turn_to(self, at_s: float) -> list[float]:
        """Empty the slices that have run out by `at_s`; return the current one, to be changed by `add`."""
        rows, now, last = self._rows, int(at_s // self._slice_s), self._now
        if last is None:
            self._now = now
        elif now > last:
            for number in range(max(last, now - len(rows)) + 1, now + 1):
                rows[number % len(rows)] = [0.0] * len(self.sums)
            self._now = now
            self.sums = [sum(column) for column in zip(*rows, strict=True)]
        else:
            now = last
        return rows[now % len(rows)]

    def add(self, at_s: float, column: int, amount: float = 1.0) -> None:
        """Add to one sum, at a moment."""
        self.turn_to(at_s)[column] += amount
        self.sums[column] += amount

    def clear(self) -> None:
        """Forget everything."""
        self._rows = [[0.0] * len(self.sums) for _ in self._rows]
        self.sums = [0.0] * len(self.sums)

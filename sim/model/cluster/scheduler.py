"""Where a pod goes: the scheduler's filters and scores as arithmetic over all nodes: S1, S5–S8.

One formula serves both sizes of cluster: plain floats for few nodes, where numpy's fixed cost would dominate, and
arrays for many; a test holds the two equal. Ties are broken by a draw of the pod over the tied nodes in the order in
which the scenario lists them, never by name, so that renaming a node changes nothing.
Left out: image locality, preferred affinities (no scenario can state them), preemption (all priorities are 0), and S8's
sampling of nodes (it changes which of several good nodes is taken, nothing else).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Rows", "backoff_s", "best", "score"]

Floats = NDArray[np.float64]
SPREAD_WEIGHT, ROOM_WEIGHT = 2.0, 1.0  # S6


def backoff_s(attempts: int, first_s: float, cap_s: float) -> float:
    """Return the pause after the `attempts`-th failed attempt: min(first·2^(n−1), cap) (S1)."""
    return min(first_s * 2.0 ** (attempts - 1), cap_s)


def score(same: Any, most: float, least: float, cpu_free: Any, memory_free: Any) -> Any:
    """Return the score of a node, or of an array of them: spread 2 × and least requested 1 × (S6), each 0..100.

    `same`: pods of the workload in the node's domain, `most`/`least` over the feasible nodes (S7: 100·(most + least −
    same)/most); `cpu_free`/`memory_free`: shares of the node that would be free with the pod on it.
    """
    spread = 100.0 * (most + least - same) / most if most > 0 else 100.0
    return SPREAD_WEIGHT * spread + ROOM_WEIGHT * 50.0 * (cpu_free + memory_free)


class Rows:
    """What the scheduler knows of all nodes, a row each: sizes, what is free, who is open to pods."""

    __slots__ = ("divisor", "free", "lists", "open", "size", "wide")

    WIDE = 48  # nodes from which arrays win over plain loops

    def __init__(self, sizes: Sequence[tuple[float, float, float]]) -> None:
        self.size: list[tuple[float, float, float]] = list(sizes)  # cpu [cores], memory [bytes], gpu [count]
        self.wide = len(self.size) >= self.WIDE
        self.free: Any = np.array(self.size, dtype=np.float64).reshape(-1, 3)
        self.divisor: Any = np.where(self.free[:, :2] > 0, self.free[:, :2], 1.0)  # cpu and memory, never 0
        self.open: Any = np.ones(len(self.size), dtype=bool)
        self.lists = [list(row) for row in self.size]  # `free`, for few nodes
        if not self.wide:
            self.open = [True] * len(self.size)

    def take(self, row: int, request: tuple[float, float, float], sign: float = 1.0) -> None:
        """Book a pod's requests on a node (`sign` −1: give them back)."""
        if self.wide:
            self.free[row] -= np.multiply(request, sign)
            return
        free = self.lists[row]
        free[0] -= sign * request[0]
        free[1] -= sign * request[1]
        free[2] -= sign * request[2]

    def free_of(self, row: int) -> tuple[float, float, float]:
        """Return what is free on a node: cpu, memory, gpu."""
        free = self.free[row] if self.wide else self.lists[row]
        return float(free[0]), float(free[1]), float(free[2])


_ROOM = 1e-9  # cores or bytes: what adding and subtracting the same floats may leave


def best(
    rows: Rows,
    request: tuple[float, float, float],
    same: Any,
    allowed: Any,
    u: float,
) -> int | None:
    """Return the row of the node that gets the pod, or None if it fits nowhere.

    `same`: pods of the workload in each node's domain; `allowed`: whether each node passes the pod's own filters
    (place, near, apart, hard spread; None: all do). `u` breaks ties.
    """
    return _best_wide(rows, request, same, allowed, u) if rows.wide else _best_few(rows, request, same, allowed, u)


def _best_few(rows: Rows, request: tuple[float, float, float], same: Any, allowed: Any, u: float) -> int | None:
    cpu, memory, gpu = request
    fit = [
        row
        for row, (free, is_open) in enumerate(zip(rows.lists, rows.open, strict=True))
        if is_open
        and free[0] >= cpu - _ROOM
        and free[1] >= memory - _ROOM
        and free[2] >= gpu
        and (allowed is None or allowed[row])
    ]
    if not fit:
        return None
    counts = [same[row] for row in fit]
    most, least = max(counts), min(counts)
    top, tied = -1.0, fit
    for row, count in zip(fit, counts, strict=True):
        free, size = rows.lists[row], rows.size[row]
        value = score(count, most, least, (free[0] - cpu) / (size[0] or 1.0), (free[1] - memory) / (size[1] or 1.0))
        if value > top + _ROOM:
            top, tied = value, [row]
        elif value >= top - _ROOM:
            tied.append(row)
    return tied[int(u * len(tied))]


def _best_wide(rows: Rows, request: tuple[float, float, float], same: Any, allowed: Any, u: float) -> int | None:
    free: Floats = rows.free
    fits = rows.open & (free[:, 0] >= request[0] - _ROOM) & (free[:, 1] >= request[1] - _ROOM)
    if request[2]:
        fits &= free[:, 2] >= request[2]
    if allowed is not None:
        fits &= allowed
    fit = np.flatnonzero(fits)
    if not len(fit):
        return None
    counts = np.asarray(same)[fit]
    room = (free[fit, :2] - np.asarray(request[:2])) / rows.divisor[fit]
    values = score(counts, float(counts.max()), float(counts.min()), room[:, 0], room[:, 1])
    tied = fit[values >= values.max() - _ROOM]
    return int(tied[int(u * len(tied))])

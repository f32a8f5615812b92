"""The random numbers of a population of calls: row = the call's number, column = what the number is for.

What every call needs is drawn in blocks of rows, what few need (retries, dials of kept connections) one by one at the
same addresses, with the same values. A call's numbers hang on its number alone, so the same call has the same service
time and latency under every option (common random numbers).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from sim.plan.addresses import POLICY, STRIDE, THINK, TRIES
from sim.plan.sampling import Sampler
from sim.plan.streams import Stream

__all__ = [
    "CACHE", "CHOICE", "COHORT", "CONNECT", "ENDPOINT", "ERROR", "FAULTS", "LATENCY_BACK", "LATENCY_THERE", "MISS",
    "ONWARD", "POLICY", "PROBE", "RESEND_BACK", "RESEND_THERE", "ROWS", "SERVICE", "STRIDE", "SYN", "THINK", "TRIES",
    "Block", "Draws",
]  # fmt: skip

# Columns within one attempt. Latencies have one column for each hop, resends one for each send.
# THINK = 3 and POLICY = 4 are the caller's own (`sim.plan.addresses`).
SERVICE, ENDPOINT, ERROR, ONWARD = 0, 1, 2, 16
CACHE, MISS, COHORT, CHOICE, PROBE = 5, 6, 7, 8, 15  # CHOICE: the second, third, … of the pods that are looked at
LATENCY_THERE, LATENCY_BACK, CONNECT = 32, 48, 64
SYN, RESEND_THERE, RESEND_BACK = 96, 128, 160
FAULTS = 256  # four for each fault of a way, by its number: share and jitter of the two directions

Make: TypeAlias = Callable[[str], Stream]  # `Plan.stream`

ROWS = 512  # of a block; one number costs 0.04 µs here and 1.1 µs alone
FEW_ROWS = 64  # of a block among the first ROWS: who calls seldom must not pay for numbers that it never uses


class Block:
    """The rows first … first + rows − 1, each column made when it is first asked for."""

    __slots__ = ("_children", "_columns", "_draws", "first", "rows", "stream")

    def __init__(self, draws: Draws, first: int, rows: int) -> None:
        self._draws, self.first, self.rows, self.stream = draws, first, rows, draws.stream
        self._columns: dict[tuple[int, Sampler | None], list[float]] = {}
        self._children: dict[str, Block] = {}

    def column(self, purpose: int, sampler: Sampler | None) -> list[float]:
        """Return one column: durations of a sampler in seconds, or uniforms."""
        values = self._columns.get((purpose, sampler))
        if values is None:
            uniforms = self.stream.block(self.first, self.rows, purpose)
            values = (uniforms if sampler is None else sampler.block(uniforms)).tolist()
            self._columns[purpose, sampler] = values
        return values

    def child(self, name: str) -> Block:
        """Return the same rows of the calls that these calls make in their turn."""
        block = self._children.get(name)
        if block is None:
            block = self._children[name] = self._draws.child(name).block(self.first)
        return block


class Draws:
    """All rows of one population. `stream` is named after it."""

    __slots__ = ("_children", "_make", "stream")

    def __init__(self, make: Make, name: str) -> None:
        self._make, self.stream = make, make(name)
        self._children: dict[str, Draws] = {}

    def block(self, number: int) -> Block:
        """Return a block that holds the row of that number (as long as somebody holds the block)."""
        rows = ROWS if number >= ROWS else FEW_ROWS
        return Block(self, number - number % rows, rows)

    def child(self, name: str) -> Draws:
        """Return the rows of the calls made on behalf of these, one for one."""
        child = self._children.get(name)
        if child is None:
            child = self._children[name] = Draws(self._make, f"{self.stream.name}/{name}")
        return child

"""When open clients call: instants in sorted blocks, the same however the blocks are cut.

Arrival number n uses row n of the client's stream and no other, so a longer run begins like a shorter one.
Closed loops have no arrivals of their own: the client that drives them decides.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import chain, repeat
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from sim.plan.streams import Stream
from sim.spec.traffic import Arrivals, Bursts, Closed, Diurnal, DiurnalShape, Every, Poisson, Trace

__all__ = ["open_arrivals"]

Floats: TypeAlias = NDArray[np.float64]

_BLOCKS = (64, 512, 4096)  # a short run must not pay for numbers that it never uses; the last size repeats
_HALVINGS = 56  # of a bracket of at most 0.64 periods: below a nanosecond for a period of a year


def open_arrivals(arrivals: Arrivals, stream: Stream, starts_s: float, stops_s: float) -> Iterator[list[float]]:
    """Yield the instants in [starts_s, stops_s) in blocks, sorted, on the run's clock in seconds."""
    match arrivals:
        case Every(every=every_s):
            blocks = _periodic(every_s, stream, starts_s)
        case Poisson(poisson=rate_per_s):
            blocks = (starts_s + sums / rate_per_s for sums in _unit_poisson(stream))
        case Bursts(bursts=shape):
            blocks = (np.repeat(starts_s + sums * shape.every, shape.size) for sums in _unit_poisson(stream))
        case Diurnal(diurnal=day):
            blocks = (_where_expected(day, sums, starts_s) for sums in _unit_poisson(stream))
        case Trace(instants_s=instants_s):
            assert instants_s is not None, "the loader reads the trace file"
            blocks = iter([np.sort(np.asarray([t for t in instants_s if t >= starts_s], dtype=np.float64))])
        case Closed():
            raise AssertionError("a closed loop is driven by its client")
    return _until(stops_s, blocks)


def _until(stops_s: float, blocks: Iterator[Floats]) -> Iterator[list[float]]:
    for block in blocks:
        count = int(np.searchsorted(block, stops_s, side="left"))
        if count:
            yield block[:count].tolist()
        if count < len(block):
            return


def _numbers() -> Iterator[tuple[int, int]]:
    """Yield (number of the first arrival, how many) of each block."""
    first = 0
    for count in chain(_BLOCKS, repeat(_BLOCKS[-1])):
        yield first, count
        first += count


def _periodic(every_s: float, stream: Stream, starts_s: float) -> Iterator[Floats]:
    phase_s = starts_s + every_s * stream.uniform(0)
    for first, count in _numbers():
        yield phase_s + every_s * np.arange(first, first + count, dtype=np.float64)


def _unit_poisson(stream: Stream) -> Iterator[Floats]:
    """Yield the instants of a Poisson process of rate 1 from 0: sums of exponential gaps, added one by one."""
    last = 0.0
    for first, count in _numbers():
        gaps = -np.log1p(-stream.block(first, count))
        gaps[0] += last
        sums = np.cumsum(gaps)
        last = float(sums[-1])
        yield sums


def _where_expected(day: DiurnalShape, expected: Floats, starts_s: float) -> Floats:
    """Return the instants by which `expected` arrivals are expected since `starts_s`.

    With the cumulative rate Λ a Poisson process of rate 1 becomes one of rate Λ′ (Çinlar, "Introduction to Stochastic
    Processes", 1975, ch. 4.7). Λ is a line plus a sine, so each root lies within the sine's size of the line's;
    halving a fixed number of times keeps every instant independent of its block.
    """
    mean, swing = (day.high + day.low) / 2, (day.high - day.low) / 2
    turn = 2 * math.pi / day.period
    at_start = math.sin(turn * (starts_s - day.peak_at))
    reach_s = 2 * abs(swing) / turn / mean
    low = np.maximum(expected / mean - reach_s, 0.0)
    high = expected / mean + reach_s
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        sine = np.sin(turn * (starts_s + middle - day.peak_at)) - at_start
        below = mean * middle + swing / turn * sine < expected
        low, high = np.where(below, middle, low), np.where(below, high, middle)
    return starts_s + np.maximum.accumulate((low + high) / 2)

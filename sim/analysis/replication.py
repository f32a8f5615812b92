"""One run, reduced to what comparisons and pictures need: small, picklable, no call rows."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "LATENCY_EDGES_S",
    "Blame",
    "FaultSpan",
    "Floats",
    "Gauge",
    "Key",
    "Outage",
    "Reading",
    "Replication",
    "Series",
]

Floats = NDArray[np.float64]
Key = tuple[str, str, str]  # phase, subject, metric

LATENCY_EDGES_S: Floats = np.logspace(-5, 4, 181)  # 20 bins a decade, 10 µs to 10,000 s


@dataclass(frozen=True, slots=True)
class Reading:
    """What a probe (objective or steady state) read in this run.

    `value` is NaN where the run says nothing about it (no calls, no such event). `pair`: of a ratio of sums (a share of
    calls: how many of how many), so that replications can be pooled. `broken`: beyond the bound, in this run.
    """

    value: float
    broken: bool
    pair: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class FaultSpan:
    """One occurrence of a fault; `end_s` is the run's end where nothing ended it (`ended` tells)."""

    name: str
    kind: str
    target: str
    begin_s: float
    end_s: float
    ended: bool


@dataclass(frozen=True, slots=True)
class Series:
    """Counts of one client's calls over equal bins of time (edges: `Replication.edges_s`), by the call's start.

    `attempts` counts by each attempt's own instant, `answered` counts good answers when they came (goodput).
    """

    offered: Floats
    ok: Floats
    failed: Floats
    unknown: Floats
    attempts: Floats
    answered: Floats


@dataclass(frozen=True, slots=True)
class Gauge:
    """A sampled value over time: `values[i]` holds from `times_s[i]` until the next; times start at 0."""

    times_s: Floats
    values: Floats


@dataclass(frozen=True, slots=True)
class Blame:
    """Calls that broke an objective (failing ones, or slow ones), of one reason, started while the same faults were on.

    `longest_s`: the longest run of consecutive such calls of the subject, first start to last end, that one of these
    is part of; of a recovery, how long it took.
    """

    subject: str  # client/NAME, service/NAME or cluster
    reason: str
    faults: tuple[str, ...]
    calls: int
    first_s: float
    last_s: float
    longest_s: float


@dataclass(frozen=True, slots=True)
class Outage:
    """Stretches in which a gauge was not as it should be (`node_ready` below 1, `pods_terminating` above 0, …).

    One per (metric, subject, faults that were on at the stretch's beginning). `lost`: ∫ what was missing (or too much)
    dt, in the metric's unit times seconds; `peak`: the most that was missing (or too much) at any moment.
    """

    metric: str
    subject: str
    faults: tuple[str, ...]
    count: int
    total_s: float
    longest_s: float
    lost: float
    peak: float


@dataclass(frozen=True, slots=True)
class Replication:
    """One replication. `values[phase, subject, metric]`; `ratios` of the same keys hold (top, bottom) where a metric is
    a ratio of sums; `readings` by `objectives.NAME` and `steady.NAME`.
    """

    scenario: str
    option: str
    seed: int
    source: str
    duration_s: float
    values: dict[Key, float]
    ratios: dict[Key, tuple[float, float]]
    readings: dict[str, Reading]
    edges_s: Floats
    series: dict[str, Series]  # by client/NAME
    latency: dict[str, NDArray[np.int64]]  # by client/NAME: counts of ok calls over LATENCY_EDGES_S
    gauges: dict[tuple[str, str], Gauge]  # by metric, subject
    faults: tuple[FaultSpan, ...]
    blames: dict[str, tuple[Blame, ...]]  # by objective
    outages: tuple[Outage, ...]
    allowed: dict[str, float] = field(default_factory=dict)  # by subject: the failing share that its budget allows

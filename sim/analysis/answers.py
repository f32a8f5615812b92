"""The answers of a comparison, each a flat row: what was read, what it means, what caused it.

Shares are 0..1, times seconds. `ci_low`/`ci_high` are a 95 % interval, NaN where one replication allows none; a value
of infinity is a recovery that never came.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = ["Cause", "Difference", "Ranking", "SummaryRow", "Verdict", "VerdictWord"]

VerdictWord = Literal["held", "broken", "undecided"]


@dataclass(frozen=True, slots=True)
class SummaryRow:
    """One row per (option, phase, subject, metric): the estimate over `n` replications and its 95 % interval."""

    scenario: str
    option: str
    source: str  # sim or real
    phase: str  # all, before, fault:NAME, after
    subject: str
    metric: str
    unit: str
    value: float
    ci_low: float
    ci_high: float
    n: int


@dataclass(frozen=True, slots=True)
class Verdict:
    """One row per (option, objective): whether it was kept, by the interval, and why."""

    option: str
    objective: str
    of: str
    metric: str
    bound: str  # as people write it: `≥ 99.9%`, `≤ 5s`, with `in every 30s`, `from 1h`
    unit: str
    value: float
    ci_low: float
    ci_high: float
    verdict: VerdictWord
    broken_share: float  # of the replications
    n: int
    why: str  # one sentence


@dataclass(frozen=True, slots=True)
class Difference:
    """One row per (objective, option): its value minus that of `against`, replication by replication.

    The interval holds for all options of the objective at once. `tie`: it contains 0.
    """

    objective: str
    metric: str
    unit: str
    option: str
    against: str
    value: float
    ci_low: float
    ci_high: float
    tie: bool
    n: int


@dataclass(frozen=True, slots=True)
class Ranking:
    """One objective's order: `best` is best, or within `delta` of the best, with 95 % confidence.

    `tied`: the other options that may be the best as well. `order`: all options, best first, by their estimates.
    """

    objective: str
    metric: str
    unit: str
    best: str
    delta: float
    tied: tuple[str, ...]
    order: tuple[str, ...]
    text: str


@dataclass(frozen=True, slots=True)
class Cause:
    """What broke an objective: during which fault, by which mechanism, how much, how long."""

    option: str
    objective: str
    fault: str  # a fault's name, names joined by ' + ', or '' outside every fault
    mechanism: str  # a reason of a call (unreachable, dial_timeout, …), or what the cluster did
    calls: float  # failing calls a replication (0 where the objective is not about calls)
    share: float  # of all that broke the objective
    longest_s: float  # the longest unbroken stretch in any replication
    text: str

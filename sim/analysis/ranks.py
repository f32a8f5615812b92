"""Ranks with ties: a policy stands behind another only where their paired difference is surely not noise.

All pairs of one table are held at once (Bonferroni over k (k − 1) / 2 two-sided intervals at 95 %), so that a table of
many policies does not find differences by looking often. The rank of a policy is 1 + how many are surely better; those
of one rank need not be tied with each other: "not surely different" does not carry over from A and B to A and C.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from sim.analysis.differences import paired, paired_difference
from sim.analysis.estimate import SHARES_OF_CALLS
from sim.analysis.measures import Measure, reading_of
from sim.analysis.replication import Replication

__all__ = ["Rank", "Standing", "ranks", "standings"]

Options = Mapping[str, Sequence[Replication]]


@dataclass(frozen=True, slots=True)
class Rank:
    """One row per (scenario, metric, option): where it stands, 1 is best; `ties`: from whom it is not surely different.

    `best`: nobody is surely better. `worst`: somebody is surely better, and it is surely better than nobody.
    """

    scenario: str
    metric: str
    option: str
    rank: int
    best: bool
    worst: bool
    ties: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Standing:
    """One row per (metric, option): in how many of `of` scenarios it is best (alone or tied), and in how many worst."""

    metric: str
    option: str
    best: int
    worst: int
    of: int


def ranks(scenario: str, options: Options, measure: Measure, callers: str, level: float = 0.95) -> tuple[Rank, ...]:
    """Return every option's rank; nothing where no run reads the measure, or one option alone does."""
    read = {name: made for name, made in options.items() if _is_read(made, measure, callers)}
    pairs = list(combinations(read, 2))
    if not pairs:
        return ()
    each = 1 - (1 - level) / len(pairs)
    beats = {(a, b): _beats(read[a], read[b], measure, callers, each) for a, b in pairs}
    better: dict[str, list[str]] = {name: [] for name in read}
    worse: dict[str, list[str]] = {name: [] for name in read}
    for (a, b), sign in beats.items():
        for winner, loser in ((a, b),) if sign > 0 else ((b, a),) if sign < 0 else ():
            better[loser].append(winner)
            worse[winner].append(loser)
    return tuple(
        Rank(
            scenario,
            measure.metric,
            name,
            rank=1 + len(better[name]),
            best=not better[name],
            worst=bool(better[name]) and not worse[name],
            ties=tuple(o for o in read if o != name and o not in better[name] and o not in worse[name]),
        )
        for name in read
    )


def _is_read(replications: Sequence[Replication], measure: Measure, callers: str) -> bool:
    return any(not math.isnan(reading_of(replication, measure, callers).value) for replication in replications)


def _beats(
    ours: Sequence[Replication], theirs: Sequence[Replication], measure: Measure, callers: str, level: float
) -> int:
    """Return 1 if ours is surely better, −1 if surely worse, 0 if it cannot be told."""
    pairs = paired(ours, theirs, lambda replication: reading_of(replication, measure, callers))
    found = paired_difference(pairs, level, pooled=measure.metric in SHARES_OF_CALLS)
    surely = (found.low > 0) - (found.high < 0)
    return surely if measure.better == "high" else -surely


def standings(found: Sequence[Rank]) -> tuple[Standing, ...]:
    """Return the ranks of many scenarios, counted by metric and option; no score is made of them."""
    rows = dict.fromkeys((rank.metric, rank.option) for rank in found)
    return tuple(_standing([rank for rank in found if (rank.metric, rank.option) == row]) for row in rows)


def _standing(mine: Sequence[Rank]) -> Standing:
    return Standing(
        metric=mine[0].metric,
        option=mine[0].option,
        best=sum(rank.best for rank in mine),
        worst=sum(rank.worst for rank in mine),
        of=len(mine),
    )

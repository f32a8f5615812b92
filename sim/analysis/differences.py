"""Options against each other: paired differences over the same seeds, and which option is best.

Options share their random numbers, so the difference of two options in one replication is the options' own. Against
one option: Bonferroni over the others. Best of all: Hsu's multiple comparisons with the best, each one-sided bound at
α / (k − 1) (Hsu, Ann. Stat. 12, 1984; with common random numbers Nelson and Matejcik, Management Science 41, 1995). Few
failures: score the two intervals apart (MOVER: Donner and Zou, Stat. Methods Med. Res. 21, 2012); pairing then brings
nothing, and t of the differences would collapse.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from sim.analysis.answers import Difference, Ranking
from sim.analysis.estimate import SHARES_OF_CALLS, of_objective
from sim.analysis.intervals import FEW, Interval, mean_interval, median_interval, share_interval
from sim.analysis.reading import show
from sim.analysis.replication import Floats, Reading, Replication
from sim.spec.probes import Probe, metric_unit

__all__ = ["difference", "difference_row", "differences", "paired", "paired_difference", "ranking"]

Options = Mapping[str, Sequence[Replication]]


def differences(options: Options, name: str, probe: Probe, against: str, level: float = 0.95) -> list[Difference]:
    """Return each other option minus `against`, with intervals that hold for all of them at once."""
    others = [option for option in options if option != against]
    each = 1 - (1 - level) / max(len(others), 1)
    return [
        difference_row(name, probe, option, against, difference(options[option], options[against], name, probe, each))
        for option in others
    ]


def difference_row(name: str, probe: Probe, option: str, against: str, found: Interval) -> Difference:
    """Return a found difference as a row of answers."""
    return Difference(
        objective=name,
        metric=probe.metric,
        unit=metric_unit(probe.metric),
        option=option,
        against=against,
        value=found.value,
        ci_low=found.low,
        ci_high=found.high,
        tie=not (found.low > 0 or found.high < 0),
        n=found.n,
    )


def difference(
    ours: Sequence[Replication], theirs: Sequence[Replication], name: str, probe: Probe, level: float
) -> Interval:
    """Return ours − theirs of an objective's reading, over the seeds that both have and both read something in."""
    key = f"objectives.{name}"
    pairs = paired(ours, theirs, lambda replication: replication.readings[key])
    return paired_difference(pairs, level, pooled=probe.metric in SHARES_OF_CALLS and probe.every is None)


def paired_difference(pairs: Sequence[tuple[Reading, Reading]], level: float, *, pooled: bool) -> Interval:
    """Return ours − theirs over pairs of readings of one seed each; `pooled`: of shares of all calls of all seeds.

    Where one of the two never came (infinity) it is the median of the differences, by order statistics.
    """
    if not pairs:
        return Interval(math.nan, math.nan, math.nan, 0, "none")
    mine, other = ([pair[side] for pair in pairs] for side in (0, 1))
    if any(math.isinf(reading.value) for reading in [*mine, *other]):
        return median_interval([_minus(a.value, b.value) for a, b in pairs], level)
    if pooled:
        return _shares(_counts(mine), _counts(other), level)
    return mean_interval([a.value - b.value for a, b in pairs], level)


def paired(
    ours: Sequence[Replication], theirs: Sequence[Replication], read: Callable[[Replication], Reading]
) -> list[tuple[Reading, Reading]]:
    """Return what both read, over the seeds that both have and both read something in."""
    by_seed = {replication.seed: read(replication) for replication in theirs}
    found = [(read(r), by_seed[r.seed]) for r in ours if r.seed in by_seed]
    return [pair for pair in found if not any(math.isnan(reading.value) for reading in pair)]


def _minus(a: float, b: float) -> float:
    return 0.0 if math.isinf(a) and math.isinf(b) else a - b  # neither came: no difference


def _counts(readings: Sequence[Reading]) -> _Counts:
    tops, bottoms = zip(*(reading.pair or (0.0, 0.0) for reading in readings), strict=True)
    return _Counts(np.array(tops, float), np.array(bottoms, float))


@dataclass(frozen=True, slots=True)
class _Counts:
    """How many calls of how many, run by run."""

    top: Floats
    bottom: Floats

    @property
    def share(self) -> float:
        return float(self.top.sum() / self.bottom.sum())

    @property
    def rarer(self) -> float:
        """How often the rarer outcome was seen in all."""
        return float(min(self.top.sum(), (self.bottom - self.top).sum()))

    @property
    def left_over(self) -> Floats:
        """What is left of each run's share after the pooled one: the delta method's independent pieces."""
        return np.asarray((self.top - self.share * self.bottom) / self.bottom.mean())

    def interval(self, level: float) -> Interval:
        return share_interval(self.top.tolist(), self.bottom.tolist(), level)


def _shares(mine: _Counts, other: _Counts, level: float) -> Interval:
    gap = mine.share - other.share
    if min(mine.rarer, other.rarer) >= FEW:
        found = mean_interval(mine.left_over - other.left_over, level)
        return _possible(gap, gap + found.low - found.value, gap + found.high - found.value, found.n, found.method)
    if np.array_equal(mine.top, other.top) and np.array_equal(mine.bottom, other.bottom):
        return Interval(0.0, 0.0, 0.0, len(mine.top), "all alike")  # the option changed nothing that calls noticed
    a, b = mine.interval(level), other.interval(level)
    low = gap - math.hypot(a.value - a.low, b.high - b.value)
    return _possible(gap, low, gap + math.hypot(a.high - a.value, b.value - b.low), a.n, "apart")


def _possible(gap: float, low: float, high: float, n: int, method: str) -> Interval:
    """Return an interval without what two shares cannot differ by; few runs give one that is wider."""
    return Interval(gap, max(low, -1.0), min(high, 1.0), n, method)


def ranking(options: Options, name: str, probe: Probe, level: float = 0.95) -> Ranking:
    """Return which option is best for an objective, or within δ of the best, and which others may be."""
    sign = 1.0 if probe.at_least is not None else -1.0
    values = {o: of_objective(reps, name, probe.metric, probe.of).value * sign for o, reps in options.items()}
    order = sorted(values, key=lambda option: -math.inf if math.isnan(values[option]) else values[option], reverse=True)
    best, rest = order[0], order[1:]
    each = 1 - 2 * (1 - level) / max(len(rest), 1)  # one-sided bounds at α / (k − 1)
    bounds = {
        (a, b): _oriented(difference(options[a], options[b], name, probe, each), sign)
        for place, a in enumerate(order)
        for b in order[place + 1 :]
    }
    bounds |= {(b, a): (-high, -low) for (a, b), (low, high) in bounds.items()}
    # Hsu: who is surely worse than some other cannot be the best
    tied = tuple(o for o in rest if all(not bounds[o, other][1] < 0 for other in order if other != o))
    delta = max([0.0, *(-bounds[best, other][0] for other in tied)])
    unknown = any(math.isnan(bounds[best, other][0]) for other in rest)
    return Ranking(
        objective=name,
        metric=probe.metric,
        unit=metric_unit(probe.metric),
        best=best,
        delta=math.nan if unknown else delta,
        tied=tied,
        order=tuple(order),
        text=_text(best, math.nan if unknown else delta, tied, metric_unit(probe.metric)),
    )


def _oriented(found: Interval, sign: float) -> tuple[float, float]:
    return (found.low, found.high) if sign > 0 else (-found.high, -found.low)


def _text(best: str, delta: float, tied: Sequence[str], unit: str) -> str:
    if math.isnan(delta):
        return f"{best} reads best; too few runs to say more"
    if not tied:
        return f"{best} is best (95 %)"
    size = f"{show(delta, unit)}{'p' if unit == 'share' else ''}"  # a distance of shares: percentage points
    within = f"within {size} of the best" if math.isfinite(delta) else "not surely so"
    others = ", ".join(tied)
    return (
        f"{best} is best, or {within} (95 %); may be as good: {others}"
        if delta
        else f"{best}, and equally good: {others}"
    )

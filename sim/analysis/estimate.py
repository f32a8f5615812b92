"""Which interval belongs to which metric, over the replications of one option."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace

from sim.analysis.answers import SummaryRow
from sim.analysis.intervals import (
    Interval,
    exact_share,
    mean_interval,
    median_interval,
    ratio_interval,
    share_interval,
)
from sim.analysis.replication import Key, Replication
from sim.spec.probes import METRICS, metric_unit

__all__ = ["SHARES_OF_CALLS", "estimate", "of_objective", "summary_rows"]

SHARES_OF_CALLS = ("call_ok_share", "call_unknown_share")
Pair = tuple[float, float]


def estimate(
    metric: str,
    values: Sequence[float],
    pairs: Sequence[Pair] = (),
    level: float = 0.95,
    allowed: float | None = None,
) -> Interval:
    """Return a metric over replications that each read one of `values` (and (top, bottom) in `pairs` if it is a ratio).

    Shares of calls are pooled. With a value of infinity (a recovery that never came) the mean says nothing: the median
    and its interval stand instead. `collapsed_share` is a share of replications. No metric is below 0, no share but
    the spent budget above 1.
    """
    return _within(metric, _raw(metric, values, pairs, level, allowed))


def _raw(metric: str, values: Sequence[float], pairs: Sequence[Pair], level: float, allowed: float | None) -> Interval:
    if metric == "collapsed_share" and values:
        return exact_share(sum(value > 0.5 for value in values), len(values), level)
    if any(math.isinf(value) for value in values):
        return median_interval(values, level)
    if len(pairs) == len(values) > 0:
        tops, bottoms = zip(*pairs, strict=True)
        if metric in SHARES_OF_CALLS:
            return share_interval(tops, bottoms, level)
        if metric == "budget_spent_share" and allowed:
            return _budget(tops, bottoms, level, allowed)
        if metric != "budget_spent_share":
            return ratio_interval(tops, bottoms, level)
    return mean_interval(values, level)


def _budget(tops: Sequence[float], bottoms: Sequence[float], level: float, allowed: float) -> Interval:
    """Return the failing share, in shares of what is allowed. `tops`: the good calls."""
    good = share_interval(tops, bottoms, level)
    low, high = (1 - good.high) / allowed, (1 - good.low) / allowed
    return replace(good, value=(1 - good.value) / allowed, low=low, high=high)


def _within(metric: str, found: Interval) -> Interval:
    highest = 1.0 if metric_unit(metric) == "share" and metric != "budget_spent_share" else math.inf
    return replace(found, low=_clipped(found.low, highest), high=_clipped(found.high, highest))


def _clipped(bound: float, highest: float) -> float:
    return bound if math.isnan(bound) else min(max(bound, 0.0), highest)


def summary_rows(
    replications: Sequence[Replication], level: float = 0.95, metric: str | None = None
) -> list[SummaryRow]:
    """Return one row per (phase, subject, metric) that any replication has, phases and subjects together.

    `metric`: only that one.
    """
    having = dict.fromkeys(key for replication in replications for key in replication.values)
    keys = {key: None for key in having if metric in (None, key[2])}
    return [_row(replications, key, level) for key in sorted(keys, key=_order(keys))]


def _order(keys: dict[Key, None]) -> Callable[[Key], tuple[int, int, int]]:
    phases = {phase: place for place, phase in enumerate(dict.fromkeys(key[0] for key in keys))}
    subjects = {subject: place for place, subject in enumerate(dict.fromkeys(key[1] for key in keys))}
    metrics = {metric: place for place, metric in enumerate(METRICS)}
    return lambda key: (phases[key[0]], subjects[key[1]], metrics[key[2]])


def _row(replications: Sequence[Replication], key: Key, level: float) -> SummaryRow:
    phase, subject, metric = key
    mine = [replication for replication in replications if key in replication.values]
    first = mine[0]
    paired = (phase, subject, "call_ok_share") if metric == "budget_spent_share" else key
    pairs = [replication.ratios[paired] for replication in mine if paired in replication.ratios]
    values = [replication.values[key] for replication in mine]
    found = estimate(metric, values, pairs, level, first.allowed.get(subject))
    return SummaryRow(
        scenario=first.scenario,
        option=first.option,
        source=first.source,
        phase=phase,
        subject=subject,
        metric=metric,
        unit=metric_unit(metric),
        value=found.value,
        ci_low=found.low,
        ci_high=found.high,
        n=found.n,
    )


def of_objective(replications: Sequence[Replication], name: str, metric: str, of: str, level: float = 0.95) -> Interval:
    """Return an objective's reading over the replications that read anything."""
    readings = [replication.readings[f"objectives.{name}"] for replication in replications]
    known = [reading for reading in readings if not math.isnan(reading.value)]
    pairs = [reading.pair for reading in known if reading.pair is not None]
    allowed = replications[0].allowed.get(of) if replications else None
    return estimate(metric, [reading.value for reading in known], pairs, level, allowed)

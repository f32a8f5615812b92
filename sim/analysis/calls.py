"""Metrics of a set of calls. Times are of all calls, failed ones too: how long a caller waited for an end.

A call belongs to the period in which it started; goodput counts ends, since an answer is good when it comes.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim.analysis.replication import Floats
from sim.analysis.spans import Periods, length_s
from sim.record.rows import OUTCOMES

__all__ = [
    "OK",
    "QUANTILES",
    "UNKNOWN",
    "Rows",
    "call_metrics",
    "call_ratios",
    "call_times",
    "offered_s",
    "peak_per_s",
]

Rows = NDArray[np.void]
OK, UNKNOWN = OUTCOMES.index("ok"), OUTCOMES.index("unknown")
QUANTILES: dict[str, float] = {"call_p50_s": 0.5, "call_p90_s": 0.9, "call_p99_s": 0.99, "call_p999_s": 0.999}


def call_ratios(calls: Rows) -> dict[str, tuple[float, float]]:
    """Return the metrics that are ratios of sums, as (top, bottom), so that replications can be pooled."""
    count, outcome = float(len(calls)), calls["outcome"]
    return {
        "call_ok_share": (float(np.count_nonzero(outcome == OK)), count),
        "call_unknown_share": (float(np.count_nonzero(outcome == UNKNOWN)), count),
        "attempts_per_call": (float(calls["attempts"].sum(dtype=np.int64)), count),
    }


def call_metrics(calls: Rows, offered: Floats, ended: int, periods: Periods) -> dict[str, float]:
    """Return the metrics of calls that started in the periods.

    `offered`: instants of their attempts (all clients', in the periods); `ended`: how many good answers came in them.
    Rates are always there, even 0; shares, times and counts only where there were calls.
    """
    for_s = length_s(periods)
    found = {
        "offered_per_s": len(offered) / for_s,
        "offered_peak_per_s": peak_per_s(offered),
        "goodput_per_s": ended / for_s,
    }
    if len(calls):
        found |= {name: top / bottom for name, (top, bottom) in call_ratios(calls).items()}
        found["attempts_failed"] = _attempts_failed(calls)
        found |= call_times(calls["took_s"])
    return found


def call_times(took_s: Floats) -> dict[str, float]:
    """Return mean and quantiles. A quantile is the smallest time that at least its share of calls did not exceed."""
    levels = list(QUANTILES.values())
    values = np.quantile(took_s, levels, method="inverted_cdf")
    return {"call_mean_s": float(took_s.mean()), **dict(zip(QUANTILES, map(float, values), strict=True))}


def _attempts_failed(calls: Rows) -> float:
    """All attempts but the one that made a call good."""
    return float(calls["attempts"].sum(dtype=np.int64) - np.count_nonzero(calls["outcome"] == OK))


def offered_s(calls: Rows) -> Floats:
    """Return the instants of the calls' attempts, sorted: spread evenly over a call's time, the first at its start.

    A call that made none (rejected by its own policy) offers nothing. Who traced attempts knows better.
    """
    single = calls["attempts"] <= 1
    starts = calls["t_s"][single & (calls["attempts"] == 1)]
    many = calls[~single]
    if not len(many):
        return np.sort(starts)
    counts = many["attempts"].astype(np.int64)
    first = np.repeat(np.cumsum(counts) - counts, counts)
    place = (np.arange(counts.sum()) - first) / np.repeat(counts, counts)
    spread = np.repeat(many["t_s"], counts) + place * np.repeat(many["took_s"], counts)
    return np.sort(np.concatenate([starts, spread]))


def peak_per_s(instants_s: Floats) -> float:
    """Return the most instants in any of the whole seconds counted from 0."""
    return float(np.unique(np.floor(instants_s), return_counts=True)[1].max()) if len(instants_s) else 0.0

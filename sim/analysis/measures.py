"""What a comparison of policies reads: a few measures of the callers, and which way each of them is better."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal, NamedTuple

import numpy as np

from sim.analysis.answers import SummaryRow
from sim.analysis.replication import Reading, Replication
from sim.spec.probes import metric_unit

__all__ = [
    "ATTEMPTS", "COLLAPSED", "MEASURES", "P50", "P99", "P999", "PEAK", "RANKED", "RECOVERS", "SUCCESS", "WASTED",
    "Measure", "nominal_per_s", "reading_of", "row_of", "subject_of",
]  # fmt: skip


class Measure(NamedTuple):
    """A metric, its name in a narrow table, and which end of it is the good one.

    `of`: `callers` (whom the comparison is about), or `cluster` (all servers together).
    """

    metric: str
    label: str
    better: Literal["high", "low"]
    of: Literal["callers", "cluster"] = "callers"

    @property
    def unit(self) -> str:
        """Return the metric's unit."""
        return metric_unit(self.metric)


SUCCESS = Measure("call_ok_share", "success", "high")
P50 = Measure("call_p50_s", "p50", "low")
P99 = Measure("call_p99_s", "p99", "low")
P999 = Measure("call_p999_s", "p99.9", "low")
ATTEMPTS = Measure("attempts_per_call", "tries", "low")
WASTED = Measure("wasted_work_share", "wasted", "low", "cluster")
PEAK = Measure("offered_peak_per_s", "peak", "low")
RECOVERS = Measure("recovery_s", "recovers", "low")
COLLAPSED = Measure("collapsed_share", "lost", "low")

MEASURES = (SUCCESS, P50, P99, P999, ATTEMPTS, WASTED, PEAK, RECOVERS, COLLAPSED)
"""In the order of the tables. `collapsed_share` (`sim.analysis.view.View.collapsed`) stands beside the quantiles:
retries make runs bimodal, and no quantile of all runs together says that half of them never came back."""

RANKED = (SUCCESS, P99, ATTEMPTS, RECOVERS)
"""What policies are ranked by, each by itself: to be answered, soon, at what price, and to be well again."""


def subject_of(measure: Measure, callers: str) -> str:
    """Return the subject of a measure, where the comparison is about `callers` (`client/NAME` or `cluster`)."""
    return callers if measure.of == "callers" else "cluster"


def reading_of(replication: Replication, measure: Measure, callers: str) -> Reading:
    """Return what one run read; NaN where it says nothing about it."""
    key = ("all", subject_of(measure, callers), measure.metric)
    return Reading(replication.values.get(key, math.nan), False, replication.ratios.get(key))


def nominal_per_s(replications: Sequence[Replication], callers: str) -> float:
    """Return how many calls a second the callers start, averaged over runs: what a load without retries would be."""
    chosen = [
        series.offered.sum() / replication.duration_s
        for replication in replications
        for name, series in replication.series.items()
        if callers in (name, "cluster")
    ]
    return float(np.sum(chosen)) / len(replications)


def row_of(rows: Sequence[SummaryRow], option: str, measure: Measure, callers: str) -> SummaryRow | None:
    """Return the summary row of a measure over the whole run, None where there is none."""
    wanted = (option, "all", subject_of(measure, callers), measure.metric)
    return next((row for row in rows if (row.option, row.phase, row.subject, row.metric) == wanted), None)

"""What failing calls and bad gauges coincided with: the faults that were on, the reason, how long without a break."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sim.analysis.calls import OK, Rows
from sim.analysis.gauges import mean, stretches, worst
from sim.analysis.replication import Blame, FaultSpan, Gauge, Outage
from sim.analysis.spans import state_at
from sim.record.rows import REASONS

__all__ = ["blames", "outages"]


def blames(subject: str, calls: Rows, spans: Sequence[FaultSpan]) -> list[Blame]:
    """Return the failing calls (failed and unknown; `calls` sorted by start) by reason and faults on at their start."""
    failing = np.flatnonzero(calls["outcome"] != OK)
    groups: dict[tuple[int, tuple[str, ...]], list[int]] = {}
    reasons = calls["reason"][failing].tolist()
    for index, reason, faults in zip(
        failing.tolist(), reasons, state_at(spans, calls["t_s"][failing].tolist()), strict=True
    ):
        groups.setdefault((reason, faults), []).append(index)
    run_of_call = _runs(calls, failing)
    return [
        Blame(
            subject=subject,
            reason=REASONS[reason],
            faults=faults,
            calls=len(members),
            first_s=float(calls["t_s"][members[0]]),
            last_s=float(calls["t_s"][members[-1]]),
            longest_s=max(run_of_call[index] for index in members),
        )
        for (reason, faults), members in groups.items()
    ]


def _runs(calls: Rows, failing: np.ndarray[tuple[int], np.dtype[np.int64]]) -> dict[int, float]:
    """Return for each failing call how long the unbroken run of failing calls that it is in lasted."""
    if not len(failing):
        return {}
    breaks = np.flatnonzero(np.diff(failing) != 1) + 1
    lasted: dict[int, float] = {}
    for run in np.split(failing, breaks):
        ends_s = float((calls["t_s"][run] + calls["took_s"][run]).max())
        lasted |= dict.fromkeys(run.tolist(), ends_s - float(calls["t_s"][run[0]]))
    return lasted


def outages(gauges: dict[tuple[str, str], Gauge], spans: Sequence[FaultSpan], end_s: float) -> list[Outage]:
    """Return where gauges were not as they should be: shares and readiness below 1, counts of trouble above 0.

    A service should have as many ready endpoints as when the plan began.
    """
    found: list[Outage] = []
    for (metric, subject), gauge in gauges.items():
        if metric.startswith("pods_") and metric != "pods_ready":
            found += _outages(metric, subject, gauge, stretches(gauge, end_s, above=0.0), spans, 0.0)
        else:
            due = float(gauge.values[0]) if metric == "pods_ready" else 1.0
            found += _outages(metric, subject, gauge, stretches(gauge, end_s, below=due), spans, due)
    return found


def _outages(
    metric: str,
    subject: str,
    gauge: Gauge,
    found: list[tuple[float, float]],
    spans: Sequence[FaultSpan],
    due: float,
) -> list[Outage]:
    groups: dict[tuple[str, ...], list[tuple[float, float]]] = {}
    for stretch, faults in zip(found, state_at(spans, [begin for begin, _ in found]), strict=True):
        groups.setdefault(faults, []).append(stretch)
    return [_outage(metric, subject, gauge, faults, stretch, due) for faults, stretch in groups.items()]


def _outage(
    metric: str, subject: str, gauge: Gauge, faults: tuple[str, ...], found: list[tuple[float, float]], due: float
) -> Outage:
    periods = tuple(found)
    lasted = [end - begin for begin, end in periods]
    total_s = sum(lasted)
    return Outage(
        metric=metric,
        subject=subject,
        faults=faults,
        count=len(found),
        total_s=total_s,
        longest_s=max(lasted),
        lost=abs(mean(gauge, periods) - due) * total_s,
        peak=abs(worst(gauge, periods, highest=due == 0.0) - due),
    )

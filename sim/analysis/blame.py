"""What failing calls and bad gauges coincided with: the faults that were on, the reason, how long without a break."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from sim.analysis.calls import Rows
from sim.analysis.gauges import mean, stretches, worst
from sim.analysis.replication import Blame, FaultSpan, Floats, Gauge, Outage
from sim.analysis.spans import state_at
from sim.record.rows import REASONS

__all__ = ["blames", "outages"]


def blames(subject: str, calls: Rows, bad: NDArray[np.bool_], spans: Sequence[FaultSpan]) -> tuple[Blame, ...]:
    """Return the bad ones of a subject's calls (sorted by start), by reason and by the faults on at their start."""
    chosen = np.flatnonzero(bad)
    starts = calls["t_s"]
    lasted = _run_lengths_s(calls, chosen)
    groups: dict[tuple[int, tuple[str, ...]], list[int]] = {}
    reasons = calls["reason"][chosen].tolist()
    for place, reason, faults in zip(
        range(len(chosen)), reasons, state_at(spans, starts[chosen].tolist()), strict=True
    ):
        groups.setdefault((reason, faults), []).append(place)
    return tuple(
        Blame(
            subject=subject,
            reason=REASONS[reason],
            faults=faults,
            calls=len(places),
            first_s=float(starts[chosen[places[0]]]),
            last_s=float(starts[chosen[places[-1]]]),
            longest_s=float(lasted[places].max()),
        )
        for (reason, faults), places in groups.items()
    )


def _run_lengths_s(calls: Rows, chosen: NDArray[np.intp]) -> Floats:
    """Return for each chosen call how long the unbroken run of chosen calls that it is in lasted."""
    if not len(chosen):
        return np.empty(0)
    run = np.concatenate([[0], np.cumsum(np.diff(chosen) != 1)])
    first = np.flatnonzero(np.concatenate([[True], np.diff(run) != 0]))
    ends = np.maximum.reduceat(calls["t_s"][chosen] + calls["took_s"][chosen], first)
    return np.asarray((ends - calls["t_s"][chosen][first])[run])


def outages(gauges: dict[tuple[str, str], Gauge], spans: Sequence[FaultSpan], end_s: float) -> list[Outage]:
    """Return where gauges were not as they should be: shares and readiness below 1, counts of trouble above 0.

    A service should have as many ready endpoints as when the plan began.
    """
    found: list[Outage] = []
    for (metric, subject), gauge in gauges.items():
        if metric.startswith("pods_") and not metric.startswith("pods_ready"):
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

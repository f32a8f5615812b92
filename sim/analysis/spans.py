"""When faults were on, and the phases that follow from it: all, before, fault:NAME, after."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from sim.analysis.replication import FaultSpan, Floats
from sim.record.rows import Event

__all__ = ["ALL", "Periods", "fault_spans", "inside", "length_s", "overlap_s", "phases", "state_at"]

ALL = "all"
Periods = tuple[tuple[float, float], ...]  # disjoint half-open intervals [begin, end), sorted


def fault_spans(events: Iterable[Event], end_s: float) -> tuple[FaultSpan, ...]:
    """Return the occurrences of faults in the order in which they began; open ones last until the end of the run."""
    open_spans: dict[str, list[Event]] = {}
    found: list[FaultSpan] = []
    for event in events:
        if event.kind == "fault_begin":
            open_spans.setdefault(event.subject, []).append(event)
        elif event.kind == "fault_end" and open_spans.get(event.subject):
            found.append(_span(open_spans[event.subject].pop(0), event.t_s, ended=True))
    for begins in open_spans.values():
        found += [_span(begin, end_s, ended=False) for begin in begins]
    return tuple(sorted(found, key=lambda span: (span.begin_s, span.name)))


def _span(begin: Event, end_s: float, *, ended: bool) -> FaultSpan:
    name, detail = begin.subject.removeprefix("fault/"), begin.detail
    return FaultSpan(name, str(detail.get("kind", "")), str(detail.get("target", "")), begin.t_s, end_s, ended)


def phases(spans: Sequence[FaultSpan], end_s: float) -> dict[str, Periods]:
    """Return the periods of each phase that has any length.

    before: until the first fault begins. fault:NAME: while that fault is on, all its occurrences together. after: from
    the last fault's end, if every fault has ended.
    """
    found: dict[str, Periods] = {ALL: ((0.0, end_s),)}
    if not spans:
        return found
    found["before"] = ((0.0, spans[0].begin_s),)
    for name in dict.fromkeys(span.name for span in spans):
        found[f"fault:{name}"] = tuple(
            (max(span.begin_s, 0.0), span.end_s) for span in spans if span.name == name and span.end_s > span.begin_s
        )
    if all(span.ended for span in spans):
        found["after"] = ((max(span.end_s for span in spans), end_s),)
    return {phase: periods for phase, periods in found.items() if length_s(periods) > 0}


def length_s(periods: Periods) -> float:
    """Return how long the periods are together."""
    return sum(max(0.0, end - begin) for begin, end in periods)


def inside(times_s: Floats, periods: Periods) -> NDArray[np.bool_]:
    """Return which instants lie in one of the periods."""
    edges = np.array(periods).ravel()  # begin, end, begin, end, …: an odd count of edges passed is inside
    return np.asarray(np.searchsorted(edges, times_s, side="right") % 2 == 1)


def overlap_s(begins_s: Floats, ends_s: Floats, periods: Periods) -> Floats:
    """Return how long each interval lies inside the periods."""
    shared = np.zeros(len(begins_s))
    for begin, end in periods:
        shared += np.clip(np.minimum(ends_s, end) - np.maximum(begins_s, begin), 0.0, None)
    return shared


class _Active:
    """Which faults are on, as a step function of time."""

    def __init__(self, spans: Sequence[FaultSpan]) -> None:
        edges = sorted([(s.begin_s, 1, s.name) for s in spans] + [(s.end_s, -1, s.name) for s in spans if s.ended])
        on: dict[str, int] = {}
        self.times_s: list[float] = []
        self.names: list[tuple[str, ...]] = [()]
        for t_s, step, name in edges:
            on[name] = on.get(name, 0) + step
            self.times_s.append(t_s)
            self.names.append(tuple(sorted(name for name, count in on.items() if count > 0)))

    def at(self, t_s: float) -> tuple[str, ...]:
        return self.names[bisect_right(self.times_s, t_s)]


def state_at(spans: Sequence[FaultSpan], times_s: Iterable[float]) -> list[tuple[str, ...]]:
    """Return the names of the faults that are on at each instant, sorted."""
    active = _Active(spans)
    return [active.at(t_s) for t_s in times_s]

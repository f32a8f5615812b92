"""When the steady state came back: the first moment after which it holds in every 30 s window.

A window is [s, s + 30 s), by the start of calls. As s grows, what a window holds changes only when a call leaves it
(s passes the call's start) or enters it (s + 30 s passes it), so the last bad s is found exactly among these moments.
A window without calls says nothing. Not recovered is infinity: bad in the last whole window, or no call afterwards
that shows the contrary.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from sim.analysis.calls import OK, QUANTILES, UNKNOWN, Rows
from sim.analysis.replication import FaultSpan, Floats, Gauge
from sim.spec.probes import Probe

__all__ = [
    "WINDOW_S",
    "CallSigns",
    "GaugeSigns",
    "Signs",
    "all_over_s",
    "call_signs",
    "gauge_signs",
    "recoveries",
    "since",
    "worst_recovery",
]

WINDOW_S = 30.0  # source: the language's own definition of recovery_s (docs/design.md)
_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class CallSigns:
    """Calls as weights: a window breaks the bound exactly if the weights in it sum to more than 0."""

    times_s: Floats  # starts, sorted
    weights: Floats  # above 0: a bad call

    def last_bad_s(self, from_s: float, until_s: float) -> float | None:
        """Return the last start of a window in [from_s, until_s) that is bad, None if all are good."""
        first, end = np.searchsorted(self.times_s, [from_s, until_s])
        times, weights = self.times_s[first:end], self.weights[first:end]
        if not (weights > 0).any():
            return None
        entering = times[weights < 0] - WINDOW_S  # the last window before a good call comes in
        starts = np.concatenate([times[weights > 0], entering[entering >= from_s], [from_s]])
        sums = np.concatenate([[0.0], np.cumsum(weights)])
        begin = np.searchsorted(times, starts, side="left")
        past = np.searchsorted(times, starts + WINDOW_S, side="left")
        bad = starts[sums[past] - sums[begin] > _ROUNDING]
        return float(bad.max()) if len(bad) else None

    def shown_after(self, t_s: float, until_s: float) -> bool:
        """Tell whether any call in (t_s, until_s) can show that it is good again."""
        first, end = np.searchsorted(self.times_s, [np.nextafter(t_s, np.inf), until_s])
        return bool(end > first)


@dataclass(frozen=True, slots=True)
class GaugeSigns:
    """A gauge as stretches in which it is out of bound."""

    out: tuple[tuple[float, float], ...]

    def last_bad_s(self, from_s: float, until_s: float) -> float | None:
        """Return the last moment in [from_s, until_s] that is out of bound, None if there is none."""
        ends = [min(end, until_s) for begin, end in self.out if end > from_s and begin < until_s]
        return max(ends, default=None)

    def shown_after(self, t_s: float, until_s: float) -> bool:
        """Tell whether time passes within the bound after t_s."""
        return t_s < until_s


Signs = CallSigns | GaugeSigns


def call_signs(calls: Rows, probe: Probe) -> CallSigns | None:
    """Return calls (sorted by start) as weights for a probe of their shares, times or attempts; None for others.

    A quantile keeps `at_most` exactly if at least its share of calls is no slower: it is a share of calls, too.
    """
    metric, bound = probe.metric, probe.at_least if probe.at_least is not None else probe.at_most
    assert bound is not None, "a probe has one of the two"
    if metric == "call_ok_share":
        weights = bound - (calls["outcome"] == OK)
    elif metric == "call_unknown_share":
        weights = (calls["outcome"] == UNKNOWN) - bound
    elif metric in QUANTILES:
        weights = QUANTILES[metric] - (calls["took_s"] <= bound)
    elif metric in ("call_mean_s", "attempts_per_call"):
        weights = calls["took_s" if metric == "call_mean_s" else "attempts"] - bound
    else:
        return None
    other_way = (probe.at_most is None) != (metric == "call_ok_share")
    return CallSigns(calls["t_s"], -weights if other_way else weights)


def gauge_signs(gauge: Gauge, probe: Probe, end_s: float) -> GaugeSigns:
    """Return when a gauge is out of a probe's bound."""
    out = np.array([not probe.holds(float(value)) for value in gauge.values])
    edges = np.flatnonzero(np.diff(np.concatenate(([False], out, [False]))))
    times = np.append(gauge.times_s, end_s)
    return GaugeSigns(tuple((float(times[a]), float(times[b])) for a, b in zip(edges[::2], edges[1::2], strict=True)))


def recoveries(
    signs: Sequence[Signs], spans: Sequence[FaultSpan], end_s: float
) -> list[tuple[FaultSpan, float, float]]:
    """Return (span, recovery_s, recovery_from_start_s) for each occurrence of a fault.

    Looked at until the next fault begins after this one's end, or the run ends. From the start, what is bad while the
    fault is on counts; from the end only what comes after. While another fault is still on that will end, nobody can
    tell them apart: the end is then the end of that one. A fault that never ends is asked at the run's end only.
    """
    begins = sorted(span.begin_s for span in spans)
    found = []
    for span in spans:
        over_s = all_over_s(span, spans)
        until_s = next((begin for begin in begins if begin >= over_s and begin > span.begin_s), end_s)
        from_end = since(signs, over_s, until_s) if span.ended else _unended(signs, span, end_s)
        found.append((span, from_end, since(signs, span.begin_s, until_s)))
    return found


def all_over_s(span: FaultSpan, spans: Sequence[FaultSpan]) -> float:
    """Return when the fault, and every fault that overlaps it and ends, are over."""
    over_s = span.end_s
    for other in spans:  # by begin: one pass follows chains of overlaps
        if other.ended and other.begin_s < over_s < other.end_s:
            over_s = other.end_s
    return over_s


def since(signs: Sequence[Signs], from_s: float, until_s: float) -> float:
    """Return how long after `from_s` all signs are good and stay so until `until_s`; infinity if they don't."""
    last_bad = [(sign, sign.last_bad_s(from_s, until_s)) for sign in signs]
    waits = [_wait(sign, bad_s, from_s, until_s) for sign, bad_s in last_bad if bad_s is not None]
    return max(waits, default=0.0)


def _wait(sign: Signs, bad_s: float, from_s: float, until_s: float) -> float:
    whole_window = bad_s + WINDOW_S <= until_s if isinstance(sign, CallSigns) else True
    return bad_s - from_s if whole_window and sign.shown_after(bad_s, until_s) else np.inf


def _unended(signs: Sequence[Signs], span: FaultSpan, end_s: float) -> float:
    """A fault that goes on has no end to count from: recovered meanwhile is 0, still broken is never."""
    return np.inf if np.isinf(since(signs, span.begin_s, end_s)) else 0.0


def worst_recovery(found: Iterable[float]) -> float:
    """Return the longest; NaN where there was no fault to recover from."""
    return max(found, default=float("nan"))

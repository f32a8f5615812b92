"""Which calls of a run broke an objective."""

from __future__ import annotations

import math
from dataclasses import replace

from sim.analysis.blame import blames
from sim.analysis.calls import OK
from sim.analysis.recovery import all_over_s, recoveries
from sim.analysis.replication import Blame, FaultSpan
from sim.analysis.view import View
from sim.spec.probes import RECOVERIES, Probe

__all__ = ["blamed"]


def blamed(view: View, probe: Probe) -> tuple[Blame, ...]:
    """Return the bad calls of an objective about calls or recovery, grouped; nothing for objectives about gauges."""
    if probe.metric in RECOVERIES:
        return _late(view, probe)
    if not probe.metric.startswith(("call_", "attempts_", "budget_", "goodput_", "offered_")):
        return ()
    end_s = view.end_s if probe.until is None else min(probe.until, view.end_s)
    begin_s = probe.from_ or 0.0
    if end_s <= begin_s:
        return ()
    calls, bad = view.bad_calls(probe, ((begin_s, end_s),))
    return blames(probe.of, calls, bad, view.spans)


def _late(view: View, probe: Probe) -> tuple[Blame, ...]:
    """Return what still failed after the ends of faults from which the run recovered too late."""
    signs = view.signs(probe.of)
    found: list[Blame] = []
    for span, from_end, from_start in recoveries(signs, view.spans, view.end_s) if signs else []:
        took_s = from_end if probe.metric == "recovery_s" else from_start
        if not probe.holds(took_s):
            found += _late_after(view, probe, span, took_s)
    return tuple(found)


def _late_after(view: View, probe: Probe, span: FaultSpan, took_s: float) -> list[Blame]:
    from_end = probe.metric == "recovery_s" and span.ended
    from_s = all_over_s(span, view.spans) if from_end else span.begin_s
    lasted_s = view.end_s - from_s if math.isinf(took_s) else took_s
    until_s = from_s + lasted_s + 1e-9  # the last bad call starts at that moment
    subjects = [p.of for p in view.steady.values() if p.of == probe.of] or [p.of for p in view.steady.values()]
    found: list[Blame] = []
    for subject in dict.fromkeys(subjects):
        if subject in view.traffic.subjects:  # others are gauges: what they did is an outage, no call
            calls = view.traffic.within(subject, ((from_s, until_s),))
            found += blames(subject, calls, calls["outcome"] != OK, ())
    return [replace(blame, faults=(span.name,), longest_s=lasted_s) for blame in found]

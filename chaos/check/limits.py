"""Whether the run itself is within the binding's limits: its length, its hours, the names of what it touches."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

from chaos.binding import Binding
from chaos.check.finding import Refusal
from sim.quantities import show_duration
from sim.spec.scenario import Run

__all__ = ["UNDO_S", "beyond", "production_like", "within_hours", "worst_case_s"]

UNDO_S = 30.0
"""What a run may take beyond its plan, whatever falls silent. Source: docs/staging.md, the promise that tests hold."""

PRODUCTION = "prod"  # part of the name of a namespace or a context; false alarms cost one line in the binding
DAY_MINUTES = 24 * 60


def worst_case_s(run: Run) -> float:
    """Return how long a run takes at most, from its first reading to its last undo, in seconds."""
    return run.warmup + run.duration + UNDO_S


def beyond(binding: Binding, run: Run, now_s: float) -> Iterator[Refusal]:
    """Yield every limit on the whole run that it does not keep. `now_s`: seconds since 1970."""
    limits, long_s = binding.limits, run.warmup + run.duration
    if long_s > limits.duration:
        accepted = f"at most {show_duration(limits.duration)} (limits.duration); set run.duration in the binding"
        yield Refusal("run.duration", "a run with its warm-up", show_duration(long_s), accepted)
    if limits.hours is not None and not within_hours(limits.hours, now_s, worst_case_s(run)):
        begins = datetime.fromtimestamp(now_s, UTC).strftime("%H:%M")
        ends = datetime.fromtimestamp(now_s + worst_case_s(run), UTC).strftime("%H:%M")
        yield Refusal("limits.hours", "a run from now on, in UTC", f"{begins} to {ends} at the latest", limits.hours)


def within_hours(hours: str, now_s: float, lasts_s: float) -> bool:
    """Return whether all of a run lies within `08:00-18:00` UTC; `22:00-06:00` goes over midnight."""
    begin, end = (int(text[:2]) * 60 + int(text[3:]) for text in hours.split("-"))
    open_minutes = (end - begin) % DAY_MINUTES or DAY_MINUTES
    minutes = (now_s / 60 - begin) % DAY_MINUTES
    return minutes + lasts_s / 60 <= open_minutes


def production_like(binding: Binding, namespaces: Iterable[str]) -> Iterator[Refusal]:
    """Yield what looks like production, unless the binding says that it is meant."""
    if binding.limits.production:
        return
    accepted = "another one, or limits: {production: true} in the binding"
    named = [("cluster.context", "context", binding.cluster.context)]
    named += [("allow.namespaces", "namespace", each) for each in dict.fromkeys(namespaces)]
    for where, what, name in named:
        if PRODUCTION in name.lower():
            yield Refusal(where, f"a {what} for experiments", f"{name} looks like production", accepted)

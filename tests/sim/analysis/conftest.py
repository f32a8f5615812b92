"""Synthetic journals, told call by call."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np
import pytest

from sim.record import ATTEMPT, CALL, OUTCOMES, REASONS, Event, Journal, RunInfo, Sample
from sim.record.journal import InMemory

PROBES = {
    "objectives": {"answers": {"of": "client/web", "metric": "call_ok_share", "at_least": 0.99}},
    "steady": {"calls": {"of": "client/web", "metric": "call_ok_share", "at_least": 0.99, "every": 30.0}},
}


def _call(entry: tuple[Any, ...], number: int) -> tuple[Any, ...]:
    t_s, took_s, outcome, *more = entry
    reason, attempts, client = [*more, *("ok" if outcome == "ok" else "timeout", 1, 0)[len(more) :]]
    return t_s, took_s, number, client, 0, attempts, OUTCOMES.index(outcome), REASONS.index(reason)


def _journal(
    calls: Iterable[tuple[Any, ...]] = (),
    events: Iterable[Event] = (),
    samples: Iterable[Sample] = (),
    totals: Mapping[str, dict[str, float]] | None = None,
    duration_s: float = 100.0,
    seed: int = 1,
    **probes: Any,
) -> Journal:
    info = RunInfo(
        "made", "why", "base", seed, "sim", duration_s, 10.0, ("web", "batch"), ("api",), **{**PROBES, **probes}
    )
    rows = np.array([_call(entry, number) for number, entry in enumerate(calls)], CALL)
    kept = InMemory(rows, np.empty(0, ATTEMPT), list(events), list(samples))
    return Journal(info, kept, dict(totals or {}))


@pytest.fixture
def made() -> Callable[..., Journal]:
    """Return a function that makes a journal.

    Calls are (t_s, took_s, outcome[, reason[, attempts[, client]]]), in the order in which they ended.
    """
    return _journal


def _fault(
    begin_s: float, end_s: float | None, name: str = "cut", kind: str = "blackhole", target: str = "a--b"
) -> list[Event]:
    detail = {"kind": kind, "target": target}
    begin = Event(begin_s, "fault_begin", f"fault/{name}", detail)
    return [begin] if end_s is None else [begin, Event(end_s, "fault_end", f"fault/{name}", detail)]


@pytest.fixture
def fault() -> Callable[..., list[Event]]:
    """Return a function that makes the events of one fault (`end_s` None: it goes on)."""
    return _fault

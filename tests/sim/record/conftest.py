"""A small run, told to a recorder row by row."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from sim.record import Journal, Recorder, RunInfo


def _info() -> RunInfo:
    return RunInfo(
        "small", "Is it kept?", "base", 7, "sim", 60.0, 5.0, ("web", "batch"), ("api",), versions={"sim": "1"}
    )


def _told(rows: int, out: Path | None = None, trace: bool = True) -> Journal:
    recorder = Recorder(_info(), trace=trace, out=out)
    recorder.sample(-5.0, "node_ready", "node/a", 1.0)
    for number in range(rows):
        recorder.call((number * 0.01, 0.25, number, number % 2, 0, 1, number % 3, number % 2))
    if trace:
        recorder.info.endpoints.append("api-0")
        recorder.attempt((0.0, float("nan"), 0.25, 0, 0, 0, -1, 0, 2))
        recorder.attempt((0.5, 0.001, 0.25, 1, 1, 0, 0, 1, 0))
    recorder.event(1.0, "fault_begin", "fault/cut", {"target": "a--b", "kind": "blackhole"}, planned_s=1.0)
    recorder.total("client/web", "started", float(rows))
    return recorder.finish()


@pytest.fixture
def info() -> RunInfo:
    """Return the info of the small run."""
    return _info()


@pytest.fixture
def told() -> Callable[..., Journal]:
    """Return a function (rows, out=None, trace=True) that records the small run and returns its journal."""
    return _told

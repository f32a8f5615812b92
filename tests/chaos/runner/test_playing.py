"""A fault that is over with the run ends as any other: it is looked at, undone, and told, whichever timer is first."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from whole_world import scenario

from chaos.clock import RunClock
from chaos.ledger import Header, Ledger
from chaos.runner.outcome import Stopped
from chaos.runner.playing import Playing
from chaos.runner.stage import Stage
from chaos.runner.stopping import Stop
from chaos.runner.switches import Switches
from sim.plan.plan import Plan
from tests.switches import Board

HEADER = Header("run-1", "node-lost", "as-written", 7, "2026-01-01T00:00:00+00:00", "staging.yaml", "somebody")
FAULT: dict[str, Any] = {"kind": "noop", "at": 0.0}


class _Stage(Stage):
    """Says of every fault that somebody else has ended it."""

    def lapsed(self, prepared: Any) -> str:
        """Say so."""
        return "somebody ended it"


async def _played(folder: Path, end: Callable[[Stop], None]) -> tuple[list[str], Stop, Playing, Ledger]:
    """Play a fault that would last an hour more, and end the run by `end` once it is on; return the events' kinds."""
    kinds: list[str] = []
    recorder = SimpleNamespace(event=lambda _, kind, *__, **___: kinds.append(kind))
    ledger = Ledger(folder / "ledger.jsonl", HEADER)
    clock = RunClock()
    announcer = SimpleNamespace(tell=lambda *_: None)
    switches = Switches("run-1", (), print)
    stage = _Stage(Board(folder).hands, ledger, switches, recorder, clock, announcer)  # type: ignore[arg-type]
    stop = Stop(clock)
    plan = Plan(scenario(duration=3600.0, faults={"still": FAULT}), "as-written", 1)
    with ThreadPoolExecutor(2) as threads:
        playing = Playing("still", plan, stage, stop, clock, threads)
        task = asyncio.create_task(playing.run())
        async with asyncio.timeout(30.0):
            while playing.phase != "on":
                await asyncio.sleep(0.01)
            end(stop)
            with pytest.raises(Stopped):
                await task
    return kinds, stop, playing, ledger


def test_a_fault_that_lasts_until_the_end_is_looked_at(on_loop: Any, tmp_path: Path) -> None:
    """Though the run's own timer was first: that it was in force no more is found, and it has its span and its undo."""

    async def case() -> None:
        kinds, stop, playing, ledger = await _played(tmp_path, Stop.over)
        assert (stop.outcome, stop.why.partition(":")[0]) == ("no-effect", "fault still was not in force until its end")
        assert len(playing.spans) == 1
        assert kinds == ["fault_begin", "injected", "undone", "verified", "no_effect"]
        assert ledger.owed() == ()

    on_loop(case())


def test_a_run_that_is_stopped_leaves_its_faults_to_the_ledger(on_loop: Any, tmp_path: Path) -> None:
    """Nobody waits for the looks of single faults then: all is undone as a whole."""

    async def case() -> None:
        kinds, stop, playing, ledger = await _played(tmp_path, lambda stop: stop.now("aborted", "a person"))
        assert (stop.outcome, playing.spans) == ("aborted", [])
        assert kinds == ["fault_begin", "injected"]
        assert len(ledger.owed()) == 1

    on_loop(case())

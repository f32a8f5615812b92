"""One run: a scenario, an option and a seed in, a journal out."""

from __future__ import annotations

from pathlib import Path

from sim.model.world import World
from sim.plan.plan import Plan
from sim.record import Journal, Recorder, RunInfo
from sim.spec.scenario import Scenario

__all__ = ["simulate"]


def simulate(
    scenario: Scenario, option: str, seed: int, *, trace: bool = False, out: Path | None = None, started: str = ""
) -> Journal:
    """Return the journal of one replication of `scenario` (an option's changes already made, see `Document.option`).

    `trace` records every attempt; `out` streams the journal into that directory; `started` is the wall time to note,
    since nothing here looks at a clock. The same scenario and seed give the same rows, value for value.
    """
    recorder = Recorder(RunInfo.of(scenario, option, seed, started=started), trace=trace, out=out)
    world = World(Plan(scenario, option, seed), recorder)
    world.start()
    world.run()
    return recorder.finish()

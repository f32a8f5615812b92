"""What long and large quiet worlds cost: time must grow with what happens, not with nodes times hours."""

from __future__ import annotations

import statistics
import time

from benchmarks.measure import Row, cpu_s
from benchmarks.worlds import thousand_nodes, world
from sim.model.world import World
from sim.plan.plan import Plan
from sim.record import Recorder, RunInfo
from sim.run import simulate
from sim.spec.scenario import Scenario

__all__ = ["rows"]


def _built_and_run_s(scenario: Scenario) -> tuple[float, float]:
    begin = time.process_time()
    made = World(Plan(scenario, "bench", 1), Recorder(RunInfo.of(scenario, "bench", 1, started="")))
    made.start()
    built = time.process_time()
    made.run()
    return built - begin, time.process_time() - built


def rows() -> list[Row]:
    """Return the rows `hour_1000_nodes`, `quiet_hour` and `ten_years`."""
    hours = [_built_and_run_s(thousand_nodes()) for _ in range(3)]
    found = [
        Row("hour_1000_nodes", statistics.median(run for _, run in hours), "s", floor=0.5, aim=0.25),
        Row("build_1000_nodes", statistics.median(built for built, _ in hours), "s"),
    ]
    large = statistics.median(_built_and_run_s(thousand_nodes(faults=False))[1] for _ in range(5))
    small = statistics.median(_built_and_run_s(thousand_nodes(10, 100, faults=False))[1] for _ in range(5))
    found.append(Row("quiet_hour_1000_nodes", large, "s", "the same hour of 10 nodes", large / max(small, 1e-9)))
    decade = world("ten-years")
    simulate(decade, "bench", 1)
    each = statistics.median(cpu_s(lambda seed=seed: simulate(decade, "bench", seed)) for seed in range(2, 12))  # type: ignore[misc]
    found.append(Row("ten_years", each, "s", floor=0.010, aim=0.005))
    return found

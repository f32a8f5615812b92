"""How much sooner two processes are done than one, with replications of about 50 ms."""

from __future__ import annotations

import statistics
import time

from sim.study import simulate_many

from benchmarks.measure import Row
from benchmarks.worlds import world

__all__ = ["rows"]

REPLICATIONS = 80


def rows() -> list[Row]:
    """Return the row `two_processes`."""
    full = world("full-world")
    short = full.model_copy(update={"run": full.run.model_copy(update={"duration": 5.0})})
    seeds = tuple(range(1, REPLICATIONS + 1))

    def wall_s(processes: int) -> float:
        begin = time.perf_counter()
        simulate_many(short, "bench", seeds, processes=processes)
        return time.perf_counter() - begin

    pairs = [(wall_s(1), wall_s(2)) for _ in range(3)]
    speed_up = statistics.median(one / two for one, two in pairs)
    each = statistics.median(one for one, _ in pairs) / REPLICATIONS
    return [Row("two_processes", each, "s a replication", "one process, wall time", speed_up, 1.85, 1.95)]

"""How much sooner two processes are done than one, with replications of about 50 ms."""

from __future__ import annotations

import statistics
import time
from pathlib import Path

from benchmarks.measure import Row
from sim.spec.load import load
from sim.study import simulate_many

__all__ = ["rows"]

SCENARIO = Path(__file__).parent / "scenarios" / "short.yaml"
REPLICATIONS = 200


def rows() -> list[Row]:
    """Return the row `two_processes`."""
    document = load(SCENARIO)

    def wall_s(processes: int) -> float:
        begin = time.perf_counter()
        simulate_many(document, document.options[0], replications=REPLICATIONS, processes=processes)
        return time.perf_counter() - begin

    pairs = [(wall_s(1), wall_s(2)) for _ in range(5)]
    speed_up = statistics.median(one / two for one, two in pairs)
    each = statistics.median(one for one, _ in pairs) / REPLICATIONS
    return [Row("two_processes", each, "s a replication", "one process, wall time", speed_up, 1.85, 1.95)]

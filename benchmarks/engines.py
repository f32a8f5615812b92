"""Calls a second of the full world against bare SimPy on the same queue, and of larger worlds per hop."""

from __future__ import annotations

import importlib.util

from benchmarks.measure import Row, cpu_s, interleaved
from benchmarks.peers import bare_simpy, ciw_queue, salabim_queue
from benchmarks.worlds import hundred_services, world
from sim.run import simulate
from sim.spec.scenario import Scenario

__all__ = ["rows"]

SIMPY_S = 60.0


def _simpy_rate() -> float:
    served = 0

    def work() -> None:
        nonlocal served
        served = bare_simpy(SIMPY_S)

    return 1 / cpu_s(work) * served


def _calls_rate(scenario: Scenario, hops: int = 1) -> float:
    calls = 0

    def work() -> None:
        nonlocal calls
        calls = len(simulate(scenario, "bench", 1).calls)

    return 1 / cpu_s(work) * calls * hops


def _peer_rows() -> list[Row]:
    found = []
    for name, run, duration_s in (("ciw", ciw_queue, 20.0), ("salabim", salabim_queue, 3.0)):
        if importlib.util.find_spec(name) is None:
            continue

        def rate(run=run, duration_s=duration_s) -> float:  # type: ignore[no-untyped-def]
            served = 0

            def work() -> None:
                nonlocal served
                served = run(duration_s)

            return 1 / cpu_s(work) * served

        value, _, ratio = interleaved(rate, _simpy_rate, rounds=3)
        found.append(Row(f"peer_{name}", value, "customers/s", "bare SimPy M/M/8", ratio))
    return found


def rows() -> list[Row]:
    """Return the rows `full_world`, `chain_of_three`, `hundred_services` and those of the peers."""
    full = world("full-world")
    _calls_rate(full)  # imports and first-call costs are not the engine's
    value, bare, ratio = interleaved(lambda: _calls_rate(full), _simpy_rate)
    found = [
        Row("bare_simpy", bare, "customers/s"),
        Row("full_world", value, "calls/s", "bare SimPy M/M/8, customers/s", ratio, 0.6, 1.2),
    ]
    chain = world("chain-of-three")
    value, _, ratio = interleaved(lambda: _calls_rate(chain, hops=3), _simpy_rate)
    found.append(Row("chain_of_three", value, "hops/s", "bare SimPy M/M/8, customers/s", ratio, 0.3, 0.8))
    one, hundred = hundred_services(1, 60.0), hundred_services(100, 60.0)
    value, _, ratio = interleaved(lambda: _calls_rate(hundred), lambda: _calls_rate(one))
    found.append(Row("hundred_services", value, "calls/s", "the same calls to one service", ratio, 0.7, 0.9))
    return found + _peer_rows()

"""Caches: how they fill, what they spare, and what keeps a cold one cold."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from quiet_world import World, at, ends, scenario, two_nodes

MANY = {"idle_per_host_max": 1000}


def cached(*instants: float, serves: dict[str, Any] | None = None, **cache: Any) -> World:
    """Return a world whose server's hits take 1 ms, its misses 101 ms."""
    about = {"miss_takes": 0.1, "fills_by": 1} | cache
    serves = {"takes": 0.001, "at_once": 9999, "cache": about} | (serves or {})
    return World(two_nodes(at(*instants), serves, transport=MANY | {"total_timeout": 20.0}))


def test_what_was_missed_is_there_the_next_time() -> None:
    """The first call misses, a second during its work too, the next one after it hits."""
    assert ends(cached(1.0, 1.05, 1.2).run()) == [(0, "ok", 0.101), (1, "ok", 0.101), (2, "ok", 0.001)]


def test_a_pod_starts_warm_if_it_says_so_and_its_next_container_too() -> None:
    """`warm` holds for the container that starts with the run and for those that follow."""
    world = cached(1.0, 5.0, warm=True)
    world.at(3.0, lambda: world.traffic.container_stopped(world.pods["api"][0], "stopped"))
    world.at(3.0, lambda: world.traffic.container_started(world.pods["api"][0]))
    assert ends(world.run()) == [(0, "ok", 0.001), (1, "ok", 0.001)]


def test_a_cold_cache_fills_exponentially() -> None:
    """With λ calls/s the share of hits after t s is h·(1 − exp(−λ·h·t/N)), within four standard errors per window."""
    rate, size, share = 100.0, 1000, 0.9
    calls = [1.0 + n / rate for n in range(4000)]
    took = np.array(
        [took for _, _, took in ends(cached(*calls, fills_by=size, hit_share=share, miss_takes=0.005).run())]
    )
    for window in range(8):
        hits = (took[window * 500 : (window + 1) * 500] < 0.002).mean()
        middle_s = (window * 500 + 250) / rate
        exact = share * (1 - math.exp(-rate * share * middle_s / size))
        assert abs(hits - exact) < 4 * math.sqrt(0.25 / 500), window


def test_entries_go_after_their_time() -> None:
    """`keeps_for`: of a full cache e^(−t/keeps) is left after t s without a call."""
    calls = [51.0 + n / 1e6 for n in range(4000)]
    took = np.array([took for _, _, took in ends(cached(*calls, fills_by=10**9, warm=True, keeps_for=100.0).run())])
    assert abs((took < 0.002).mean() - math.exp(-0.51)) < 4 * math.sqrt(0.25 / 4000)


@pytest.mark.parametrize(("by", "last"), [("server", "ok"), ("caller", "timeout")])
def test_a_caller_that_gave_up_does_not_fill(by: str, last: str) -> None:
    """Look-aside: misses that take longer than the caller waits never warm the cache: it stays as slow as it is."""
    serves = {"takes": 0.001, "at_once": 9, "cache": {"miss_takes": 2.0, "fills_by": 1, "filled_by": by}}
    world = World(two_nodes(at(1.0, 10.0, 20.0), serves, transport=MANY | {"total_timeout": 1.0}))
    assert [reason for _, reason, _ in ends(world.run())] == ["timeout", last, last]


def test_a_hit_needs_nobody_else() -> None:
    """`shields`: only the miss goes on to the service behind."""
    front = {"takes": 0.001, "cache": {"miss_takes": 0.0, "fills_by": 1, "shields": True}}
    workloads = {"front": {"place": "a", "serves": front}, "back": {"place": "b", "serves": {"takes": 1.0}}}
    data = scenario(
        workloads=workloads,
        services={"front": {"of": "front", "calls": [{"to": "back"}]}, "back": {"of": "back"}},
        clients={"c": {"from": "a", "to": "front", "arrivals": at(1.0, 5.0)}},
    )
    journal = World(data).run()
    assert ends(journal) == [(0, "ok", 1.001), (1, "ok", 0.001)]
    assert journal.totals["service/back"]["finished"] == 1

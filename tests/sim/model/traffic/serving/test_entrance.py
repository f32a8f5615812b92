"""Limits of calls in a server at once."""

from __future__ import annotations

from typing import Any

import pytest
from quiet_world import World, at, ends, two_nodes

from sim.record import Journal

WIRE = {"idle_per_host_max": 1000, "total_timeout": 1.0}
LEARNING = {"start": 10, "least": 1, "most": 200}


def test_beyond_the_limit_calls_are_turned_away_at_once() -> None:
    """A fixed limit counts those in service and those that wait."""
    serves = {"takes": 1.0, "shed": {"limit": {"kind": "fixed", "limit": 2}}}
    world = World(two_nodes(at(1.0, 1.1, 1.2, 2.1), serves, transport={"idle_per_host_max": 9}))
    assert ends(world.run()) == [(0, "ok", 1.0), (1, "ok", 1.9), (2, "status", 0.0), (3, "ok", 1.9)]


def overloaded(shed: dict[str, Any]) -> Journal:
    """Return a minute of twice the load that ten workers can do, their callers patient for 1 s."""
    serves = {"takes": {"exponential": {"mean": 0.05}}, "at_once": 10, "shed": shed}
    return World(two_nodes({"poisson": 400}, serves, duration=60, warmup=20, transport=WIRE)).run()


@pytest.mark.parametrize("limit", [
    {"kind": "aimd", "slower_than": 0.2}, {"kind": "gradient2"}, {"kind": "vegas"},
], ids=lambda limit: limit["kind"])  # fmt: skip
def test_a_limit_that_learns_keeps_goodput_at_twice_the_load(limit: dict[str, Any]) -> None:
    """Without a limit every answer comes too late; with any of the three most of the capacity of 200/s is of use."""
    assert good_per_s(overloaded({})) < 1
    assert good_per_s(overloaded({"limit": LEARNING | limit})) > 0.7 * 200


def good_per_s(journal: Journal) -> float:
    """Return the calls/s that were ok after the warm-up."""
    calls = journal.calls
    return float(((calls["outcome"] == 0) & (calls["t_s"] >= 0)).sum()) / journal.info.duration_s

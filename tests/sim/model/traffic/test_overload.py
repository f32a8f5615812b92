"""Load from nowhere."""

from __future__ import annotations

import pytest
from quiet_world import World, at, ends, two_nodes


def test_an_overload_is_work_that_nobody_waits_for() -> None:
    """100/s of 0.1 s for 20 s at two pods: about 2000 requests, no rows, nothing wasted; it stops when told."""
    world = World(two_nodes(at(90.0), {"takes": 0.1, "at_once": 50}, replicas=2))
    stop = world.traffic.overload("api", 100.0, "fault/flood/calls/0")
    world.at(20.0, stop)
    journal = world.run()
    totals = journal.totals["service/api"]
    assert ends(journal) == [(0, "ok", 0.1)]
    assert abs(totals["arrived"] - 2001) < 4 * 2000**0.5
    assert totals["busy_s"] == pytest.approx(0.1 * totals["finished"])
    assert totals["wasted_s"] == 0
    assert min(pod.server.arrived for pod in world.pods["api"]) > 800


def test_an_overload_delays_the_others() -> None:
    """A call behind an overload of one worker waits for the backlog."""
    world = World(two_nodes(at(10.0), {"takes": 0.1}))
    world.at(10.0, world.traffic.overload("api", 15.0, "fault/flood/calls/0"))
    assert ends(world.run())[0][2] > 1.0

"""Services that call others."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from quiet_world import World, at, ends, scenario

from sim.spec import faults as spec

LINK = {"latency": 0.01}


def front(calls: list[dict[str, Any]], *instants: float, duration: float = 100.0, **more: Any) -> World:
    """Return a world whose front, 0.5 s of work on a, calls what stands behind it on b (0.2 s) or outside (0.1 s)."""
    pods = {
        "front": {"place": "a", "serves": {"takes": 0.5, "at_once": more.pop("at_once", 10)}},
        "back": {"place": "b", "serves": {"takes": 0.2, "at_once": 10}},
    }
    return World(
        scenario(
            duration,
            cluster={"nodes": {"a": {}, "b": {}}, "links": {"default": LINK}},
            external={"db": {"reached": {"via": "b", "latency": 0.02}, "takes": 0.1} | more.pop("db", {})},
            workloads=pods,
            services={"front": {"of": "front", "calls": calls}, "back": {"of": "back"}},
            clients={"c": {"from": "a", "to": "front", "arrivals": at(*instants)}},
            **more,
        )
    )


def test_a_call_includes_the_calls_behind_it() -> None:
    """Own work, then dial, request, work and reply of the next service; kept connections save the dial."""
    assert ends(front([{"to": "back"}], 1.0, 5.0).run()) == [(0, "ok", 0.74), (1, "ok", 0.72)]


def test_calls_go_one_after_another() -> None:
    """Two calls of one entry and one of another: three times their time, over one kept connection each."""
    world = front([{"to": "back", "times": 2}, {"to": "db"}], 1.0)
    assert ends(world.run()) == [(0, "ok", round(0.5 + 0.24 + 0.22 + 0.1 + 4 * 0.03, 6))]


def test_the_worker_is_held_meanwhile() -> None:
    """One worker: the second call waits until the first one's onward call is answered."""
    world = front([{"to": "back"}], 1.0, 1.0, at_once=1)
    journal = world.run()
    assert ends(journal) == [(0, "ok", 0.74), (1, "ok", 1.46)]
    assert journal.totals["service/front"]["busy_s"] == pytest.approx(1.46)


@pytest.mark.parametrize(("fault", "status"), [(spec.Unreachable(), 502), (spec.Blackhole(), 504)])
def test_a_failure_behind_is_a_bad_answer(fault: spec.LinkFault, status: int) -> None:
    """A call behind that failed is answered with 502, one that may have been done with 504."""
    world = front([{"to": "back", "transport": "brief"}], 1.0, 5.0, transports={"brief": {"total_timeout": 2.0}})
    heard: list[int] = []
    client = world.traffic._clients["c"]
    client.trace = True
    client.traced = lambda call, attempt, reply: heard.append(reply.status)  # type: ignore[method-assign]
    world.at(4.0, lambda: world.network.apply("front->back", fault))
    if status == 502:  # a fresh connection finds no route; a kept one would wait for it
        world.at(4.0, lambda: [c.cut_off() for way in world.network.ways() for c in list(way.connections)])
    assert [row[1] for row in ends(world.run())] == ["ok", "status"]
    assert heard == [200, status]


def test_a_share_of_calls_goes_on() -> None:
    """`share: 30 %`: that share of calls takes the time of the call behind it, within four standard errors."""
    count = 1000
    world = front([{"to": "back", "share": 0.3}], *[1.0 + n for n in range(count)], duration=1100.0)
    found = np.mean([took > 0.6 for _, _, took in ends(world.run())])
    assert abs(found - 0.3) < 4 * (0.3 * 0.7 / count) ** 0.5


def test_a_policy_behind_retries() -> None:
    """An onward call has a policy of its own: here it outlives half a second without a route."""
    policy = {"kind": "retry", "attempts": 9, "backoff": {"kind": "fixed", "wait": 0.2}}
    world = front([{"to": "back", "policy": "again"}], 1.0, policies={"again": policy})
    handle = world.network.apply("front->back", spec.Unreachable())
    world.at(1.8, lambda: world.network.lift(handle))
    assert ends(world.run()) == [(0, "ok", round(0.5 + 2 * 0.201 + 0.24, 6))]


def test_something_external_is_sometimes_not_there() -> None:
    """A share of 1 − availability of the calls to it fails, within four standard errors."""
    count = 1000
    world = front([{"to": "db"}], *[1.0 + n for n in range(count)], duration=1100.0, db={"availability": 0.9})
    failed = np.mean([reason == "status" for _, reason, _ in ends(world.run())])
    assert abs(failed - 0.1) < 4 * (0.1 * 0.9 / count) ** 0.5


def test_a_pod_that_dies_takes_its_connections_along() -> None:
    """A pod killed while it waits for a call behind it: its caller is reset, the work behind it is wasted."""
    world = front([{"to": "back"}], 1.0)
    world.at(1.6, lambda: world.traffic.container_stopped(world.pods["front"][0], "killed"))
    journal = world.run()
    assert ends(journal) == [(0, "reset", 0.6)]
    assert journal.totals["service/front"]["lost"] == 1
    assert journal.totals["service/back"]["wasted_s"] == pytest.approx(0.2)


def test_the_calls_of_an_entry_share_one_breaker() -> None:
    """Two calls a time behind one breaker of two failures: the next one is refused without being sent."""
    policy = {"kind": "retry", "attempts": 1, "breaker": {"kind": "consecutive", "failures": 2, "rest": 60.0}}
    world = front([{"to": "back", "times": 2, "policy": "careful"}], 1.0, 5.0, 9.0, policies={"careful": policy})
    world.network.apply("front->back", spec.Unreachable())
    assert ends(world.run()) == [(0, "status", 0.501), (1, "status", 0.501), (2, "status", 0.5)]

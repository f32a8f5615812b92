"""Hedged attempts."""

from __future__ import annotations

from typing import Any

from quiet_world import World, at, ends, two_nodes

from sim.policy.steps import PASSED, Decisions, Draw, Hedge, Outcome, Try, Wait
from sim.spec import faults as spec


class Hedged:
    """A second try after 0.3 s, or at once when the first has failed; the second has 2 s."""

    def new_shared(self) -> None:
        return None

    def call(self, now_s: float, draw: Draw, shared: Any) -> Decisions:
        reply = yield Hedge(None, 0.3)
        if reply.attempt != PASSED and reply.result == "ok":
            return Outcome("ok", "ok", 1)
        alone = reply.attempt != PASSED
        reply = yield Try(2.0)
        if reply.result != "ok" and not alone:
            reply = yield Wait(float("inf"))
        return Outcome("ok" if reply.result == "ok" else "failed", reply.result, 2)


def race(takes: Any, fault: spec.LinkFault | None = None, seed: int = 1) -> World:
    """Return a world with one hedged call at t = 1."""
    serves = {"takes": takes, "at_once": 10}
    world = World(two_nodes(at(1.0), serves, transport={"dial_timeout": 5.0, "total_timeout": 5.0}), seed)
    world.traffic._clients["c"].policy = Hedged()
    if fault is not None:
        world.network.apply("c->api", fault)
    return world


def test_a_quick_first_answer_needs_no_second() -> None:
    """An answer before the hedge's time is the whole race."""
    world = race(0.2)
    assert ends(world.run()) == [(0, "ok", 0.2)]
    assert world.pods["api"][0].server.arrived == 1


def test_the_first_answer_wins_and_the_loser_is_not_cancelled() -> None:
    """Both tries are served to the end; the call takes as long as the quicker."""
    world = race({"uniform": {"low": 0.4, "high": 3.0}}, seed=5)
    server = world.pods["api"][0].server
    ((_, reason, took),) = ends(world.run())
    assert (reason, server.finished) == ("ok", 2)
    assert took < 3.0


def test_a_failed_first_try_starts_the_second_at_once() -> None:
    """Without anything under way there is nothing to wait for; the race fails when its last try has failed."""
    assert ends(race(0.2, spec.Unreachable()).run()) == [(0, "unreachable", 0.002)]


def test_a_race_without_an_answer_ends_with_its_last_try() -> None:
    """Silence: the first try is given up at 5 s, the second 2 s after its start; the later end is the race's."""
    assert ends(race(0.2, spec.Blackhole()).run()) == [(0, "dial_timeout", 5.0)]


def test_a_stale_try_keeps_its_place_in_the_race() -> None:
    """A try that goes on over a fresh connection still counts once: one row, one answer."""
    data = two_nodes(at(1.0, 5.0), {"takes": 0.2, "at_once": 10}, link={"latency": 0.01})
    world = World(data)
    world.traffic._clients["c"].policy = Hedged()
    (pod,) = world.pods["api"]
    for instant, host in ((3.0, "silent"), (4.0, "up")):
        world.at(instant, lambda host=host: world.network.set_host("b", host))
    world.at(3.0, lambda: world.traffic.container_stopped(pod, "silent"))
    world.at(4.0, lambda: world.traffic.container_started(pod))
    assert ends(world.run()) == [(0, "ok", 0.24), (1, "ok", 0.26)]

"""Who leads among controller-managers and schedulers: A8–A10, N19."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from sim.model.cluster.leadership import takeover_s
from sim.presets.timings import timings

World = Any
SPEC: dict[str, Any] = {
    "cluster": {
        "preset": "k8s-stacked-etcd",
        "control_plane": {"servers": ["a", "b", "c"], "datastore": "etcd"},
        "nodes": {name: {} for name in "abcd"},
    },
}
ALONE: dict[str, Any] = {
    "cluster": {
        "preset": "k8s",
        "control_plane": {"servers": ["a"], "datastore": "etcd"},
        "nodes": {"a": {}, "b": {}},
    },
}


def told(world: World, kind: str, who: str) -> list[float]:
    """Return when a leader of one kind of controller was lost, or elected."""
    return [t for t, k, _, detail in world.events if k == kind and detail.get("controller") == who]


@pytest.mark.parametrize("u", [1e-9, 0.5, 1 - 1e-9])
def test_a_candidate_takes_over_at_the_first_poll_after_the_lease(u: float) -> None:
    """A9: the rest of a poll until it sees the last renewal, then polls of 2–4.4 s until one is 15 s later."""
    at_s = takeover_s(timings("k8s"), lambda _: u, 0)
    poll_s = 2.0 + 2.4 * u
    assert 15.0 <= at_s <= 15.0 + 2 * 4.4
    assert at_s >= -(-15.0 // poll_s) * poll_s


@pytest.mark.parametrize("seed", range(4))
def test_a_leader_that_can_not_write_gives_up_after_its_deadline(
    cluster_world: Callable[..., World], seed: int
) -> None:
    """A8: 10 s after the renewal that first failed, 10–12 s after the store stopped; a scheduler lingers (A10)."""
    world = cluster_world(ALONE, seed=seed)
    world.at(100.0, world.cluster.stop_member, "a")
    world.clock.advance(200.0)
    (controller,), (scheduler,) = told(world, "leader_lost", "controller"), told(world, "leader_lost", "scheduler")
    assert 110.0 <= controller <= 112.0
    assert 114.0 <= scheduler <= 118.0


@pytest.mark.parametrize("seed", range(4))
def test_a_short_stall_costs_no_leader(cluster_world: Callable[..., World], seed: int) -> None:
    """A8: whoever can write again within ten seconds has lost nothing, and nobody else leads meanwhile."""
    world = cluster_world(ALONE, seed=seed)
    world.at(100.0, world.cluster.stop_member, "a")
    world.at(109.0, world.cluster.start_member, "a")
    world.clock.advance(200.0)
    assert told(world, "leader_lost", "controller") == told(world, "leader_elected", "scheduler") == []


@pytest.mark.parametrize("seed", range(6))
def test_there_is_never_more_than_one_leader(cluster_world: Callable[..., World], seed: int) -> None:
    """Of each kind: lost and elected take turns, whichever servers come and go."""
    world = cluster_world(SPEC, seed=seed)
    for k, name in enumerate("abcab"):
        world.at(50.0 + 40.0 * k, world.cluster.lose_node, name, "power")
        world.at(75.0 + 40.0 * k, world.cluster.return_node, name, "power")
    world.clock.advance(600.0)
    for kind in ("controller", "scheduler"):
        turns = [k for _, k, _, detail in world.events if detail.get("controller") == kind]
        assert turns == ["leader_lost", "leader_elected"] * (len(turns) // 2)
        assert turns


def test_a_new_leader_starts_eviction_timers_again(cluster_world: Callable[..., World]) -> None:
    """N19: the leader dies 100 s into a toleration of 300 s; the pods go 300 s after the *new* one leads."""
    spec = SPEC | {"workloads": {"web": {"replicas": 1, "place": "d"}}}
    world = cluster_world(spec, seed=1)
    leader = world.cluster._plane.controllers.leader
    world.at(0.0, world.cluster.lose_node, "d", "power")
    world.clock.advance(60.0)
    (tainted,) = world.times("taint_noexecute", "node/d")
    world.at(tainted + 100.0, world.cluster.lose_node, leader, "power")
    world.clock.advance(800.0)
    (elected,) = told(world, "leader_elected", "controller")
    assert tainted + 113.0 <= elected <= tainted + 124.0
    (deleting,) = world.times("pod_deleting")
    assert elected + 300.0 <= deleting <= elected + 301.5

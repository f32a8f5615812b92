"""Rollouts: waves within their room, by each kind of workload's rule."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from sim.model.cluster.rollouts import room

NODES = {"nodes": {name: {"cpu": 64} for name in "abcd"}, "timings": {"reaction_mean_s": 0.0}}


def rolled(cluster_world: Callable[..., Any], replicas: int, kind: str = "deployment", **more: Any) -> Any:
    """Return a world whose workload is restarted at 10 s, and which has been watched at every event since."""
    spec = {"cpu": 0.01, "replicas": replicas, "kind": kind, "starts_in": 2.0, "stops_in": 1.0, **more}
    world = cluster_world({"cluster": NODES, "workloads": {"web": spec}})
    world.at(10.0, world.cluster.operations.restart, "web")
    return world


def web(world: Any) -> Any:
    """Return the workload as the model keeps it."""
    return world.cluster._state.workloads["web"]


def test_the_room_of_a_rollout() -> None:
    """25 % more, rounded up; 25 % fewer, rounded down; never none of both (ResolveFenceposts)."""
    assert {n: room(n) for n in (0, 1, 3, 4, 5, 8, 10)} == {
        0: (0, 1), 1: (1, 0), 3: (1, 0), 4: (1, 1), 5: (2, 1), 8: (2, 2), 10: (3, 2),
    }  # fmt: skip


@pytest.mark.parametrize("replicas", [1, 2, 4, 7, 10])
def test_a_deployment_stays_within_its_room(cluster_world: Callable[..., Any], replicas: int) -> None:
    """Never more pods than replicas + surge, never fewer ready than replicas − unavailable; in the end all are new."""
    world = rolled(cluster_world, replicas)
    before = set(world.cluster.pods)
    surge, unavailable = room(replicas)
    for step in range(1000, 6000):
        world.clock.advance(step / 100)
        assert web(world).active <= replicas + surge
        assert web(world).ready >= replicas - unavailable
    assert len(world.times("rollout_begun", "workload/web")) == len(world.times("rollout_over", "workload/web")) == 1
    after = world.cluster.pods
    assert len(after) == replicas
    assert before.isdisjoint(after)


def test_the_waves_of_four(cluster_world: Callable[..., Any]) -> None:
    """4 replicas: two new pods at once (surge 1, and the place of the one that may be missing), two more as they get
    ready 2 s later, and with those the rollout is over.
    """
    world = rolled(cluster_world, 4)
    world.clock.advance(60.0)
    assert world.times("pod_created") == [10.0, 10.0, 12.0, 12.0]
    assert world.times("pod_deleting") == [10.0, 12.0, 12.0, 14.0]
    assert world.times("rollout_over") == [14.0]


def test_a_rollout_that_gets_no_ready_pods_stops(cluster_world: Callable[..., Any]) -> None:
    """New pods that do not get ready hold the rollout up: the old ones that must stay do stay."""
    world = rolled(cluster_world, 4, starts_in=1e6)
    world.clock.advance(300.0)
    assert (web(world).ready, web(world).active) == (3, 5)
    assert world.times("rollout_over") == []


def test_a_stateful_set_goes_down_its_ordinals(cluster_world: Callable[..., Any]) -> None:
    """One pod at a time, the highest ordinal first, the next one when it is ready again under its name."""
    world = rolled(cluster_world, 3, "stateful")
    world.clock.advance(60.0)
    deleting = [(t, s) for t, k, s, _ in world.events if k == "pod_deleting"]
    assert deleting == [(10.0, "pod/web-2"), (13.0, "pod/web-1"), (16.0, "pod/web-0")]
    assert world.times("rollout_over") == [16.0]
    assert sorted(world.cluster.pods) == ["web-0", "web-1", "web-2"]


def test_a_daemon_goes_node_by_node(cluster_world: Callable[..., Any]) -> None:
    """One ready pod at a time, the next when the node has one again."""
    world = rolled(cluster_world, 1, "daemon")
    world.clock.advance(60.0)
    assert world.times("pod_deleting") == [10.0, 13.0, 16.0, 19.0]
    assert web(world).ready == 4


def test_a_stateful_set_is_scaled_from_its_end(cluster_world: Callable[..., Any]) -> None:
    """Scaled to one, `web-0` stays, also if it is the youngest pod; scaled back, the names are the same."""
    spec = {"cpu": 0.01, "replicas": 3, "kind": "stateful", "starts_in": 2.0, "stops_in": 1.0}
    world = cluster_world({"cluster": NODES, "workloads": {"web": spec}})
    world.at(5.0, world.cluster._lifecycle.delete, world.cluster.pods["web-0"])
    world.at(20.0, world.cluster.operations.scale, "web", 1)
    world.clock.advance(30.0)
    assert sorted(world.cluster.pods) == ["web-0"]
    world.at(30.0, world.cluster.operations.scale, "web", 3)
    world.clock.advance(40.0)
    assert sorted(world.cluster.pods) == ["web-0", "web-1", "web-2"]

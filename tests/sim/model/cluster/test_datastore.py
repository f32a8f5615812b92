"""Members, leader and quorum of the datastore: Q1–Q6, K6, K8."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

World = Any


def spec(preset: str = "k8s-stacked-etcd", members: str = "abc", datastore: str = "etcd") -> dict[str, Any]:
    """Return a cluster with so many servers, and one node more."""
    return {
        "cluster": {
            "preset": preset,
            "control_plane": {"servers": list(members), "datastore": datastore},
            "nodes": {name: {} for name in [*members, "x"]},
        },
        "workloads": {"web": {"replicas": 2}},
    }


def store(world: World) -> list[tuple[float, str]]:
    """Return what happened to the datastore, when."""
    kinds = ("quorum_lost", "quorum_restored")
    return [
        (t, kind) for t, kind, _, detail in world.events if kind in kinds or detail.get("controller") == "etcd"
    ]  # fmt: skip


def up(world: World) -> list[float]:
    """Return the values that the gauge of the control plane took."""
    return [value for _, metric, _, value in world.samples if metric == "control_plane_up_share"]


@pytest.mark.parametrize(("preset", "low_s", "high_s"), [("k8s-stacked-etcd", 0.8, 2.0), ("k3s", 3.9, 10.0)])
@pytest.mark.parametrize("seed", range(3))
def test_the_leaders_loss_costs_one_election(
    cluster_world: Callable[..., World], preset: str, low_s: float, high_s: float, seed: int
) -> None:
    """Q4, K8: no quorum is lost, but nothing is written for 0.8–2 s, or 4–10 s with K3s' timers (one round)."""
    world = cluster_world(spec(preset), seed=seed)
    stopped = []
    world.at(10.0, lambda: stopped.append(world.cluster.stop_member("leader")))
    world.clock.advance(40.0)
    (lost, kind), (elected, then) = store(world)
    assert (lost, kind, then) == (10.0, "leader_lost", "leader_elected")
    assert low_s <= elected - lost <= high_s
    assert up(world) == [1.0, 0.0, 1.0]
    assert world.cluster._plane.store.leader not in stopped


def test_a_followers_loss_costs_nothing(cluster_world: Callable[..., World]) -> None:
    """Q6: two of three are a majority, and they have their leader already."""
    world = cluster_world(spec())
    follower = next(name for name in "abc" if name != world.cluster._plane.store.leader)
    world.at(10.0, world.cluster.stop_member, follower)
    world.clock.advance(100.0)
    assert store(world) == []
    assert up(world) == [1.0]


@pytest.mark.parametrize(("members", "survives"), [("ab", 0), ("abc", 1), ("abcd", 1), ("abcde", 2)])
def test_quorum_is_a_majority_of_all_members(cluster_world: Callable[..., World], members: str, survives: int) -> None:
    """Q6: ⌊n/2⌋ + 1; one more than a minority gone ends it, and it is back with the first that returns."""
    world = cluster_world(spec(members=members))
    for k, name in enumerate(members[: survives + 1]):
        world.at(10.0 + 20.0 * k, world.cluster.stop_member, name)
    world.at(200.0, world.cluster.start_member, members[0])
    world.clock.advance(300.0)
    quorum = [entry for entry in store(world) if entry[1].startswith("quorum")]
    assert quorum == [(10.0 + 20.0 * survives, "quorum_lost"), (200.0, "quorum_restored")]
    assert up(world)[-2:] == [0.0, 1.0]


def test_without_quorum_no_write_is_carried_out(cluster_world: Callable[..., World]) -> None:
    """Q6: a pod that is killed, a node that is cordoned and a node that dies wait until there is a leader again."""
    world = cluster_world(spec())
    world.at(10.0, world.cluster.stop_member, "a")
    world.at(10.0, world.cluster.stop_member, "b")
    world.at(20.0, world.cluster.operations.kill, "web", lambda _: 1)
    world.at(20.0, world.cluster.cordon, "x")
    world.at(20.0, world.cluster.lose_node, "x", "power")
    world.clock.advance(400.0)
    known = {
        "quorum_lost",
        "leader_lost",
        "kubelet_stopped",
        "api_down",
        "api_up",
        "pod_stopped",
    }  # what nobody has to write
    assert {kind for t, kind, *_ in world.events if t >= 10.0} <= known
    world.at(400.0, world.cluster.start_member, "a")
    world.clock.advance(1200.0)
    assert min(world.times("pod_deleting")) > 400.0
    assert min(world.times("node_cordoned")) > 400.0
    assert min(world.times("node_unknown")) > 400.0


def test_sqlite_lives_on_one_server(cluster_world: Callable[..., World]) -> None:
    """K6: no election, no quorum to speak of; the server gone is the datastore gone."""
    world = cluster_world(spec("k3s", "a", "sqlite"))
    world.at(10.0, world.cluster.lose_node, "a", "power")
    world.at(100.0, world.cluster.return_node, "a", "power")
    world.clock.advance(200.0)
    assert store(world) == []
    assert up(world) == [1.0, 0.0, 1.0]

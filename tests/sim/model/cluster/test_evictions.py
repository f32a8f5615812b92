"""Taints and evictions of lost nodes: N8, N10–N15."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

World = Any


def spec(nodes: int, zones: int = 1, **workload: Any) -> dict[str, Any]:
    """Return a control plane of its own, and nodes n0, n1 … in zones, with two pods each."""
    names = {f"n{k}": {"zone": f"z{k % zones}"} for k in range(nodes)}
    return {
        "cluster": {
            "preset": "lab-fast",
            "timings": {"taint_race_share": 0},
            "control_plane": {"servers": ["control"], "datastore": "etcd"},
            "nodes": {"control": {"cordoned": True, "zone": "beside"}, **names},
        },
        "workloads": {"web": {"replicas": 2 * nodes} | workload},
    }


def lose(world: World, *nodes: int) -> None:
    """Cut these nodes off at t = 50."""
    for k in nodes:
        world.at(50.0, world.cluster.lose_node, f"n{k}", "cut")


def test_a_zone_taints_one_node_in_ten_seconds(cluster_world: Callable[..., World]) -> None:
    """N8: the first at once, each further one 10 s later."""
    world = cluster_world(spec(8))
    lose(world, 0, 1, 2)
    world.clock.advance(150.0)
    first, second, third = world.times("taint_noexecute")
    assert 9.5 <= second - first <= 11.0
    assert 19.5 <= third - first <= 21.0


def test_each_zone_has_its_own_queue(cluster_world: Callable[..., World]) -> None:
    """N8: two nodes of two zones are each tainted at once."""
    world = cluster_world(spec(8, zones=2))
    lose(world, 0, 1)
    world.clock.advance(150.0)
    for node in ("node/n0", "node/n1"):
        (unknown,), (taint,) = world.times("node_unknown", node), world.times("taint_noexecute", node)
        assert 0.0 <= taint - unknown <= 1.0


@pytest.mark.parametrize(
    ("nodes", "lost", "evicts"),
    [
        (3, 2, True),  # two of three: not more than two are lost (N9)
        (5, 3, False),  # three, and 60 % (N10: a small zone stops)
        (6, 3, True),  # three, but only half
        (3, 3, True),  # a whole zone is Full: its usual rate, as long as another zone lives
    ],
)
def test_a_small_zone_with_most_nodes_lost_evicts_nobody_more(
    cluster_world: Callable[..., World], nodes: int, lost: int, evicts: bool
) -> None:
    """N9, N10: more than two nodes, and 55 % of them. What was tainted before the state turned goes on."""
    world = cluster_world(spec(nodes))
    for k in range(lost):
        world.at(50.0 + k / 100, world.cluster.lose_node, f"n{k}", "cut")
    world.clock.advance(200.0)
    assert len(world.times("node_unknown")) == lost
    assert (len(world.times("taint_noexecute")) == lost) == evicts


def test_when_no_node_is_left_the_taints_go(cluster_world: Callable[..., World]) -> None:
    """N11: all NoExecute taints are removed and nothing is evicted until a node is Ready again."""
    world = cluster_world(spec(2))
    lose(world, 0)
    world.at(57.0, world.cluster.stop_kubelet, "control", "killed")
    world.at(57.0, world.cluster.lose_node, "n1", "cut")
    world.at(200.0, world.cluster.start_kubelet, "control", "killed")
    world.clock.advance(199.0)
    assert len(world.times("node_unknown")) == 3
    all_lost = max(world.times("node_unknown"))
    assert all(t <= all_lost for t in world.times("taint_noexecute"))
    assert all(t <= all_lost for t in world.times("pod_deleting"))
    assert not any(node.noexecute for node in world.cluster.nodes.values())
    world.clock.advance(260.0)
    again = world.times("taint_noexecute")
    assert min(t for t in again if t > all_lost) >= 200.0  # evictions resume with the first Ready node


def test_a_node_that_is_back_in_time_keeps_its_pods(cluster_world: Callable[..., World]) -> None:
    """N15: the taint goes with Ready, and every timer with it."""
    world = cluster_world(spec(3, tolerations={"unreachable": 60}))
    world.at(50.0, world.cluster.stop_kubelet, "n0", "killed")
    world.at(90.0, world.cluster.start_kubelet, "n0", "killed")
    world.clock.advance(300.0)
    assert len(world.times("taint_noexecute", "node/n0")) == 1
    assert len(world.times("taint_gone", "node/n0")) == 2
    assert world.times("pod_deleting") == []


def test_pods_go_a_toleration_after_the_taint(cluster_world: Callable[..., World]) -> None:
    """N13: counted from when the taint was seen; what tolerates for ever (a DaemonSet's pod, N12) stays."""
    world = cluster_world(spec(3) | {"workloads": {
        "web": {"replicas": 3, "tolerations": {"unreachable": 20}}, "log": {"replicas": 1, "kind": "daemon"},
    }})  # fmt: skip
    lose(world, 0)
    world.clock.advance(150.0)
    (taint,) = world.times("taint_noexecute")
    (deleting,) = world.times("pod_deleting")
    assert taint + 20.0 <= deleting <= taint + 20.5
    assert world.times("pod_deleting", "pod/log") == []

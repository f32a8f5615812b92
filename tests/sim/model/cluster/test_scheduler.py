"""Where pods go: the two forms of the same arithmetic, and what it prefers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from sim.model.cluster.scheduler import Rows, backoff_s, best

sizes = st.tuples(st.sampled_from([1.0, 2.0, 4.0]), st.sampled_from([1e9, 4e9]), st.sampled_from([0.0, 1.0]))


def rows(of: list[tuple[float, float, float]], wide: bool, used: list[int], is_open: list[bool]) -> Rows:
    """Return the same nodes in one of the two forms."""
    made = type("Either", (Rows,), {"WIDE": 0 if wide else 10**6})(of)
    for row, (count, flag) in enumerate(zip(used, is_open, strict=True)):
        for _ in range(count):
            made.take(row, (0.3, 2e8, 0.0))
        made.open[row] = flag
    return made


@given(
    nodes=st.lists(st.tuples(sizes, st.integers(0, 4), st.booleans()), min_size=1, max_size=12),
    request=st.tuples(st.sampled_from([0.1, 0.5, 2.0]), st.sampled_from([1e8, 2e9]), st.sampled_from([0.0, 1.0])),
    u=st.floats(0.0, 0.999),
    restricted=st.booleans(),
)
def test_few_and_many_nodes_are_scored_alike(nodes: Any, request: Any, u: float, restricted: bool) -> None:
    """Plain loops and arrays choose the same node."""
    of, used, is_open = ([node[k] for node in nodes] for k in range(3))
    same = [count % 3 for count in used]
    allowed = [row % 2 == 0 for row in range(len(of))] if restricted else None
    few = best(rows(of, False, used, is_open), request, same, allowed, u)
    many_allowed = np.array(allowed) if allowed is not None else None
    many = best(rows(of, True, used, is_open), request, np.array(same), many_allowed, u)
    assert few == many


def test_ties_are_broken_by_the_draw() -> None:
    """Equal nodes are equally likely, whatever their names or order."""
    equal = Rows([(4.0, 1e9, 0.0)] * 4)
    chosen = Counter(best(equal, (0.1, 1e6, 0.0), [0] * 4, None, k / 400) for k in range(400))
    assert chosen == {0: 100, 1: 100, 2: 100, 3: 100}


def test_backoff_doubles_from_one_to_ten_seconds() -> None:
    """S1: 1, 2, 4, 8, 10, 10 s."""
    assert [backoff_s(n, 1.0, 10.0) for n in range(1, 7)] == [1.0, 2.0, 4.0, 8.0, 10.0, 10.0]


def place(build: Callable[..., Any], workloads: dict[str, Any], **nodes: Any) -> dict[str, str | None]:
    """Return where each pod of a small cluster is placed at the start."""
    world = build({"cluster": {"nodes": nodes}, "workloads": workloads})
    return {name: pod.node.name if pod.node else None for name, pod in world.cluster.pods.items()}


def test_place_near_and_apart(cluster_world: Callable[..., Any]) -> None:
    """`place` names nodes, `near` needs a pod of another workload on the node, `apart_from` forbids one."""
    found = place(
        cluster_world,
        {"cache": {"near": "db"}, "batch": {"apart_from": "db", "replicas": 2}, "db": {"place": "b"}},
        a={},
        b={},
    )
    assert found == {"cache-0": "b", "batch-0": "a", "batch-1": "a", "db-0": "b"}


def test_hard_spread_leaves_a_pod_pending(cluster_world: Callable[..., Any]) -> None:
    """A third pod over two nodes fits; where one node is full, a hard spread keeps what would skew Pending."""
    spread = {"spread": {"hard": True}, "cpu": 1, "replicas": 4}
    found = place(cluster_world, {"web": spread}, a={"cpu": 4}, b={"cpu": 1})
    assert Counter(found.values()) == {"a": 2, "b": 1, None: 1}


def test_spread_over_zones(cluster_world: Callable[..., Any]) -> None:
    """Zones are filled evenly, however many nodes each has."""
    spread = {"spread": {"over": "zones"}, "replicas": 6}
    found = place(cluster_world, {"web": spread}, a={"zone": "x"}, b={"zone": "y"}, c={"zone": "y"}, d={"zone": "y"})
    assert Counter(found.values())["a"] == 3


def test_a_cordoned_node_gets_nothing_until_uncordoned(cluster_world: Callable[..., Any]) -> None:
    """A pod that fits nowhere waits without events and is placed when the cordon goes."""
    world = cluster_world({"cluster": {"nodes": {"a": {"cordoned": True}}}, "workloads": {"web": {}}})
    world.clock.advance(1000.0)
    assert world.clock._queue == []
    world.cluster.uncordon("a")
    world.clock.advance(1010.0)
    assert [pod.node.name for pod in world.cluster.pods.values()] == ["a"]
    pending = [value for _, metric, _, value in world.samples if metric == "pods_pending"]
    assert pending == [0.0, 1.0, 0.0]


def test_lost_capacity_leaves_pods_pending_until_it_is_back(cluster_world: Callable[..., Any]) -> None:
    """Evicted pods get replacements only where there is room: capacity comes back with the node."""
    spec = {
        "cluster": {"preset": "lab-fast", "nodes": {"a": {"cpu": 1}, "b": {"cpu": 1}}},
        "workloads": {"web": {"replicas": 2, "cpu": 0.8}},
    }
    world = cluster_world(spec)
    world.at(1.0, world.cluster.lose_node, "b", "power")
    world.at(200.0, world.cluster.return_node, "b", "power")
    world.clock.advance(300.0)
    (pending,) = world.times("pod_pending")
    (placed,) = world.times("pod_scheduled")
    assert pending < 40.0
    assert 202.0 < placed < 212.0

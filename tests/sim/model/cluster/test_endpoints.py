"""Slices and each node's rules: E1–E8."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

SPEC = {
    "cluster": {
        "preset": "k8s",
        "nodes": {"a": {}, "b": {}},
        "timings": {"reaction_mean_s": 0, "slice_retry_share": 0},
    },
    "workloads": {"web": {"replicas": 3, "starts_in": "10s", "stops_in": "30s"}},
    "services": {"web": {"of": "web"}, "also": {"of": "web"}},
}


def test_rules_change_at_once_and_then_not_for_a_second(cluster_world: Callable[..., Any]) -> None:
    """E4: the first change is written at once, what comes within a second of its end after that, together."""
    world = cluster_world(SPEC)
    table = world.cluster.endpoints.table("a")
    sizes = []
    world.at(10.0, world.cluster.operations.kill, "web", lambda _: 1)
    world.at(10.3, world.cluster.operations.kill, "web", lambda _: 1)
    world.at(10.6, world.cluster.operations.scale, "web", 0)
    for step in range(100, 125):
        world.clock.advance(step / 10 + 0.06)
        sizes.append(len(table["web"]))
    assert sizes == [2] * 11 + [3] * 14  # the last change leaves only terminating ones, all three of them (E7)
    assert world.times("endpoint_withdrawn", "service/web") == [10.0, 10.3, 10.6]


def test_terminating_endpoints_serve_when_nothing_else_does(cluster_world: Callable[..., Any]) -> None:
    """E7: with no ready endpoint left those that still serve while terminating are used; then there are none (E8)."""
    world = cluster_world(SPEC)
    table = world.cluster.endpoints.table("b")
    world.at(10.0, world.cluster.operations.scale, "web", 0)
    world.clock.advance(20.0)
    assert [len(table[service]) for service in ("web", "also")] == [3, 3]
    assert world.cluster.endpoints.ready_count("web") == 0
    world.clock.advance(60.0)
    assert table == {"web": (), "also": ()}


def test_the_table_stays_the_same_object(cluster_world: Callable[..., Any]) -> None:
    """Callers may keep a node's table: its values are replaced, the dict is not."""
    world = cluster_world(SPEC)
    table = world.cluster.endpoints.table("a")
    before = table["web"]
    world.at(10.0, world.cluster.operations.kill, "web", lambda _: 1)
    world.clock.advance(100.0)
    assert world.cluster.endpoints.table("a") is table
    assert len(before) == len(table["web"]) == 3
    assert {e.pod for e in before} != {e.pod for e in table["web"]}


def test_a_node_that_hears_nothing_keeps_its_old_rules(cluster_world: Callable[..., Any]) -> None:
    """The kube-proxy of a cut-off node goes stale until its watch is back."""
    world = cluster_world(SPEC)
    near, far = world.cluster.endpoints.table("a"), world.cluster.endpoints.table("b")
    old = far["web"]
    world.at(5.0, world.cluster.stop_kubelet, "b", "cut")
    world.at(10.0, world.cluster.operations.kill, "web", lambda _: 3)
    world.at(30.0, world.cluster.start_kubelet, "b", "cut")
    world.clock.advance(29.0)
    assert far["web"] == old
    assert near["web"] != old
    world.clock.advance(200.0)
    assert set(far["web"]) == set(near["web"])

"""Slow disks: what a commit waits for, and that it waits in order."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from whole_world import INSTANT

NODES = {name: {} for name in "abcd"}
EXACT = INSTANT | {"reaction_mean_s": 0.0}


def world(cluster_world: Callable[..., Any], servers: str = "a") -> Any:
    """Return a cluster with these servers and a workload whose pods start and stop at once."""
    plane = {"servers": list(servers), "datastore": "etcd"}
    web = {"replicas": 2, "starts_in": 0.0, "stops_in": 0.0}
    return cluster_world(
        {"cluster": {"nodes": NODES, "control_plane": plane, "timings": EXACT}, "workloads": {"web": web}}
    )


def disks(of: Any) -> Any:
    """Return the slow disks of a world."""
    return of.cluster.operations._disks


def test_the_slowest_that_is_needed_counts(cluster_world: Callable[..., Any]) -> None:
    """Of three members one slow follower costs nothing; the leader, or two followers, hold every commit up."""
    of = world(cluster_world, "abc")
    leader = of.cluster.leader_or("leader")
    one, two = (name for name in "abc" if name != leader)
    slow = of.cluster.operations.slow_disk
    heal = slow(one, 0.2)
    assert disks(of).commit_added_s() == 0.0
    slow(two, 0.3)
    assert disks(of).commit_added_s() == 0.2
    heal()
    assert disks(of).commit_added_s() == 0.0
    slow(leader, 0.1)
    slow(leader, 0.4)
    assert disks(of).commit_added_s() == 0.5


def test_a_member_that_is_down_holds_nobody_up(cluster_world: Callable[..., Any]) -> None:
    """Two of three are left, and both are needed: the slow one of them counts, the lost one does not."""
    of = world(cluster_world, "abc")
    leader = of.cluster.leader_or("leader")
    one, two = (name for name in "abc" if name != leader)
    of.cluster.operations.slow_disk(one, 0.2)
    of.cluster.operations.slow_disk(two, 0.3)
    of.cluster.stop_member(one)
    assert disks(of).commit_added_s() == 0.3
    of.cluster.stop_member(two)
    assert disks(of).commit_added_s() == 0.0  # nothing is written at all


@pytest.mark.parametrize(("added_s", "created_s", "ready_s"), [(None, 10.0, 10.0), (0.5, 11.0, 12.0)])
def test_each_write_is_late(
    cluster_world: Callable[..., Any], added_s: float | None, created_s: float, ready_s: float
) -> None:
    """A deletion, the new pod, its binding and its readiness are four writes, one after another."""
    of = world(cluster_world)
    if added_s is not None:
        of.cluster.operations.slow_disk("a", added_s)
    of.at(10.0, of.cluster.operations.kill, "web", lambda _: 1)
    of.clock.advance(30.0)
    assert of.times("pod_deleting") == [10.0 + (added_s or 0.0)]
    assert (of.times("pod_created"), of.times("pod_ready")[2:]) == ([created_s], [ready_s])


def test_writes_keep_their_order_when_a_disk_is_fast_again(cluster_world: Callable[..., Any]) -> None:
    """What was written before the disk got better is down before what was written after."""
    of = world(cluster_world)
    heal = of.cluster.operations.slow_disk("a", 0.9)
    of.at(10.0, of.cluster.operations.scale, "web", 0)
    of.at(10.1, heal)
    of.at(10.2, of.cluster.operations.scale, "web", 3)
    of.clock.advance(30.0)
    assert sum(pod.active for pod in of.cluster.pods.values()) == 3


def test_writes_keep_their_order_over_a_stall(cluster_world: Callable[..., Any]) -> None:
    """A write that was under way when the store stalled comes before those that waited for it."""
    of = world(cluster_world)
    of.cluster.operations.slow_disk("a", 0.9)
    of.at(10.0, of.cluster.operations.scale, "web", 0)
    of.at(10.1, of.cluster.stop_member, "a")
    of.at(10.2, of.cluster.operations.scale, "web", 3)
    of.at(12.0, of.cluster.start_member, "a")
    of.clock.advance(40.0)
    assert sum(pod.active for pod in of.cluster.pods.values()) == 3

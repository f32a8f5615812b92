"""API servers: what their clients meet, K3s' single process, K9."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

World = Any


def spec(preset: str, servers: str = "a", **timings: float) -> dict[str, Any]:
    """Return a cluster of these servers and an agent `x`."""
    return {
        "cluster": {
            "preset": preset,
            "control_plane": {"servers": list(servers), "datastore": "etcd"},
            "nodes": {name: {} for name in [*servers, "x"]},
            "timings": timings,
        },
        "workloads": {"web": {"replicas": 2, "place": "x"}},
    }


def outage(world: World, how: str, for_s: float) -> tuple[float, list[float]]:
    """Stop the API for a while from t = 100 on; return how long after its end it answers, and when x hears of a pod."""
    world.at(100.0, world.cluster.stop_apiserver, "all", how)
    world.at(100.0 + for_s, world.cluster.start_apiserver, "all")
    world.at(100.0 + for_s, world.cluster.operations.kill, "web", lambda _: 1)
    world.clock.advance(100.0 + for_s + 200.0)
    (answers,) = world.times("api_up")
    return answers - 100.0 - for_s, [t - answers for t in world.times("pod_stopped")]


@pytest.mark.parametrize("seed", range(6))
def test_refused_watches_come_back_in_steps(cluster_world: Callable[..., World], seed: int) -> None:
    """L3, lab 5: the rest of a step, and mostly another whole one, 30–60 s each: 0–120 s after a minute's refusal."""
    started, (heard,) = outage(cluster_world(spec("k8s"), seed=seed), "refused", 60.0)
    assert 1.6 <= started <= 4.9
    assert 0.0 <= heard <= 125.0


def test_refusals_cost_more_than_ends_of_file(cluster_world: Callable[..., World]) -> None:
    """A7, lab 5: behind a proxy that accepts and closes, watches are back within a second or so, each time."""
    refused = [outage(cluster_world(spec("k8s"), seed=seed), "refused", 60.0)[1][0] for seed in range(6)]
    closed = [outage(cluster_world(spec("k8s"), seed=seed), "eof", 60.0)[1][0] for seed in range(6)]
    assert max(closed) < 6.0  # a second, and the pod's own stop
    assert sorted(refused)[3] > 20.0


def test_an_outage_shorter_than_the_grace_takes_no_node_down(cluster_world: Callable[..., World]) -> None:
    """The monitor can't write either, and heartbeats are back before its probe is old."""
    for how in ("refused", "eof"):
        world = cluster_world(spec("k8s"), seed=3)
        outage(world, how, 20.0)
        assert world.times("node_unknown") == []


def stall(world: World) -> list[tuple[str, float]]:
    """Let etcd take no writes from t = 100 to 160; return when API servers went and came."""
    world.at(100.0, world.cluster.stop_member, "a")
    world.at(160.0, world.cluster.start_member, "a")
    world.clock.advance(400.0)
    return [(kind, t) for t, kind, *_ in world.events if kind.startswith("api_")]


@pytest.mark.parametrize("seed", range(3))
def test_in_k3s_a_lost_lease_ends_the_server(cluster_world: Callable[..., World], seed: int) -> None:
    """K1–K3: etcd stalls for a minute; the one process exits after 10–12 s, and is back 5 + 10–40 s later."""
    (gone, exits), (back, starts) = stall(cluster_world(spec("k3s"), seed=seed))
    assert (gone, back) == ("api_down", "api_up")
    assert 110.0 <= exits <= 112.0
    assert exits + 15.0 <= starts <= exits + 45.0


def test_elsewhere_only_the_controllers_exit(cluster_world: Callable[..., World]) -> None:
    """K1 is K3s' alone: the same stall leaves kubeadm's API server answering."""
    world = cluster_world(spec("k8s"), seed=1)
    assert stall(world) == []
    lost = [detail["controller"] for _, kind, _, detail in world.events if kind == "leader_lost"]
    assert sorted(lost) == ["controller", "etcd", "scheduler"]


def test_a_server_without_its_member_does_not_answer(cluster_world: Callable[..., World]) -> None:
    """K9: it talks to 127.0.0.1 only; the others go on, and it answers again with its member."""
    world = cluster_world(spec("k3s", "abc"), seed=1)
    world.at(100.0, world.cluster.stop_member, "b")
    world.at(200.0, world.cluster.start_member, "b")
    world.clock.advance(300.0)
    told = [(t, kind, detail["server"]) for t, kind, _, detail in world.events if kind.startswith("api_")]
    assert told == [(100.0, "api_down", "b"), (200.0, "api_up", "b")]

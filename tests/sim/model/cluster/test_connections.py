"""How a kubelet finds another API server: K11–K16, B1–B5."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

World = Any


def spec(balancer: str, **timings: float) -> dict[str, Any]:
    """Return three servers and six agents that reach them so."""
    return {
        "cluster": {
            "preset": "k8s-stacked-etcd",
            "timings": timings,
            "control_plane": {"servers": ["a", "b", "c"], "datastore": "etcd", "balancer": balancer},
            "nodes": {name: {} for name in ["a", "b", "c", *(f"x{k}" for k in range(6))]},
        },
    }


def switches(world: World, how: str) -> list[float]:
    """Lose the server that most agents use at t = 100; return how long after that each of these renews its lease."""
    agents = [node for name, node in world.cluster.nodes.items() if name.startswith("x")]
    servers = [node.server for node in agents]
    lost = max(dict.fromkeys(servers), key=servers.count)
    mine = [node.name for node in agents if node.server == lost]
    world.at(100.0, world.cluster.lose_node, lost, how)
    world.clock.advance(250.0)
    renewed = {subject: t for t, kind, subject, _ in world.events if kind == "lease_renewed"}
    assert all(node.server != lost for node in agents)
    return [renewed[f"node/{name}"] - 100.0 for name in mine]


@pytest.mark.parametrize(
    ("balancer", "how", "low_s", "high_s"),
    [
        ("agent", "killed", 0.0, 1.2),  # K15
        ("agent", "power", 56.0, 75.2),  # K16
        ("haproxy", "killed", 4.0, 6.2),  # B1
        ("haproxy", "power", 49.0, 51.2),  # the flow through it is silent until H7 closes it, then B1
        ("keepalived", "killed", 0.0, 1.8),  # B6
        ("keepalived", "power", 2.6, 3.8),  # B5
    ],
)
@pytest.mark.parametrize("seed", range(2))
def test_how_long_a_switch_takes(
    cluster_world: Callable[..., World], balancer: str, how: str, low_s: float, high_s: float, seed: int
) -> None:
    """Each balancer finds another server within its own range; a silent loss costs more than a refused one."""
    took = switches(cluster_world(spec(balancer), seed=seed), how)
    assert took
    assert all(low_s <= t <= high_s for t in took)


def test_without_a_balancer_nobody_finds_another_server(cluster_world: Callable[..., World]) -> None:
    """Agents that know one server wait for it, and all turn Unknown with it."""
    world = cluster_world(spec("none"))
    world.at(100.0, world.cluster.lose_node, "a", "killed")
    world.clock.advance(300.0)
    assert {node.server for name, node in world.cluster.nodes.items() if name.startswith("x")} == {"a"}
    assert len({s for _, kind, s, _ in world.events if kind == "node_unknown"}) == 7


def test_who_has_lost_its_server_stays_with_the_new_one(cluster_world: Callable[..., World]) -> None:
    """K12: the old server's return moves nobody back."""
    world = cluster_world(spec("agent"), seed=1)
    switches(world, "killed")
    before = {name: node.server for name, node in world.cluster.nodes.items() if name.startswith("x")}
    for name in "abc":
        world.cluster.return_node(name, "killed")
    world.clock.advance(600.0)
    assert {name: node.server for name, node in world.cluster.nodes.items() if name.startswith("x")} == before


def test_a_flapping_link_does_not_add_up(cluster_world: Callable[..., World]) -> None:
    """What was planned for an earlier loss is void: one lease renewal for each time that the link stays up."""
    world = cluster_world(spec("agent"), seed=1)
    for k in range(20):
        world.at(100.0 + k, world.cluster.stop_kubelet, "x0", "cut")
        world.at(100.5 + k, world.cluster.start_kubelet, "x0", "cut")
    world.clock.advance(400.0)
    renewals = world.times("lease_renewed", "node/x0")
    assert sum(t > 119.5 for t in renewals) == 1
    assert world.cluster.nodes["x0"].beating


@pytest.mark.parametrize("for_s", [5.0, 40.0, 600.0])
@pytest.mark.parametrize("lost", ["x0", "a b c x0 x1 x2 x3 x4 x5"])
def test_machines_that_had_no_power_start_their_pods_again(
    cluster_world: Callable[..., World], for_s: float, lost: str
) -> None:
    """One node or the whole cluster, noticed or not: all are Ready afterwards, and every pod's container runs."""
    world = cluster_world(spec("agent") | {"workloads": {"web": {"replicas": 9}}, "services": {"web": {"of": "web"}}})
    for name in lost.split():
        world.at(100.0, world.cluster.lose_node, name, "power")
        world.at(100.0 + for_s, world.cluster.return_node, name, "power")
    world.clock.advance(99.9 + for_s)
    if len(lost) > 2:  # nobody is left to write anything
        said = {kind for t, kind, *_ in world.events if t >= 100.0}
        assert said <= {"kubelet_stopped", "pod_stopped", "api_down", "quorum_lost", "leader_lost"}
    world.clock.advance(1500.0)
    assert all(node.ready and node.beating for node in world.cluster.nodes.values())
    assert len(world.cluster.pods) == 9
    assert all(pod.ready and pod.running for pod in world.cluster.pods.values())
    assert world.cluster.endpoints.ready_count("web") == 9

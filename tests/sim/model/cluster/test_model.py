"""What holds for the cluster whatever happens to it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

World = Any
NODES = ("a", "b", "c", "d")
WRITES = (  # events that are writes to the API
    "node_unknown", "node_ready", "taint_noschedule", "taint_noexecute", "taint_gone", "node_cordoned",
    "node_uncordoned", "node_removed", "node_added", "pod_created", "pod_scheduled", "pod_ready", "pod_not_ready",
    "pod_deleting", "pod_gone", "endpoint_ready", "endpoint_withdrawn", "lease_renewed", "force_deleted",
)  # fmt: skip
SPEC = {
    "cluster": {
        "preset": "lab-fast",
        "control_plane": {"servers": ["a", "b", "c"], "datastore": "etcd"},
        "nodes": {name: {"cpu": 1, "zone": "east" if name in "ab" else "west"} for name in NODES},
    },
    "workloads": {
        "web": {"replicas": 6, "cpu": "300m", "readiness": {"period": "2s"}},
        "db": {"replicas": 2, "kind": "stateful", "cpu": "200m"},
        "agent": {"kind": "daemon", "cpu": "50m"},
    },
    "services": {"web": {"of": "web"}, "db": {"of": "db"}},
}

node_names = st.sampled_from(NODES)
down = st.tuples(st.sampled_from(["lose_node", "stop_kubelet"]), node_names, st.sampled_from(["cut", "killed"]))
member = st.tuples(st.just("stop_member"), st.sampled_from(["a", "b", "c", "leader"]), st.just(""))
server = st.tuples(
    st.just("stop_apiserver"), st.sampled_from(["a", "b", "c", "all"]), st.sampled_from(["refused", "eof"])
)
replaced = st.tuples(st.just("remove_node"), node_names, st.just(""))
faults = st.lists(
    st.tuples(st.floats(0, 120), st.floats(1, 150), st.one_of(down, member, server, replaced)), max_size=6
)


def enact(world: World, at_s: float, for_s: float, fault: tuple[str, str, str]) -> None:
    """Put one fault and its end on the clock."""
    kind, target, how = fault
    cluster = world.cluster
    if kind == "stop_member":
        world.at(at_s, lambda: world.at(at_s + for_s, cluster.start_member, cluster.stop_member(target)))
        return
    begin, end = getattr(cluster, kind), getattr(cluster, UNDO[kind])
    pass_how = kind in ("lose_node", "stop_kubelet")
    world.at(at_s, begin, target, *([how] if how else []))
    world.at(at_s + for_s, end, target, *([how] if pass_how else []))


UNDO = {
    "lose_node": "return_node",
    "stop_kubelet": "start_kubelet",
    "stop_apiserver": "start_apiserver",
    "remove_node": "add_node",
}


def check_invariants(world: World) -> None:
    """No pod on two nodes, no node over its size, gauges that agree with the objects."""
    cluster, state = world.cluster, world.cluster._state
    where = Counter(name for node in cluster.nodes.values() for name in node.pods)
    assert not [name for name, count in where.items() if count > 1]
    for node in cluster.nodes.values():
        assert sum(pod.of.spec.cpu for pod in node.pods.values()) <= node.spec.cpu + 1e-9
        assert all(pod.node is node for pod in node.pods.values())
    exist = [node for node in cluster.nodes.values() if node.exists]
    assert (state.gauges.nodes, state.gauges.ready) == (len(exist), sum(node.ready for node in exist))
    for deployed in state.workloads.values():
        assert deployed.active == sum(pod.active for pod in deployed.pods.values())


@settings(max_examples=60)
@given(faults=faults, seed=st.integers(0, 1000))
def test_no_pod_is_on_two_nodes_and_capacity_is_never_exceeded(
    cluster_world: Callable[..., World], faults: Any, seed: int
) -> None:
    """Whatever fails and comes back, at any moment."""
    world = cluster_world(SPEC, seed=seed)
    for fault in faults:
        enact(world, *fault)
    for until_s in range(5, 700, 5):
        world.clock.advance(float(until_s))
        check_invariants(world)


@settings(max_examples=60)
@given(faults=faults, seed=st.integers(0, 1000))
def test_without_quorum_nothing_is_written(cluster_world: Callable[..., World], faults: Any, seed: int) -> None:
    """Between `quorum_lost` and `quorum_restored`, and while no API server takes writes, no event is a write."""
    world = cluster_world(SPEC, seed=seed)
    for fault in faults:
        enact(world, *fault)
    world.clock.advance(700.0)
    up = [(t, value) for t, metric, _, value in world.samples if metric == "control_plane_up_share"]
    for (begin_s, value), (end_s, _) in zip(up, [*up[1:], (1e9, 0.0)], strict=True):
        if value == 0.0:
            assert not [e for e in world.events if begin_s < e[0] < end_s and e[1] in WRITES]
    lost, restored = world.times("quorum_lost"), world.times("quorum_restored")
    for begin_s, end_s in zip(lost, [*restored, 1e9], strict=False):
        assert not [e for e in world.events if begin_s < e[0] < end_s and e[1] in WRITES]


@settings(max_examples=40)
@given(faults=faults, seed=st.integers(0, 1000))
def test_everything_heals_when_all_faults_are_over(cluster_world: Callable[..., World], faults: Any, seed: int) -> None:
    """All nodes Ready, nothing Terminating or pending, every workload whole, every ready pod in its service."""
    world = cluster_world(SPEC, seed=seed)
    for fault in faults:
        enact(world, *fault)
    world.clock.advance(1500.0)
    cluster = world.cluster
    assert [node.ready and not (node.noexecute or node.noschedule) for node in cluster.nodes.values()] == [True] * 4
    assert Counter(pod.of.name for pod in cluster.pods.values() if pod.ready) == {"web": 6, "db": 2, "agent": 4}
    assert cluster.endpoints.ready_count("web") == 6
    assert len(cluster.endpoints.table("a")["web"]) == 6
    assert all(pod.running for pod in cluster.pods.values())
    last = {(metric, subject): value for _, metric, subject, value in world.samples}
    assert (last["pods_terminating", "cluster"], last["pods_pending", "cluster"]) == (0.0, 0.0)
    assert (last["node_ready_share", "cluster"], last["capacity_ready_share", "cluster"]) == (1.0, 1.0)


@given(seed=st.integers(0, 100))
def test_renaming_nodes_changes_nothing_but_names(cluster_world: Callable[..., World], seed: int) -> None:
    """With their streams renamed along, nodes of other names live through the same events at the same times."""
    new = {"a": "zeus", "b": "yeti", "c": "xena"}

    def events(names: dict[str, str]) -> list[Any]:
        spec = {
            "cluster": {"preset": "lab-fast", "nodes": {names[n]: {} for n in "abc"}},
            "workloads": {"w": {"replicas": 5}},
        }
        world = cluster_world(spec, seed=seed, start_s=-60.0)
        for name in "abc":  # the streams of the old names
            world.cluster.nodes[names[name]].draws = world.cluster._plan.stream(f"node/{name}")
        world.at(0.0, world.cluster.lose_node, names["b"], "power")
        world.at(60.0, world.cluster.return_node, names["b"], "power")
        world.clock.advance(200.0)
        back = {v: k for k, v in names.items()}
        return [
            (
                t,
                k,
                "/".join(back.get(part, part) for part in s.split("/")),
                {key: back.get(v, v) for key, v in d.items()},
            )
            for t, k, s, d in world.events
            if k not in ("api_up", "api_down", "leader_elected", "leader_lost")
        ]

    assert events(new) == events({name: name for name in "abc"})


def test_a_quiet_cluster_costs_no_event(cluster_world: Callable[..., World]) -> None:
    """Heartbeats, leases, probes and passes are nothing while nothing changes: the clock's heap is empty."""
    world = cluster_world(SPEC)
    assert world.clock._queue == []
    before = len(world.events)
    world.clock.advance(1e8)
    assert len(world.events) == before


def test_the_start_is_balanced(cluster_world: Callable[..., World]) -> None:
    """All pods are placed at once, spread evenly, ready, and in the rules of every node."""
    world = cluster_world(SPEC)
    assert (
        Counter(pod.node.name for pod in world.cluster.pods.values() if pod.of.name == "web").most_common()[0][1] == 2
    )
    assert {len(world.cluster.endpoints.table(node)["web"]) for node in NODES} == {6}


@pytest.mark.parametrize(("how", "runs"), [("cut", True), ("power", False), ("killed", False)])
def test_what_runs_on_a_lost_node(cluster_world: Callable[..., World], how: str, runs: bool) -> None:
    """Pods of a node that is cut off live on inside; without power, or killed, they are gone at once."""
    world = cluster_world(SPEC)
    world.at(1.0, world.cluster.lose_node, "d", how)
    world.clock.advance(2.0)
    pods = [pod for pod in world.cluster.pods.values() if pod.node.name == "d"]
    assert {pod.running for pod in pods} == {runs}
    said = {"cut": "host silent", "power": "host silent", "killed": "host refusing"}
    assert (1.0, said[how], "d") in world.containers


@pytest.mark.parametrize("how", ["killed", "stopped", "cut"])
def test_a_stopped_kubelet_leaves_pods_serving_yet_loses_their_endpoints(
    cluster_world: Callable[..., World], how: str
) -> None:
    """N6: healthy capacity is withdrawn once the node is Unknown, though its containers still run."""
    world = cluster_world(SPEC)
    mine = [pod for pod in world.cluster.pods.values() if pod.node.name == "d" and pod.of.name == "web"]
    world.at(1.0, world.cluster.stop_kubelet, "d", how)
    world.clock.advance(28.0)
    assert all(pod.running for pod in mine)
    assert {pod.name for pod in mine}.isdisjoint(e.pod for e in world.cluster.endpoints.table("a")["web"])


def test_pods_hang_in_terminating_until_force_deleted(cluster_world: Callable[..., World]) -> None:
    """Without its kubelet's word an evicted pod stays; a person's force delete ends that, its container runs on."""
    world = cluster_world(SPEC)
    world.at(1.0, world.cluster.stop_kubelet, "d", "killed")
    world.clock.advance(500.0)
    stuck = [pod for pod in world.cluster.pods.values() if pod.state.value == "terminating"]
    assert stuck
    assert all(pod.node.name == "d" for pod in stuck)
    world.cluster.force_delete("d")
    assert all(pod.name not in world.cluster.pods and pod.running for pod in stuck)
    world.cluster.start_kubelet("d", "killed")
    world.clock.advance(600.0)
    assert not any(pod.running for pod in stuck)


def test_pods_of_a_removed_node_are_collected(cluster_world: Callable[..., World]) -> None:
    """N16: force deleted 40–80 s after the Node object went, unless a node of that name is back."""
    world = cluster_world(SPEC)
    world.at(10.0, world.cluster.stop_kubelet, "d", "killed")
    world.at(12.0, world.cluster.remove_node, "d")
    world.clock.advance(300.0)
    gone = [t for t, k, _, d in world.events if k == "pod_gone" and d["node"] == "d"]
    assert gone
    assert all(52.0 <= t <= 92.0 for t in gone)
    assert world.cluster.unhealthy_share() == 0.0


def test_a_failover_of_the_controller_manager_forgets(cluster_world: Callable[..., World]) -> None:
    """N19: probes start again with the new leader, so a node lost with the old one is found about 17 s later."""
    spec = SPEC | {"workloads": {}, "services": {}}
    alone, both = [], []
    for seed in range(30):
        world = cluster_world(spec, seed=seed)
        world.at(10.0, world.cluster.lose_node, "d", "power")
        world.clock.advance(200.0)
        alone.append(world.times("node_unknown", "node/d")[0])
        world = cluster_world(spec, seed=seed)
        leader = world.cluster._plane.controllers.leader
        world.at(10.0, world.cluster.lose_node, "d", "power")
        world.at(10.0, world.cluster.stop_apiserver, leader, "refused")
        world.clock.advance(200.0)
        both.append(world.times("node_unknown", "node/d")[0])
    assert all(37.0 <= t <= 10 + 24 + 1 + 15 for t in both)
    assert min(both) > max(t for t in alone if t < 31)


def test_all_nodes_lost_stops_eviction(cluster_world: Callable[..., World]) -> None:
    """N10, N11: with no node Ready nothing is evicted; with three of five lost (a small zone) neither."""
    nodes = {"control": {"cordoned": True, "zone": "other"}, **{f"n{k}": {"zone": "one"} for k in range(5)}}
    spec = {"cluster": {"preset": "lab-fast", "nodes": nodes}, "workloads": {"w": {"replicas": 10}}}
    world = cluster_world(spec)
    for k in range(3):
        world.at(10.0, world.cluster.stop_kubelet, f"n{k}", "killed")
    world.clock.advance(400.0)
    assert len(world.times("node_unknown")) == 3
    assert len(world.times("taint_noexecute")) <= 1  # one may pass before the third turns Unknown
    every = cluster_world(
        {"cluster": {"preset": "lab-fast", "nodes": {"a": {}, "b": {}}}, "workloads": {"w": {"replicas": 4}}}
    )
    for name in "ab":
        every.at(10.0, every.cluster.stop_kubelet, name, "killed")
    every.clock.advance(400.0)
    assert len(every.times("node_unknown")) == 2
    assert not every.times("pod_deleting")


def test_a_cut_link_silences_a_kubelet(cluster_world: Callable[..., World]) -> None:
    """A node that can reach no API server turns Unknown; with another server to reach it finds that one in time."""
    spec = {"cluster": {"preset": "k8s", "nodes": {"a": {}, "b": {}}}}
    world = cluster_world(spec)
    world.at(1.0, world.set_link, "a--b", True)
    world.at(100.0, world.set_link, "a--b", False)
    world.clock.advance(400.0)
    assert len(world.times("node_unknown", "node/b")) == len(world.times("node_ready", "node/b")) == 1


@pytest.mark.parametrize(("preset", "unknown"), [("k3s", True), ("k3s-1.31", True)])
def test_agents_of_a_silently_lost_server_turn_not_ready(
    cluster_world: Callable[..., World], preset: str, unknown: bool
) -> None:
    """K16, K17: it takes them 56–75 s to move, longer than the grace period; a killed server costs them nothing."""
    names = ("s1", "s2", "s3")
    cluster = {
        "preset": preset,
        "control_plane": {"servers": names, "datastore": "etcd"},
        "nodes": {name: {} for name in (*names, "w1", "w2", "w3", "w4")},
    }
    for how in ("cut", "killed"):
        world = cluster_world({"cluster": cluster}, seed=3)
        server = world.cluster.nodes["w1"].server
        world.at(20.0, world.cluster.lose_node, server, how)
        world.clock.advance(300.0)
        workers = world.times("node_unknown", "node/w")
        assert bool(workers) == (unknown and how == "cut")
        back = world.times("node_ready", "node/w")
        assert len(back) == len(workers)


def test_a_daemon_set_keeps_to_its_place(cluster_world: Callable[..., World]) -> None:
    """One pod on each node that it names and no other, none while it is scaled to zero, and again afterwards."""
    spec = {
        "cluster": {"preset": "k8s", "nodes": {"a": {}, "b": {}, "c": {}}},
        "workloads": {"agent": {"kind": "daemon", "place": ["b", "c"]}},
    }
    world = cluster_world(spec)
    found = []
    for at_s, replicas in ((10.0, 0), (100.0, 1), (200.0, 1)):
        world.clock.advance(at_s)
        found.append(sorted(pod.node.name for pod in world.cluster.pods.values() if pod.active))
        world.cluster.operations.scale("agent", replicas)
    assert found == [["b", "c"], [], ["b", "c"]]

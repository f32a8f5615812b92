"""Drained nodes: evictions as the budgets allow."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from whole_world import Run, scenario, times

TIMINGS = {"reaction_mean_s": 0.0, "proxy_apply_s": 0.0}
CLUSTER = {"nodes": {"a": {}, "b": {}, "c": {}}, "links": {"default": {"latency": 0.0}}, "timings": TIMINGS}


def drained(for_s: float = 60.0, replicas: int = 4, pdb: Any = None, **more: Any) -> Run:
    """Return a run in which node b, where all pods of `web` are, is drained at 10 s."""
    web = {"replicas": replicas, "cpu": 0.1, "starts_in": 2.0, "stops_in": 1.0, "pdb": pdb, **more}
    workloads = {"web": web, "agent": {"kind": "daemon", "cpu": 0.01}}
    nodes = {"a": {"cordoned": True}, "b": {}, "c": {"cordoned": True}}
    run = Run(
        scenario(
            cluster=CLUSTER | {"nodes": nodes},
            workloads=workloads,
            faults={"drain": {"kind": "drain", "node": "b", "at": 10, "for": for_s}},
        )
    )
    for node in ("a", "c"):  # all pods begin on b
        run.world.cluster.uncordon(node)
    return run


def on(run: Run, node: str) -> list[str]:
    """Return the workloads of a node's active pods."""
    return sorted(pod.of.name for pod in run.world.cluster.nodes[node].pods.values() if pod.active)


def test_without_a_budget_all_pods_go_at_once() -> None:
    """Every pod but a DaemonSet's is evicted when the drain begins; it is replaced on other nodes."""
    run = drained()
    run.advance(30.0)
    assert (on(run, "b"), len(on(run, "a") + on(run, "c"))) == (["agent"], 6)
    assert run.world.cluster.nodes["b"].cordoned
    journal = run.finish()
    assert times(journal, "pod_evicted") == [10.0] * 4
    assert times(journal, "eviction_refused") == []


@pytest.mark.parametrize(
    ("pdb", "evicted"),
    [
        ({"max_unavailable": 1}, [10.0, 15.0, 20.0, 25.0]),
        ({"min_available": 2}, [10.0, 10.0, 15.0, 15.0]),
        ({"min_available": "50%"}, [10.0, 10.0, 15.0, 15.0]),
        ({"max_unavailable": "30%"}, [10.0, 10.0, 15.0, 15.0]),  # 1.2 pods, rounded up
        ({"min_available": "100%"}, []),
    ],
)
def test_a_budget_lets_them_go_in_turns(pdb: dict[str, Any], evicted: list[float]) -> None:
    """What the budget forbids is asked for again 5 s later, when the replacements (2 s) are ready."""
    journal = drained(pdb=pdb).finish()
    assert times(journal, "pod_evicted") == evicted


def test_never_fewer_ready_than_the_budget_says() -> None:
    """At no moment of the drain are fewer pods ready than it demands."""
    run = drained(pdb={"min_available": 3})
    for step in range(1000, 6000):
        run.advance(step / 100)
        assert run.world.cluster._state.workloads["web"].ready >= 3
    assert on(run, "b") == ["agent"]


def test_a_forbidden_drain_asks_until_it_ends() -> None:
    """A budget that allows nothing is asked each 5 s as long as the drain lasts; then the node is open again."""
    run = drained(for_s=22.0, replicas=1, pdb={"max_unavailable": 0})
    run.advance(33.0)
    assert (on(run, "b"), run.world.cluster.nodes["b"].cordoned) == (["agent", "web"], False)
    assert times(run.finish(), "eviction_refused") == [10.0, 15.0, 20.0, 25.0, 30.0]


def test_a_pod_that_does_not_run_yet_needs_no_budget() -> None:
    """While its container starts a pod is Pending, and the eviction API lets it go."""
    run = drained(pdb={"min_available": "100%"}, starts_in=1e6, place="b")
    pod = next(pod for pod in run.world.cluster.pods.values() if pod.of.name == "web")
    run.world.clock.at(9.0, lambda _: run.world.cluster._lifecycle.delete(pod))  # its successor starts for ever
    journal = run.finish()
    assert [(e.t_s, e.subject) for e in journal.events if e.kind == "pod_evicted"] == [(10.0, "pod/web-4")]


def test_a_node_cordoned_before_stays_so() -> None:
    """A cordon or drain of a node that the file says is cordoned leaves it cordoned; others are open again."""
    faults = {
        "one": {"kind": "cordon", "node": ["b", "c"], "at": 10, "for": 20},
        "two": {"kind": "drain", "node": "b", "at": 20, "for": 20},
    }
    nodes = {"a": {}, "b": {}, "c": {"cordoned": True}}
    run = Run(scenario(cluster=CLUSTER | {"nodes": nodes}, faults=faults))
    cordons = {}
    for at_s in (9.0, 15.0, 35.0, 45.0):
        cordons[at_s] = [node.cordoned for node in run.advance(at_s).cluster.nodes.values()]
    assert cordons == {
        9.0: [False, False, True], 15.0: [False, True, True], 35.0: [False, True, True], 45.0: [False, False, True],
    }  # fmt: skip


def test_a_cordoned_node_gets_no_new_pod(cluster_world: Callable[..., Any]) -> None:
    """What is killed on it comes back elsewhere."""
    world = cluster_world({"cluster": CLUSTER, "workloads": {"web": {"replicas": 6}}})
    world.cluster.cordon("b")
    world.at(10.0, world.cluster.operations.kill, "web", lambda pods: pods)
    world.clock.advance(60.0)
    assert sorted({pod.node.name for pod in world.cluster.pods.values()}) == ["a", "c"]

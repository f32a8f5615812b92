from __future__ import annotations

import gc
from typing import Any

import pytest
from whole_world import Run, scenario, times

WORLD: dict[str, Any] = {
    "workloads": {"api": {"replicas": 2, "serves": {"takes": 0.1}}, "idle": {"replicas": 1}},
    "services": {"api": {"of": "api"}},
    "transports": {"wire": {}},
    "policies": {"none": {"kind": "none"}},
    "clients": {"caller": {"from": "a", "to": "api", "arrivals": {"poisson": 5}, "transport": "wire"}},
}


def test_a_world_starts_complete_and_quiet() -> None:
    """At its start all pods run, all nodes are Ready, and nothing has happened yet but the first readings."""
    run = Run(scenario(**WORLD, warmup=10.0))
    assert run.world.clock.now == -10.0
    assert sorted(pod.ready for pod in run.world.cluster.pods.values()) == [True] * 3
    assert run.world.cluster.unhealthy_share() == 0.0


def test_every_container_that_serves_has_a_server() -> None:
    """The pods of a service answer from the first moment; a pod that serves nothing has no server."""
    run = Run(scenario(**WORLD))
    table = run.world.cluster.endpoints.table("b")["api"]
    assert len(table) == 2
    assert all(endpoint.server is not None for endpoint in table)


def test_a_pod_that_is_made_anew_serves() -> None:
    """After all pods of a service were killed its calls succeed again, on new servers."""
    run = Run(scenario(**WORLD, faults={"kill": {"kind": "pod_kill", "workload": "api", "count": 2, "at": 10}}))
    before = {endpoint.pod for endpoint in run.advance(9.0).cluster.endpoints.table("b")["api"]}
    after = {endpoint.pod for endpoint in run.advance(30.0).cluster.endpoints.table("b")["api"]}
    assert len(after) == 2
    assert not before & after
    calls = run.finish().calls
    assert (calls["outcome"][calls["t_s"] > 30] == 0).all()
    assert len(calls) > 400


def test_a_run_ends_with_its_totals() -> None:
    """Calls in = calls out + in flight, for clients and services, and the cluster's cost is its nodes' sum."""
    nodes = {"a": {"cost_per_hour": 1.0}, "b": {"cost_per_hour": 2.5}, "c": {"cost_per_hour": 0.0}}
    journal = Run(scenario(**WORLD, cluster={"nodes": nodes})).finish()
    caller, api = journal.totals["client/caller"], journal.totals["service/api"]
    assert caller["started"] == caller["finished"] + caller["in_flight"] > 400
    assert api["arrived"] == api["finished"] + api["rejected"] + api["lost"] + api["in_system"]
    assert journal.totals["cluster"]["cost_per_hour"] == 3.5


def test_nothing_happens_after_the_end() -> None:
    """No event, sample or row lies beyond the run, and its faults that go on are not undone in the journal."""
    faults = {"lost": {"kind": "node_loss", "node": "b", "at": 10}}
    run = Run(scenario(**WORLD, faults=faults, duration=60.0))
    journal = run.finish()
    told = len(journal.events)
    del run
    gc.collect()
    assert len(journal.events) == told
    assert times(journal, "fault_end") == []
    assert max(event.t_s for event in journal.events) <= 60.0
    assert max(sample.t_s for sample in journal.samples) <= 60.0
    assert (journal.calls["t_s"] + journal.calls["took_s"]).max() <= 60.0 + 1e-9


@pytest.mark.parametrize("nodes", [10, 100])
def test_a_cluster_without_faults_costs_nothing(nodes: int) -> None:
    """While nothing changes nothing is scheduled: an hour of heartbeats is no event, at any size."""
    run = Run(scenario(3600.0, cluster={"nodes": {f"n{k}": {} for k in range(nodes)}}))
    queued = len(run.world.clock._queue)
    run.advance(3600.0)
    assert queued == len(run.world.clock._queue) == 0

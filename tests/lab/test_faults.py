"""Faults that slow a link or take a leader, and what the observer makes of a lost node: seen through the API."""

from __future__ import annotations

import json
import time
from datetime import datetime

import pytest
from lab_cluster import Cluster, no_lab_here, wait_for

from chaos.clock import RunClock
from chaos.kube import Kube
from chaos.lab import app
from chaos.lab.errors import LabError
from chaos.observer import Names, Observer, Workload
from sim.analysis.explain.node import node_story
from sim.analysis.reduce import reduce
from sim.record import Recorder, RunInfo

pytestmark = pytest.mark.cluster

NAMES = Names(
    nodes={"node-1": "one", "node-2": "two", "node-3": "three"},
    workloads={Workload(each.namespace, each.name): each.name for each in app.SERVICES},
    services={(each.namespace, each.name): each.name for each in app.SERVICES},
)


def _renewed_s(cluster: Cluster, node: str) -> float:
    """Return when a node's lease was renewed last, by its own kubelet's clock."""
    lease = cluster.api.get(f"/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/{node}")
    return datetime.fromisoformat(lease["spec"]["renewTime"].replace("Z", "+00:00")).timestamp()


def test_a_slow_kubelet_link_stretches_the_renewals(steady):
    """A second of latency comes on top of each renewal's 2.5 s; the node stays Ready; removed, it is as before."""
    last_s = _renewed_s(steady, "node-1")

    def stretched() -> bool:
        nonlocal last_s
        before_s, last_s = last_s, _renewed_s(steady, "node-1")
        return last_s - before_s > 3.2

    steady.add_toxic("kubelet-node-1", name="slow", type="latency", attributes={"latency": 1000})
    try:
        wait_for(stretched, 40, "two renewals lie more than 3.2 s apart")
        assert steady.ready("node-1") == "True"
    finally:
        steady.run("restart", "toxiproxy-node-1")
    assert steady.proxy("kubelet-node-1")["toxics"] == []


def test_a_slow_datastore_link_slows_every_write(steady):
    """No write is done before the datastore has answered; removed, nodes are Ready as ever."""
    steady.add_toxic("apiserver-server-1", name="slow", type="latency", attributes={"latency": 700})
    try:
        began_s = time.monotonic()
        steady.api.apply({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "w", "namespace": "default"}})
        assert time.monotonic() - began_s >= 0.7
    finally:
        steady.run("restart", "toxiproxy-datastore-server-1")
    assert steady.proxy("apiserver-server-1")["toxics"] == []
    assert steady.ready("node-1") == "True"


@pytest.mark.soak  # `make test` sees one through the runner: test_two_arms.py
def test_the_observer_writes_a_lost_node_as_the_simulator_does(steady):
    """A killed kubelet and a killed scheduler: the journal has every step, and every analysis reads it unchanged."""
    path = steady.lab.folders.kubeconfig
    api = Kube.of(path, json.loads(path.read_text(encoding="utf-8"))["current-context"])
    recorder, clock = Recorder(_info()), RunClock()
    with Observer(api, NAMES, recorder, clock) as observer:
        assert observer.whole(20)
        _lose(steady, recorder, clock, observer)
        wait_for(lambda: observer.facts().nodes_ready.value == 3, 60, "all nodes are Ready again")
        wait_for(lambda: observer.facts().pods_terminating.value == 0, 60, "no pod is on its way out")
    journal = recorder.finish()
    kinds = [event.kind for event in journal.events if event.subject == "node/three"]
    expected = ["node_unknown", "taint_noschedule", "taint_noexecute", "lease_renewed", "node_ready", "taint_gone"]
    assert set(kinds) >= set(expected[:5])
    assert kinds.index("node_unknown") < kinds.index("node_ready")
    leads = [event.kind for event in journal.events if event.detail.get("controller") == "scheduler"]
    assert leads == ["leader_lost", "leader_elected"]
    values = reduce(journal).values
    assert 8.0 < values["fault:loss", "node/three", "node_unknown_s"] < 60.0
    assert 0.0 < values["all", "cluster", "node_ready_share"] < 1.0
    assert any("Unknown" in line.text for line in node_story(journal, "three").lines)


def _lose(steady: Cluster, recorder: Recorder, clock: RunClock, observer: Observer) -> None:
    """Kill a scheduler, which is brought back, and a kubelet, which is started again once its node is lost."""
    fault = {"kind": "kubelet_stop", "target": "three"}
    steady.run("restart", "kube-scheduler-server-1")
    steady.run("stop", "kubelet-node-3", "--how", "kill")
    recorder.event(clock.now(), "fault_begin", "fault/loss", fault)
    wait_for(lambda: observer.facts().nodes_ready.value == 2, 60, "node-3 is lost")
    wait_for(lambda: (observer.facts().pods_terminating.value or 0) > 0, 60, "its pods are told to go")
    recorder.event(clock.now(), "fault_end", "fault/loss", fault)
    steady.run("start", "kubelet-node-3")


def _info() -> RunInfo:
    services = tuple(each.name for each in app.SERVICES)
    return RunInfo("lab", "a lost node", "as-it-is", 0, "real", 300.0, 0.0, (), services)


def test_the_datastore_outlives_its_leader(state):
    """Three servers: the member that leads is killed, another leads, and writes work again."""
    no_lab_here()
    lab = Cluster("leader", state)
    try:
        lab.run("up", "--shape", "three-servers", "--nodes", "1", "--no-app", "--timings", "fast")
        leader = _leader(lab)
        lab.run("stop", f"etcd-{leader}", "--how", "kill")
        wait_for(lambda: _leader(lab) != leader, 30, "another member leads")
        wait_for(lambda: _writes(lab), 30, "writes work again")
        lab.run("start", f"etcd-{leader}")
        assert lab.status()[f"etcd-{leader}"]["health"] == "ok"
    finally:
        lab.run("down")


def _writes(lab: Cluster) -> bool:
    """Return whether a write is done; the balancer may not have left out the server that is gone yet."""
    written = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "w", "namespace": "default"}}
    try:
        return bool(lab.api.apply(written))
    except LabError:
        return False


def _leader(lab: Cluster) -> str:
    """Return the server whose etcd became leader in the latest term, as the members' own logs say."""
    terms = []
    for server in lab.lab.site().shape.server_names:
        text = lab.lab.folders.log(f"etcd-{server}").read_text(encoding="utf-8")
        terms += [(int(part.split('"')[0]), server) for part in text.split("became leader at term ")[1:]]
    return max(terms)[1]

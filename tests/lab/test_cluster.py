"""A real cluster: up, answering, broken by each means of the lab, seen through the Kubernetes API, mended."""

from __future__ import annotations

import json
import os
import signal
from functools import partial
from pathlib import Path

import pytest
import yaml
from lab_cluster import Cluster, wait_for

pytestmark = pytest.mark.cluster

NODES = ("node-1", "node-2", "node-3")
LOST = ["node.kubernetes.io/unreachable:NoExecute", "node.kubernetes.io/unreachable:NoSchedule"]


def _front(cluster: Cluster) -> str:
    return f"http://10.{cluster.lab.site().places.index}.240.20/"


def _healthy_pod(cluster: Cluster, node: str) -> str:
    """Return the URL of a pod on a node that answers; replicas that a fault has moved away are sent round once more."""

    def answering() -> str | None:
        urls = [f"http://{pod['status'].get('podIP')}:8080/healthz" for pod in cluster.pods_on(node)]
        return next((url for url in urls if cluster.get_from("edge", url) == "200"), None)

    if answering() is None:
        for pod in cluster.pods():
            cluster.api.delete(f"/api/v1/namespaces/shop/pods/{pod['metadata']['name']}")
    return str(wait_for(answering, 60, f"a pod on {node} answers"))


def test_the_application_answers_through_its_cluster_ip_from_every_node(steady):
    """Nodes, clients and the whole call graph behind one address."""
    for place in (*NODES, "edge"):  # its kube-proxy learns of endpoints a moment later
        wait_for(partial(steady.answers, _front(steady), place), 10, f"{place} reaches the application")


def test_status_says_everything_is_well(steady):
    """Every component is ok, every task done, and the files that are named are there."""
    data = json.loads(steady.run("status", "--json").stdout)
    assert {row["health"] for row in data["components"]} == {"ok", "done"}
    assert {*data} >= {"kubeconfig", "binding", "shape", "components"}
    assert yaml.safe_load(Path(data["binding"]).read_text(encoding="utf-8"))["version"] == 1
    assert "kube-apiserver-server-1" in steady.run("status").stdout


def test_nodes_have_their_zones(steady):
    """Zones are labels of the nodes."""
    zones = [steady.node(node)["metadata"]["labels"]["topology.kubernetes.io/zone"] for node in NODES]
    assert zones == ["a", "b", "a"]


def test_a_second_lab_of_this_name_is_refused(steady):
    """The message says what removes the first."""
    assert "weatherglass lab down --name test" in steady.run("up", code=3).stderr


def test_a_node_without_its_link_is_lost_evicted_and_comes_back(steady):
    """Disabled proxy → Unknown → taints → pods deleted and replaced elsewhere; enabled → Ready, stuck pods gone."""
    before = len(steady.pods_on("node-2"))
    steady.proxy("kubelet-node-2", enabled=False)
    wait_for(lambda: steady.ready("node-2") == "Unknown", 60, "node-2 is Unknown")
    wait_for(lambda: steady.taints("node-2") == LOST, 30, "node-2 is tainted")
    wait_for(
        lambda: sum("deletionTimestamp" in pod["metadata"] for pod in steady.pods_on("node-2")) == before > 0,
        60,
        "its pods are deleted",
    )
    assert steady.get_from("edge", _front(steady)) == "200"
    steady.proxy("kubelet-node-2", enabled=True)
    wait_for(lambda: steady.ready("node-2") == "True", 150, "node-2 is Ready again")
    wait_for(lambda: steady.taints("node-2") == [], 30, "its taints are gone")


@pytest.mark.parametrize("how", ["term", "freeze"])
def test_a_stopped_kubelet_is_unknown_and_its_pods_go_on(steady, how):
    """A kubelet that ends or hangs leaves its pods serving; nothing brings it back but `start`."""
    url = _healthy_pod(steady, "node-3")
    steady.run("stop", "kubelet-node-3", "--how", how)
    wait_for(lambda: steady.ready("node-3") == "Unknown", 60, "node-3 is Unknown")
    assert steady.status()["kubelet-node-3"]["health"] == {"term": "stopped", "freeze": "frozen"}[how]
    assert steady.get_from("node-1", url) == "200"
    steady.run("start", "kubelet-node-3")
    wait_for(lambda: steady.ready("node-3") == "True", 60, "node-3 is Ready again")


def test_a_killed_node_takes_its_pods_with_it(steady):
    """Its addresses answer with a reset, its pods are gone; started again it is a node again."""
    url = _healthy_pod(steady, "node-1")
    steady.run("stop", "node-1", "--how", "kill")
    assert steady.get_from("node-2", url) in {"curl 7", "curl 28"}
    wait_for(lambda: steady.ready("node-1") == "Unknown", 60, "node-1 is Unknown")
    steady.run("start", "node-1")
    wait_for(lambda: steady.ready("node-1") == "True", 60, "node-1 is Ready again")


def test_envoy_tries_another_pod_where_a_cluster_ip_does_not(steady):
    """While a killed node's pods are still endpoints, its callers get errors; those of Envoy hardly any."""
    ways = (steady.entry("client->front"), steady.entry("client->envoy->front"))
    for way in ways:
        wait_for(partial(steady.answers, way), 20, way)
    _healthy_pod(steady, "node-1")
    steady.run("stop", "node-1", "--how", "kill")
    direct, through_envoy = ([steady.get_from("edge", way) == "200" for _ in range(30)].count(False) for way in ways)
    steady.run("start", "node-1")
    assert through_envoy <= 5
    assert direct > through_envoy


def test_a_cut_node_is_silent_both_ways(steady):
    """Who dials it waits until his own limit, and so does who dials from it; joined it answers."""
    url = _healthy_pod(steady, "node-2")
    steady.run("cut", "node-2")
    assert steady.get_from("node-1", url, limit_s=4.0) == "curl 28"
    assert steady.get_from("node-2", f"http://{steady.lab.site().places.host_address}/", limit_s=4.0) == "curl 28"
    assert "cut off: node-2" in steady.run("status").stdout
    steady.run("join", "node-2")
    wait_for(lambda: steady.get_from("node-1", url) == "200", 10, "it answers again")


def test_a_controller_that_ends_is_brought_back(steady):
    """The supervisor starts a new one; who stops it by `lab stop` keeps it down."""
    pid = steady.status()["kube-scheduler-server-1"]["pid"]
    steady.run("restart", "kube-scheduler-server-1")
    again = steady.status()["kube-scheduler-server-1"]["pid"]
    assert again != pid
    os.kill(again, signal.SIGKILL)
    wait_for(lambda: steady.status()["kube-scheduler-server-1"]["pid"] not in {None, pid, again}, 20, "a new one")
    wait_for(lambda: steady.status()["kube-scheduler-server-1"]["health"] == "ok", 20, "it is well")


def test_a_killed_toxiproxy_comes_back_healthy(steady):
    """Restarted, it has every proxy of its file, and no toxic."""
    steady.proxy("client-to-front", enabled=True)
    steady.add_toxic("client-to-front", name="slow", type="latency", attributes={"latency": 100})
    assert len(steady.proxy("client-to-front")["toxics"]) == 1
    steady.run("restart", "toxiproxy-services")
    assert steady.proxy("client-to-front")["toxics"] == []
    assert steady.proxy("client-to-front")["enabled"] is True


def test_logs_are_there(steady):
    """A component's log on standard output, and nothing else there; an unknown one is a usage error."""
    assert "Successfully registered node" in steady.run("logs", "kubelet-node-1").stdout
    assert "accepted: " in steady.run("logs", "kubelet-node-9", code=2).stderr

"""Who else is on a node that is taken is counted or told; who has no home is refused."""

from __future__ import annotations

import pytest
from kube_api import pod

KUBELET = {"kubelet/one": {"toxiproxy": "edge", "proxy": "kubelet-one"}}
LOST = {"faults": {"x": {"kind": "kubelet_stop", "node": "one", "how": "cut", "at": "10s", "for": "60s"}}}


@pytest.fixture
def place(staging):
    """Sections of a binding whose first node can be cut off."""
    nodes = staging["nodes"] | {"one": {"name": "worker-1", "kubelet": "kubelet/one"}}
    allow = staging["allow"] | {"links": ["kubelet/one"]}
    return {"nodes": nodes, "links": KUBELET, "toxiproxies": {"edge": {"api": "http://127.0.0.1:1"}}, "allow": allow}


@pytest.fixture
def cut(check, place):
    """Return what is told of the node when a scenario takes it."""
    return lambda scenario=LOST: [
        each.said for each in check(scenario, **place).remarks if each.where == "node worker-1"
    ]


def _owned(made, kind):
    made["metadata"]["ownerReferences"] = [
        {"kind": kind, "name": made["metadata"]["name"].partition("-")[0], "controller": True}
    ]
    return made


def _daemon(number, namespace="ops"):
    return _owned(pod("agent", number, "worker-1", namespace=namespace), "DaemonSet")


def _left(checked):
    return {each.what: (each.ready, each.lost) for each in checked.experiment.left if "/" in each.what}


DRAIN = {"faults": {"x": {"kind": "drain", "node": "one", "at": "10s", "for": "60s"}}}
REPLICAS = "how many pods are lost at once"


@pytest.mark.parametrize("scenario", [LOST, DRAIN])
def test_workloads_of_allowed_namespaces_count_though_the_scenario_does_not_name_them(api, place, check, scenario):
    """On a node that is cut off or drained; those that are elsewhere, or not Ready, or of a daemon set, do not."""
    api.put(*(pod("search", number, f"worker-{number // 3 + 1}") for number in (0, 1, 4)))
    api.put(pod("mail", 1, "worker-2"), pod("sleepy", 1, "worker-1", ready=False), _daemon(1, namespace="shop"))
    checked = check(scenario, **place)
    assert _left(checked) == {"workload shop/search": (3, 2)}
    assert [each.where for each in checked.refusals if each.sought == REPLICAS] == ["faults x: workload shop/search"]
    wider = check(scenario, **place, limits={"replicas_share": 0.7})
    assert [each for each in wider.refusals if each.sought == REPLICAS] == []


def test_nobody_counts_where_no_node_is_taken(api, check):
    """A killed pod takes none of others."""
    api.put(pod("search", 1, "worker-1"))
    assert _left(check()) == {}


def test_other_workloads_of_a_lost_node_are_told(api, cut):
    """Of namespaces that are not allowed, with how many Ready pods; no daemon set, no other node's."""
    api.put(pod("billing", 1, "worker-1", namespace="money"), pod("billing", 2, "worker-1", namespace="money"))
    api.put(pod("mail", 1, "worker-2", namespace="money"), _daemon(1))
    assert cut() == ["it also takes Ready pods that no limit counts: 2 of money/billing"]


def test_what_has_no_replicas_is_told(api, cut):
    """A job's pod goes in any case; one that nobody owns stays where the node is only drained."""
    api.put(_owned(pod("report", 1, "worker-1"), "Job"), _owned(pod("shell", 1, "worker-1"), "Pod"))
    assert cut() == ["it also takes Ready pods that no limit counts: 1 of shop/report, 1 of shop/shell"]
    assert cut(DRAIN) == ["it also takes Ready pods that no limit counts: 1 of shop/report"]


def test_what_may_not_be_seen_is_said(api, place, check):
    """Of each namespace whom the limits do not count there, and that there may be more."""
    api.put(pod("search", 1, "worker-1"), pod("billing", 1, "worker-1", namespace="money"))
    api.denied.add(("list all", "/api/v1/pods"))
    checked = check(LOST, **place)
    assert [(each.where, each.said.partition(":")[0]) for each in checked.remarks if "not known" in each.said] == [
        ("node worker-1", "it is not known what pods of further namespaces are there")
    ]
    assert _left(checked) == {"workload shop/search": (1, 1)}
    api.denied.add(("list all", "/api/v1/namespaces/chaos/pods"))
    assert "whom the limits should count in namespace chaos: " in str(check(LOST, **place).remarks)


def test_a_drain_takes_only_what_it_may_evict(api, cut):
    """Pods of namespaces that are not allowed stay where they are."""
    api.put(pod("billing", 1, "worker-1", namespace="money"))
    assert cut(DRAIN) == []


def test_a_home_that_is_not_there_is_refused(check, staging):
    """With the command that makes it."""
    cluster = staging["cluster"] | {"home": "nowhere"}
    (refusal,) = check(cluster=cluster, allow=staging["allow"] | {"namespaces": ["shop", "nowhere"]}).refusals
    assert (refusal.where, refusal.found) == ("cluster.home", "the cluster has none of that name")
    assert "create namespace nowhere, or" in refusal.accepted

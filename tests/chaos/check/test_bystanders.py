"""Who else is on a node that is taken is told; who has no home is refused."""

from __future__ import annotations

import pytest
from kube_api import pod

KUBELET = {"kubelet/one": {"toxiproxy": "edge", "proxy": "kubelet-one"}}
LOST = {"faults": {"x": {"kind": "kubelet_stop", "node": "one", "how": "cut", "at": "10s", "for": "60s"}}}


@pytest.fixture
def cut(check, staging):
    """Check a scenario that cuts a node off."""
    nodes = staging["nodes"] | {"one": {"name": "worker-1", "kubelet": "kubelet/one"}}
    allow = staging["allow"] | {"links": ["kubelet/one"]}
    place = {"nodes": nodes, "links": KUBELET, "toxiproxies": {"edge": {"api": "http://127.0.0.1:1"}}, "allow": allow}

    def told(scenario=LOST, **binding):
        found = [remark for remark in check(scenario, **(place | binding)).remarks if remark.where == "node worker-1"]
        return [remark.said for remark in found]

    return told


def _daemon(number):
    made = pod("agent", number, "worker-1", namespace="ops")
    made["metadata"]["ownerReferences"][0] |= {"kind": "DaemonSet", "name": "agent"}
    return made


def test_other_workloads_of_a_lost_node_are_told(api, cut):
    """In every namespace, with how many Ready pods; not the scenario's own, no daemon set, no other node's."""
    api.put(pod("billing", 1, "worker-1", namespace="money"), pod("billing", 2, "worker-1", namespace="money"))
    api.put(pod("search", 1, "worker-1", ready=False), pod("mail", 1, "worker-2"), _daemon(1))
    assert cut() == ["it also takes Ready pods that no limit counts: 2 of money/billing"]


def test_what_may_not_be_seen_is_said(api, cut):
    """Of the allowed namespaces at least, and that there may be more; or that nothing is known."""
    api.put(pod("search", 1, "worker-1"), pod("billing", 1, "worker-1", namespace="money"))
    api.denied.add(("list all", "/api/v1/pods"))
    (told,) = cut()
    assert told.startswith("it also takes Ready pods that no limit counts: 1 of shop/search; it is not known")
    api.denied.add(("list", "pods"))
    (told,) = cut()
    assert told.startswith("it is not known what else is there")


def test_a_drain_takes_only_what_it_may_evict(api, cut):
    """Pods of namespaces that are not allowed stay where they are."""
    api.put(pod("search", 1, "worker-1"), pod("billing", 1, "worker-1", namespace="money"))
    drain = {"faults": {"x": {"kind": "drain", "node": "one", "at": "10s", "for": "60s"}}}
    assert cut(drain) == ["it also takes Ready pods that no limit counts: 1 of shop/search"]


def test_a_home_that_is_not_there_is_refused(check, staging):
    """With the command that makes it."""
    cluster = staging["cluster"] | {"home": "nowhere"}
    (refusal,) = check(cluster=cluster, allow=staging["allow"] | {"namespaces": ["shop", "nowhere"]}).refusals
    assert (refusal.where, refusal.found) == ("cluster.home", "the cluster has none of that name")
    assert "create namespace nowhere, or" in refusal.accepted

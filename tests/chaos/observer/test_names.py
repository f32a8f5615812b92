from __future__ import annotations

import pytest

from chaos.observer import Names, Workload


def _owned(kind: str, name: str, namespace: str = "shop", template: str = "6dd78f7498"):
    metadata = {"namespace": namespace, "labels": {"pod-template-hash": template}}
    return {"metadata": {**metadata, "ownerReferences": [{"kind": kind, "name": name}]}}


@pytest.mark.parametrize(
    ("pod", "workload"),
    [
        (_owned("ReplicaSet", "front-6dd78f7498"), "web"),
        (_owned("StatefulSet", "db"), "store"),
        (_owned("DaemonSet", "agent"), "agent"),
        (_owned("ReplicaSet", "front-6dd78f7498", namespace="other"), None),
        (_owned("ReplicaSet", "front-2-6dd78f7498"), None),
        (_owned("Job", "front"), None),
        ({"metadata": {"namespace": "shop"}}, None),
    ],
)
def test_a_pod_belongs_to_the_workload_that_owns_it(names, pod, workload):
    """A Deployment owns through its ReplicaSet, the others themselves; nobody else's pod is taken."""
    assert names.workload_of(pod) == workload


def test_what_is_watched_follows_from_what_is_named(names):
    """Namespaces are those of workloads and services; kinds those that are named in a namespace."""
    assert (names.namespaces, names.kinds("shop"), names.kinds("other")) == (
        ("shop",),
        ("Deployment", "StatefulSet", "DaemonSet"),
        (),
    )
    both = Names(workloads={Workload("b", "x"): "x"}, services={("a", "y"): "y"})
    assert both.namespaces == ("a", "b")

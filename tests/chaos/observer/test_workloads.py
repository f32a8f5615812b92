from __future__ import annotations

import pytest

from chaos.observer import Names, Workload
from chaos.observer.workloads import Workloads, ready_of_wanted

PATH = "/apis/apps/v1/namespaces/shop/"


def _workload(name: str, ready: int, wants: int | None = 2, **status):
    return {
        "metadata": {"namespace": "shop", "name": name},
        "spec": {} if wants is None else {"replicas": wants},
        "status": {"readyReplicas": ready, **status},
    }


@pytest.mark.parametrize(
    ("obj", "counts"),
    [
        (_workload("x", 1), (1, 2)),
        (_workload("x", 1, wants=None), (1, 1)),
        (_workload("x", 0, wants=0), (0, 0)),
        (_workload("x", 9, desiredNumberScheduled=3, numberReady=2), (2, 3)),
        ({"metadata": {}, "spec": {"replicas": 4}, "status": {}}, (0, 4)),
    ],
)
def test_what_is_ready_of_what_is_wanted(obj, counts):
    """A DaemonSet counts nodes in its status; no word of replicas is one; no word of ready ones is none."""
    assert ready_of_wanted(obj) == counts


def test_the_shares_are_told_once_every_named_workload_was_looked_for(told, names):
    """Before that they would be of some only; a workload that does not exist lacks a pod."""
    view = Workloads(told.notes, names)
    told.at(0.0, view.of("Deployment").put, _workload("front", 2), at_start=True)
    told.at(0.0, view.of("Deployment").listed, PATH + "deployments")
    told.at(0.0, view.of("StatefulSet").put, _workload("db", 1), at_start=True)
    told.at(0.0, view.of("StatefulSet").listed, PATH + "statefulsets")
    assert told.samples == []
    told.at(1.0, view.of("DaemonSet").listed, PATH + "daemonsets")
    told.at(2.0, view.of("StatefulSet").put, _workload("db", 2), at_start=False)
    told.at(3.0, view.of("Deployment").drop, _workload("front", 2))
    told.at(4.0, view.of("Deployment").put, _workload("not-named", 2), at_start=False)
    assert [(t_s, metric, round(value, 3)) for t_s, metric, _, value in told.samples] == [
        (1.0, "workloads_available_share", 0.333),
        (1.0, "pods_ready_share", 0.6),
        (2.0, "workloads_available_share", 0.667),
        (2.0, "pods_ready_share", 0.8),
        (3.0, "workloads_available_share", 0.333),
        (3.0, "pods_ready_share", 0.5),
    ]


def test_a_services_share_is_that_of_the_workload_behind_it(told):
    """More than wanted is still all of them, and none wanted lacks none."""
    names = Names(workloads={Workload("shop", "front"): "web"}, behind={"site": "web", "other": "unknown"})
    view = Workloads(told.notes, names)
    shares = []
    for at_s, (ready, wants) in enumerate([(1, 2), (3, 2), (0, 0)]):
        told.at(at_s, view.of("Deployment").put, _workload("front", ready, wants), at_start=False)
        shares.append(told.last("pods_ready_share", "service/site"))
    assert shares == [0.5, 1.0, 1.0]
    assert told.last("pods_ready_share", "service/other") is None

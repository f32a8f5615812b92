from __future__ import annotations

import pytest

from chaos.observer.slices import Slices

PATH = "/apis/discovery.k8s.io/v1/namespaces/shop/endpointslices"


def _endpoints(uid: str, service: str = "front", **ready: bool | None):
    return {
        "metadata": {"uid": uid, "namespace": "shop", "labels": {"kubernetes.io/service-name": service}},
        "endpoints": [
            {"addresses": [pod], "targetRef": {"name": pod}, "conditions": {} if is_in is None else {"ready": is_in}}
            for pod, is_in in ready.items()
        ],
    }


@pytest.fixture
def slices(told, names):
    """A service with pods `a` and `b`, and slices of a service that nobody named."""
    view = Slices(told.notes, names)
    told.at(0.0, view.put, _endpoints("s1", a=True, b=None), at_start=True)
    told.at(0.0, view.put, _endpoints("s2", "other", x=True), at_start=True)
    told.at(0.0, view.listed, PATH)
    return view


def test_the_start_is_a_gauge_and_no_event(told, slices):
    """What is in a service before anybody looks is counted; a condition that is not said counts as ready."""
    assert (told.events, told.samples) == ([], [(0.0, "pods_ready", "service/web", 2)])
    assert slices.ready_count("web") == 2


def test_endpoints_leave_and_come(told, slices):
    """One event for each pod, named as the simulator does, and the count after it."""
    told.at(1.0, slices.put, _endpoints("s1", a=False, b=True, c=True), at_start=False)
    assert told.events == [
        (1.0, "endpoint_withdrawn", "service/web", {"pod": "a"}),
        (1.0, "endpoint_ready", "service/web", {"pod": "c"}),
    ]
    told.at(2.0, slices.put, _endpoints("s1"), at_start=False)
    assert told.last("pods_ready", "service/web") == 0


def test_the_slices_of_a_service_count_together(told, slices):
    """A pod that moves from one slice into another has not left; a deleted slice takes its pods with it."""
    told.at(1.0, slices.put, _endpoints("s9", b=True, d=True), at_start=False)
    told.at(2.0, slices.put, _endpoints("s1", a=True), at_start=False)
    told.at(3.0, slices.drop, _endpoints("s9"))
    assert [(t_s, kind, detail["pod"]) for t_s, kind, _, detail in told.events] == [
        (1.0, "endpoint_ready", "d"),
        (3.0, "endpoint_withdrawn", "b"),
        (3.0, "endpoint_withdrawn", "d"),
    ]


def test_a_service_without_a_slice_has_no_endpoints(told, names):
    """It is known to have none once its namespace was listed, and not before."""
    view = Slices(told.notes, names)
    told.at(0.0, view.listed, PATH.replace("shop", "elsewhere"))
    assert told.samples == []
    told.at(1.0, view.listed, PATH)
    assert told.samples == [(1.0, "pods_ready", "service/web", 0)]

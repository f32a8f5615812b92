from __future__ import annotations

import pytest

from chaos.observer.pods import Pods

OWNER = [{"kind": "ReplicaSet", "name": "front-1"}]


def _pod(uid: str = "u1", name: str = "front-1-a", node: str | None = "ip-10-0-0-1", **said):
    status = {"phase": said.get("phase", "Running"), "conditions": []}
    if node is None:
        status["conditions"].append({"type": "PodScheduled", "status": "False", "reason": said.get("reason", "")})
    status["conditions"].append({"type": "Ready", "status": "True" if said.get("ready") else "False"})
    if "state" in said:
        status["containerStatuses"] = [{"state": {said["state"]: {}}}]
    metadata = {"uid": uid, "name": name, "namespace": "shop", "labels": {"pod-template-hash": "1"}}
    if said.get("deleting"):
        metadata["deletionTimestamp"] = "2026-01-01T00:00:05Z"
    return {
        "metadata": {**metadata, "ownerReferences": OWNER},
        "spec": {} if node is None else {"nodeName": node},
        "status": status,
    }


@pytest.fixture
def pods(told, names):
    """A view that has been told of nothing."""
    return Pods(told.notes, names)


def test_a_pod_that_was_ready_before_is_told_of_as_the_simulator_does(told, pods):
    """At the start a ready pod is one row, with its node and workload; others are none."""
    told.at(0.0, pods.put, _pod(ready=True, state="running"), at_start=True)
    told.at(0.0, pods.put, _pod("u2", "front-1-b", state="waiting"), at_start=True)
    assert told.events == [(0.0, "pod_ready", "pod/front-1-a", {"node": "styx", "workload": "web"})]


def test_a_pods_whole_life_in_the_simulators_words(told, pods):
    """Created, placed, started, ready, not ready, told to go, stopped, gone; a gauge counts it while it goes."""
    life = (
        _pod(node=None),
        _pod(),
        _pod(state="running"),
        _pod(state="running", ready=True),
        _pod(state="running"),
        _pod(state="running", deleting=True),
        _pod(state="terminated", deleting=True),
    )
    for at_s, step in enumerate(life):
        told.at(at_s, pods.put, step, at_start=False)
    assert told.last("pods_terminating") == 1
    told.at(7, pods.drop, life[-1])
    assert [(t_s, kind) for t_s, kind, _, _ in told.events] == [
        (0, "pod_created"), (1, "pod_scheduled"), (2, "pod_started"), (3, "pod_ready"), (4, "pod_not_ready"),
        (5, "pod_deleting"), (6, "pod_stopped"), (7, "pod_gone"),
    ]  # fmt: skip
    assert told.last("pods_terminating") == 0


def test_one_message_may_tell_of_several_steps_in_their_order(told, pods):
    """What was missed between two lists is told at once, as it must have come."""
    told.at(1.0, pods.put, _pod(state="running", ready=True), at_start=False)
    assert [kind for kind, _ in told.kinds] == ["pod_created", "pod_scheduled", "pod_started", "pod_ready"]


def test_a_pod_that_fits_nowhere_is_pending_until_it_is_placed(told, pods):
    """Only the scheduler's word makes it pending: a pod that it has not looked at yet is not."""
    told.at(0.0, pods.put, _pod(node=None), at_start=False)
    assert told.last("pods_pending") == 0
    told.at(1.0, pods.put, _pod(node=None, reason="Unschedulable"), at_start=False)
    assert told.last("pods_pending") == 1
    told.at(2.0, pods.put, _pod(), at_start=False)
    assert told.last("pods_pending") == 0
    assert [kind for kind, _ in told.kinds] == ["pod_created", "pod_pending", "pod_scheduled"]


def test_a_pod_stops_once(told, pods):
    """A kubelet that is back says of its pods that their containers ended, and then that they failed: one step."""
    told.at(0.0, pods.put, _pod(state="running", deleting=True), at_start=True)
    told.at(1.0, pods.put, _pod(state="terminated", deleting=True), at_start=False)
    told.at(2.0, pods.put, _pod(state="terminated", deleting=True, phase="Failed"), at_start=False)
    assert [(t_s, kind) for t_s, kind, _, _ in told.events] == [(1.0, "pod_stopped")]


def test_a_pod_that_failed_runs_no_more(told, pods):
    """Whatever is still said of its containers."""
    told.at(0.0, pods.put, _pod(state="running"), at_start=True)
    told.at(1.0, pods.put, _pod(state="running", phase="Failed"), at_start=False)
    assert told.kinds == [("pod_stopped", "pod/front-1-a")]


def test_a_terminating_pod_does_not_become_ready_again(told, pods):
    """A returned kubelet reports its pods ready once more before it stops them: they are on their way out."""
    told.at(0.0, pods.put, _pod(state="running", deleting=True), at_start=True)
    told.at(1.0, pods.put, _pod(state="running", deleting=True, ready=True), at_start=False)
    assert told.events == []


def test_the_next_pod_of_a_name_is_another_pod(told, pods):
    """A StatefulSet's pods keep their names: they are told apart by their uid."""
    told.at(0.0, pods.put, _pod("u1", state="running", ready=True), at_start=True)
    told.at(1.0, pods.drop, _pod("u1"))
    told.at(1.0, pods.put, _pod("u2", node=None), at_start=False)
    assert told.kinds[1:] == [("pod_gone", "pod/front-1-a"), ("pod_created", "pod/front-1-a")]

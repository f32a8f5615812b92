"""Pod objects: the steps of each pod's life, as the simulator names them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from chaos.observer.names import Names
from chaos.observer.nodes import ready_condition
from chaos.observer.notes import Notes

__all__ = ["Pods"]

Obj = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class _Pod:
    name: str
    workload: str
    node: str | None = None
    pending: bool = False
    running: bool = False
    ready: bool = False
    deleting: bool = False


class Pods:
    """What the pods' objects say. Its methods are called under the notes' lock."""

    def __init__(self, notes: Notes, names: Names) -> None:
        self._notes, self._names = notes, names
        self._known: dict[str, _Pod] = {}  # by uid: a StatefulSet's next pod has the name of the last

    @property
    def terminating_count(self) -> int:
        """Return how many pods have a deletionTimestamp and are still there."""
        return sum(pod.deleting for pod in self._known.values())

    def put(self, obj: Obj, *, at_start: bool) -> None:
        """Take a pod's object as it is now."""
        workload = self._names.workload_of(obj)
        if workload is None:
            return
        uid, pod = str(obj["metadata"]["uid"]), self._pod(obj, workload)
        before = self._known.get(uid)
        self._known[uid] = pod
        if before is not None:
            self._steps(before, pod, obj)
        elif at_start:
            self._found(pod)
        else:
            self._event("pod_created", pod, obj["metadata"].get("creationTimestamp"))
            self._steps(_Pod(pod.name, workload), pod, obj)
        self._gauges()

    def drop(self, obj: Obj) -> None:
        """Take note that a pod's object is gone."""
        pod = self._known.pop(str(obj["metadata"]["uid"]), None)
        if pod is not None:
            self._event("pod_gone", pod)
            self._gauges()

    def listed(self, path: str) -> None:  # noqa: ARG002  (all of them count together)
        """Write the gauges once all pods of a namespace are known."""
        self._gauges()

    def _found(self, pod: _Pod) -> None:
        """Take note of a pod that was there before: a ready one is told of, as the simulator does."""
        if pod.ready:
            self._event("pod_ready", pod)

    def _steps(self, before: _Pod, pod: _Pod, obj: Obj) -> None:
        """Write each step that was made since: one message may tell of several."""
        steps = (
            ("pod_pending", pod.pending and not before.pending, None),
            ("pod_scheduled", pod.node is not None and before.node is None, None),
            ("pod_started", pod.running and not before.running, None),
            ("pod_ready", pod.ready and not before.ready and not pod.deleting, _since(obj)),
            ("pod_not_ready", before.ready and not pod.ready and not pod.deleting, _since(obj)),
            ("pod_deleting", pod.deleting and not before.deleting, obj["metadata"].get("deletionTimestamp")),
            ("pod_stopped", before.running and not pod.running, None),
        )
        for kind, happened, server_time in steps:
            if happened:
                self._event(kind, pod, server_time)

    def _event(self, kind: str, pod: _Pod, server_time: str | None = None) -> None:
        detail = {"node": pod.node, "workload": pod.workload}
        said = {"server_time": server_time} if server_time else {}
        self._notes.event(kind, f"pod/{pod.name}", {**detail, **said})

    def _gauges(self) -> None:
        self._notes.gauge("pods_terminating", "cluster", self.terminating_count)
        self._notes.gauge("pods_pending", "cluster", sum(pod.pending for pod in self._known.values()))

    def _pod(self, obj: Obj, workload: str) -> _Pod:
        status = obj.get("status", {})
        placed = obj.get("spec", {}).get("nodeName")
        containers = [each.get("state", {}) for each in status.get("containerStatuses", ())]
        is_over = status.get("phase") in {"Succeeded", "Failed"}
        return _Pod(
            name=str(obj["metadata"]["name"]),
            workload=workload,
            node=self._names.nodes.get(placed, placed),
            pending=placed is None and _is_unschedulable(status),
            running=not is_over and bool(containers) and all("running" in state for state in containers),
            ready=ready_condition(obj).get("status") == "True",
            deleting="deletionTimestamp" in obj["metadata"],
        )


def _since(obj: Obj) -> str | None:
    return ready_condition(obj).get("lastTransitionTime")


def _is_unschedulable(status: Mapping[str, Any]) -> bool:
    return any(
        each["type"] == "PodScheduled" and each["status"] == "False" and each.get("reason") == "Unschedulable"
        for each in status.get("conditions", ())
    )

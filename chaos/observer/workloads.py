"""Deployments, StatefulSets and DaemonSets: how many replicas each wants, and how many of them are ready.

The same shares as the simulator's (`sim.model.cluster.ready_shares`): what `kubectl get deployments` shows. A workload
that wants no pods lacks none: its share is 1.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from chaos.observer.names import Names, Workload
from chaos.observer.notes import Notes

__all__ = ["Workloads", "ready_of_wanted"]

Obj = Mapping[str, Any]
Counts = tuple[int, int]  # ready, wanted


class Workloads:
    """What the objects of all kinds say together. Its methods are called under the notes' lock.

    A list of one kind does not name it in its items, so each kind has a view of its own: `of(kind)`.
    """

    def __init__(self, notes: Notes, names: Names) -> None:
        self._notes, self._names = notes, names
        self._counts: dict[Workload, Counts | None] = dict.fromkeys(names.workloads)  # None: not looked for yet

    @property
    def available_share(self) -> float:
        """Return the share of the named workloads that have all their replicas ready; 1 of none."""
        whole = [counts is not None and counts[0] >= counts[1] for counts in self._counts.values()]
        return sum(whole) / len(whole) if whole else 1.0

    @property
    def pods_ready_share(self) -> float:
        """Return the share of all wanted pods that are ready."""
        return _share(counts for counts in self._counts.values() if counts is not None)

    def pods_ready_share_of(self, service: str) -> float | None:
        """Return the share of a service's workload; None where nobody said which one it is."""
        behind = self._names.behind.get(service)
        found = [self._counts[each] for each, name in self._names.workloads.items() if name == behind]
        return _share(counts for counts in found if counts is not None) if found else None

    def of(self, kind: str) -> _OfKind:
        """Return the view of one kind."""
        return _OfKind(self, kind)

    def set(self, workload: Workload, counts: Counts) -> None:
        """Take note of a workload's state, and write the shares."""
        if workload in self._counts:
            self._counts[workload] = counts
            self._write()

    def listed(self, path: str, kind: str) -> None:
        """Take note that those which were not in the list at this path do not exist: they lack a pod."""
        for workload, counts in self._counts.items():
            if counts is None and workload.kind == kind and f"/namespaces/{workload.namespace}/" in path:
                self._counts[workload] = ABSENT
        self._write()

    def _write(self) -> None:
        """Write the shares, once all workloads were looked for."""
        if None in self._counts.values():
            return
        self._notes.gauge("workloads_available_share", "cluster", self.available_share)
        self._notes.gauge("pods_ready_share", "cluster", self.pods_ready_share)
        for service in self._names.behind:
            share = self.pods_ready_share_of(service)
            if share is not None:
                self._notes.gauge("pods_ready_share", f"service/{service}", share)


ABSENT: Counts = (0, 1)  # a workload that is not there wants to be


class _OfKind:
    def __init__(self, all_kinds: Workloads, kind: str) -> None:
        self._all, self._kind = all_kinds, kind

    def put(self, obj: Obj, *, at_start: bool) -> None:  # noqa: ARG002  (a first list is known whole at its end)
        self._all.set(self._workload(obj), ready_of_wanted(obj))

    def drop(self, obj: Obj) -> None:
        self._all.set(self._workload(obj), ABSENT)

    def listed(self, path: str) -> None:
        self._all.listed(path, self._kind)

    def _workload(self, obj: Obj) -> Workload:
        return Workload(obj["metadata"]["namespace"], obj["metadata"]["name"], self._kind)


def ready_of_wanted(obj: Obj) -> Counts:
    """Return how many replicas of a workload are ready, and how many it wants.

    A DaemonSet says both in its status; the others say in their spec how many they want (1 if nothing).
    Source: kubernetes 1.34.4, staging/src/k8s.io/api/apps/v1/types.go.
    """
    status = obj.get("status", {})
    if "desiredNumberScheduled" in status:
        return int(status.get("numberReady", 0)), int(status["desiredNumberScheduled"])
    return int(status.get("readyReplicas", 0)), int(obj.get("spec", {}).get("replicas", 1))


def _share(of: Iterable[Counts]) -> float:
    counts = list(of)
    wanted = sum(wants for _, wants in counts)
    return sum(min(ready, wants) for ready, wants in counts) / wanted if wanted else 1.0

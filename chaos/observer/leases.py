"""Leases: who leads among the controllers, and the first renewal of a node that had fallen silent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from chaos.observer.names import Names
from chaos.observer.notes import Notes

__all__ = ["CONTROLLERS", "Leaders", "NodeLeases"]

Obj = Mapping[str, Any]
CONTROLLERS = {"kube-controller-manager": "controller", "kube-scheduler": "scheduler"}
"""The leases in `kube-system` that are watched, and what the simulator calls their controllers."""


@dataclass(slots=True)
class _Term:
    holder: str
    renewed: str
    seen_s: float
    lasts_s: float
    lost: bool = False


class Leaders:
    """Who leads. Its methods are called under the notes' lock.

    A leader is lost when its lease is released, taken by another, or not renewed for the lease's duration: by then it
    has stopped, whether or not we could see it (rule A8: it gives up before others may take over). So the event comes
    later than the simulator's, which is that of its giving up, by the lease duration less the renew deadline.
    """

    def __init__(self, notes: Notes) -> None:
        self._notes = notes
        self._terms: dict[str, _Term] = {}

    def put(self, obj: Obj, *, at_start: bool) -> None:
        """Take a lease as it is now; at the start it tells who leads, which is no event."""
        controller = CONTROLLERS.get(obj["metadata"]["name"])
        if controller is None:
            return
        spec, before = obj.get("spec", {}), self._terms.get(controller)
        term = _Term(
            str(spec.get("holderIdentity") or ""),
            str(spec.get("renewTime")),
            self._notes.now_s,
            float(spec.get("leaseDurationSeconds", 15)),
        )
        if before is not None and (before.holder, before.renewed) == (term.holder, term.renewed):
            return  # listed again: nothing is newer
        self._terms[controller] = term
        if before is None and at_start:
            return
        self._succeed(controller, before, term)

    def _succeed(self, controller: str, before: _Term | None, term: _Term) -> None:
        is_same = before is not None and before.holder == term.holder
        if before is not None and not is_same and not before.lost:
            self._lost(controller, before)
        if term.holder and (not is_same or (before is not None and before.lost)):
            self._event("leader_elected", controller, term, server_time=term.renewed)
        term.lost = not term.holder

    def drop(self, obj: Obj) -> None:
        """Take note that a lease is deleted: nobody holds it."""
        controller = CONTROLLERS.get(obj["metadata"]["name"], "")
        term = self._terms.get(controller)
        if term is not None and not term.lost:
            self._lost(controller, term)

    def listed(self, path: str) -> None:
        """Nothing to add."""

    def tick(self) -> None:
        """Find leases that nobody has renewed for their whole duration."""
        for controller, term in self._terms.items():
            if not term.lost and self._notes.now_s - term.seen_s >= term.lasts_s:
                self._lost(controller, term)

    def _lost(self, controller: str, term: _Term) -> None:
        term.lost = True
        self._event("leader_lost", controller, term, silent_s=round(self._notes.now_s - term.seen_s, 3))

    def _event(self, kind: str, controller: str, term: _Term, **said: Any) -> None:
        who = term.holder.partition("_")[0]  # HOST_UUID. Source: kubernetes 1.34.4, cmd/kube-scheduler/app/server.go
        self._notes.event(kind, "cluster", {"controller": controller, "who": who, **said})


class NodeLeases:
    """The heartbeats of nodes. Its methods are called under the notes' lock.

    A renewal is told of when it ends a silence: it comes later than half the lease's duration after the one before, so
    that at least one was missed (a kubelet renews each quarter of it; rule H2).
    """

    def __init__(self, notes: Notes, names: Names) -> None:
        self._notes, self._names = notes, names
        self._seen: dict[str, tuple[str, float]] = {}

    def put(self, obj: Obj, *, at_start: bool) -> None:
        """Take a node's lease as it is now."""
        name = self._names.nodes.get(obj["metadata"]["name"])
        renewed, lasts_s = str(obj["spec"].get("renewTime")), float(obj["spec"].get("leaseDurationSeconds", 40))
        if name is None:
            return
        before, seen_s = self._seen.get(name, ("", self._notes.now_s))
        if before == renewed:
            return
        self._seen[name] = renewed, self._notes.now_s
        silent_s = self._notes.now_s - seen_s
        if not at_start and silent_s > lasts_s / 2:
            said = {"silent_s": round(silent_s, 3), "server_time": renewed}
            self._notes.event("lease_renewed", f"node/{name}", said)

    def drop(self, obj: Obj) -> None:
        """Nothing to tell: the lease goes with its Node object."""

    def listed(self, path: str) -> None:
        """Nothing to add."""

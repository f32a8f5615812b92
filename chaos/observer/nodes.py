"""Node objects: Ready, taints, cordons, and the shares of nodes and capacity that follow."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from chaos.observer.names import Names
from chaos.observer.notes import Notes

__all__ = ["Nodes", "cores", "ready_condition"]

Obj = Mapping[str, Any]

READY = {"True": "node_ready", "False": "node_not_ready", "Unknown": "node_unknown"}
TAINTED = {"NoSchedule": "taint_noschedule", "NoExecute": "taint_noexecute"}
LOST = {"node.kubernetes.io/unreachable": "unreachable", "node.kubernetes.io/not-ready": "not-ready"}
"""Taints of a lost node. Source: kubernetes 1.34.4, staging/src/k8s.io/api/core/v1/well_known_taints.go."""


@dataclass(frozen=True, slots=True)
class _Node:
    name: str
    status: str
    cpu: float
    taints: tuple[tuple[str, str], ...]
    cordoned: bool


class Nodes:
    """What the nodes' objects say. Its methods are called under the notes' lock."""

    def __init__(self, notes: Notes, names: Names) -> None:
        self._notes, self._names = notes, names
        self._known: dict[str, _Node] = {}

    @property
    def ready_count(self) -> int:
        """Return how many of the named nodes are Ready."""
        return sum(node.status == "True" for node in self._known.values())

    @property
    def count(self) -> int:
        """Return how many of the named nodes exist."""
        return len(self._known)

    @property
    def ready(self) -> dict[str, bool]:
        """Return whether each named node is Ready, by abstract name; False for one that does not exist."""
        return {name: name in self._known and self._known[name].status == "True" for name in self._names.nodes.values()}

    @property
    def capacity_share(self) -> float:
        """Return the share of all named nodes' cores that Ready nodes have; 0 without any."""
        nodes = self._known.values()
        ready = [node for node in nodes if node.status == "True"]
        if ready and len(ready) == len(nodes):
            return 1.0
        all_cores, ready_cores = (sum(node.cpu for node in some) for some in (nodes, ready))
        return ready_cores / all_cores if all_cores else 0.0

    def put(self, obj: Obj, *, at_start: bool) -> None:
        """Take a node's object as it is now."""
        name = self._names.nodes.get(obj["metadata"]["name"])
        if name is None:
            return
        node, before = _node(name, obj), self._known.get(name)
        self._known[name] = node
        if before is None and not at_start:
            self._notes.event("node_added", f"node/{name}")
        if before is not None:
            self._changed(before, node, obj)
        elif node.status != "True":
            self._status(node, obj)
        self._taints(() if before is None else before.taints, node)
        self._gauges(name, ready=node.status == "True")

    def drop(self, obj: Obj) -> None:
        """Take note that a Node object is deleted."""
        name = self._names.nodes.get(obj["metadata"]["name"])
        if name is not None and self._known.pop(name, None) is not None:
            self._notes.event("node_removed", f"node/{name}")
            self._gauges(name, ready=False)

    def listed(self, path: str) -> None:  # noqa: ARG002  (all of them count together)
        """Write the shares once all nodes are known."""
        self._shares()

    def _changed(self, before: _Node, node: _Node, obj: Obj) -> None:
        if before.status != node.status:
            self._status(node, obj)
        if before.cordoned != node.cordoned:
            self._notes.event("node_cordoned" if node.cordoned else "node_uncordoned", f"node/{node.name}")

    def _status(self, node: _Node, obj: Obj) -> None:
        condition = ready_condition(obj)
        said = {"server_time": condition.get("lastTransitionTime"), "heartbeat": condition.get("lastHeartbeatTime")}
        self._notes.event(READY[node.status], f"node/{node.name}", {k: v for k, v in said.items() if v})

    def _taints(self, before: tuple[tuple[str, str], ...], node: _Node) -> None:
        for key, effect in before:
            if (key, effect) not in node.taints:
                self._notes.event("taint_gone", f"node/{node.name}", {"taint": f"{key}:{effect}"})
        for key, effect in node.taints:
            if (key, effect) not in before:
                self._notes.event(TAINTED[effect], f"node/{node.name}", {"taint": key})

    def _gauges(self, name: str, *, ready: bool) -> None:
        self._notes.gauge("node_ready", f"node/{name}", float(ready))
        self._shares()

    def _shares(self) -> None:
        """Write the same shares as the simulator does: of the nodes that exist, and of their cores."""
        self._notes.gauge("node_ready_share", "cluster", self.ready_count / self.count if self.count else 0.0)
        self._notes.gauge("capacity_ready_share", "cluster", self.capacity_share)


def ready_condition(obj: Obj) -> Obj:
    """Return a node's (or pod's) Ready condition; an object without one has an empty one, which is not ready."""
    found: Obj = next((each for each in obj.get("status", {}).get("conditions", ()) if each["type"] == "Ready"), {})
    return found


def cores(quantity: str) -> float:
    """Return a number of cores from a quantity such as `2` or `1500m`."""
    return float(quantity[:-1]) / 1000 if quantity.endswith("m") else float(quantity)


def _node(name: str, obj: Obj) -> _Node:
    spec = obj.get("spec", {})
    taints = [(LOST[each["key"]], each["effect"]) for each in spec.get("taints", ()) if each["key"] in LOST]
    return _Node(
        name,
        str(ready_condition(obj).get("status", "False")),
        cores(str(obj.get("status", {}).get("capacity", {}).get("cpu", "0"))),
        tuple(sorted(pair for pair in taints if pair[1] in TAINTED)),
        bool(spec.get("unschedulable", False)),
    )

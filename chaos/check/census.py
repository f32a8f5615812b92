"""What is there before a run: nodes, workloads and services by name and UID, and where the pods are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from chaos.binding import Binding
from chaos.kube import Kube, KubeRefused, Ref
from chaos.observer.names import Workload, owner_of
from sim.spec.scenario import Scenario

__all__ = ["Census", "NodeSeen", "WorkloadSeen", "census", "ready_by_owner", "refs_of"]

CONTROL_PLANE = (
    "node-role.kubernetes.io/control-plane",
    "node-role.kubernetes.io/master",
)  # kubeadm, K3s; the old name


@dataclass(frozen=True, slots=True)
class NodeSeen:
    """A node as it is now, by its real name."""

    name: str
    uid: str
    is_ready: bool
    is_control_plane: bool


@dataclass(frozen=True, slots=True)
class WorkloadSeen:
    """A workload as it is now; `name`: the binding's. `ready`: node → how many of its pods are Ready there.

    Of one that the scenario does not name (`chaos.check.bystanders`) only its pods were looked at: no UID, wants 0.
    """

    name: str
    ref: Ref
    uid: str
    wants: int
    ready: Mapping[str, int] = field(default_factory=dict)

    @property
    def ready_count(self) -> int:
        """How many of its pods are Ready."""
        return sum(self.ready.values())


@dataclass(frozen=True, slots=True)
class Census:
    """Everything that was found. `gone`: refs that the binding names and nobody has; `forbidden`: lists not allowed."""

    nodes: Mapping[str, NodeSeen] = field(default_factory=dict)
    workloads: Mapping[str, WorkloadSeen] = field(default_factory=dict)
    uids: Mapping[Ref, str] = field(default_factory=dict)
    gone: tuple[Ref, ...] = ()
    forbidden: tuple[str, ...] = ()

    @property
    def ready_nodes(self) -> tuple[str, ...]:
        """The real names of the nodes that are Ready."""
        return tuple(node.name for node in self.nodes.values() if node.is_ready)


def refs_of(binding: Binding, scenario: Scenario) -> dict[Ref, str]:
    """Return the scenario's workloads and services that a binding names: ref → their name in both.

    What the binding names beyond that is nobody's in this run: it is neither watched nor counted.
    """
    workloads = [(name, each) for name, each in binding.workloads.items() if name in scenario.workloads]
    services = [(name, each) for name, each in binding.services.items() if name in scenario.services]
    found = {Ref(each.kind, each.name or name, each.namespace): name for name, each in workloads}
    return found | {Ref("Service", each.name or name, each.namespace): name for name, each in services}


def census(kube: Kube, refs: Mapping[Ref, str], *, with_nodes: bool) -> Census:
    """Return what is there: of the refs (`refs_of`) those that exist, and the nodes, if they play a part.

    Raises KubeSilent; what may not be read is said in the census.
    """
    looked = _Looking(kube)
    nodes = {node["metadata"]["name"]: _node(node) for node in (looked.list("/api/v1/nodes") if with_nodes else ())}
    objects: dict[Ref, dict[str, Any]] = {}
    for kind, namespace in dict.fromkeys((ref.kind, ref.namespace) for ref in refs):
        for each in looked.list(Ref(kind, "", namespace).folder):
            objects[Ref(kind, each["metadata"]["name"], namespace)] = each
    ready = _ready_pods(looked, refs)
    workloads = {
        name: WorkloadSeen(name, ref, _uid(objects[ref]), objects[ref]["spec"].get("replicas", 1), ready.get(name, {}))
        for ref, name in refs.items()
        if ref in objects and ref.kind != "Service"
    }
    uids = {ref: _uid(objects[ref]) for ref in refs if ref in objects}
    gone = tuple(ref for ref in refs if ref not in objects)
    return Census(nodes, workloads, uids, gone, tuple(looked.forbidden))


class _Looking:
    def __init__(self, kube: Kube) -> None:
        self._kube = kube
        self.forbidden: list[str] = []

    def list(self, path: str) -> list[dict[str, Any]]:
        try:
            return self._kube.list(path)
        except KubeRefused as error:
            self.forbidden.append(f"list {path}: {error.status} {error.reason}")
            return []


def _uid(obj: Mapping[str, Any]) -> str:
    return str(obj["metadata"]["uid"])


def _node(obj: Mapping[str, Any]) -> NodeSeen:
    metadata = obj["metadata"]
    labels = metadata.get("labels", {})
    return NodeSeen(metadata["name"], metadata["uid"], _is_ready(obj), any(label in labels for label in CONTROL_PLANE))


def _is_ready(obj: Mapping[str, Any]) -> bool:
    """Return whether a node or a pod has the condition Ready."""
    conditions = obj.get("status", {}).get("conditions", ())
    return any(each["type"] == "Ready" and each["status"] == "True" for each in conditions)


def _ready_pods(looked: _Looking, refs: Mapping[Ref, str]) -> dict[str, dict[str, int]]:
    workloads = {
        Workload(ref.namespace, ref.name, ref.kind): name for ref, name in refs.items() if ref.kind != "Service"
    }
    ready = ready_by_owner(_pods(looked, dict.fromkeys(each.namespace for each in workloads)))
    return {name: ready[workload] for workload, name in workloads.items() if workload in ready}


def ready_by_owner(pods: Iterable[Mapping[str, Any]]) -> dict[Workload, dict[str, int]]:
    """Return how many Ready pods each owner has on each node; those on their way out are not counted."""
    found: dict[Workload, dict[str, int]] = {}
    for pod in pods:
        if _is_ready(pod) and "deletionTimestamp" not in pod["metadata"]:
            node, of = pod["spec"].get("nodeName", ""), found.setdefault(owner_of(pod), {})
            of[node] = of.get(node, 0) + 1
    return found


def _pods(looked: _Looking, namespaces: Iterable[str]) -> Iterable[dict[str, Any]]:
    for namespace in namespaces:
        yield from looked.list(Ref("Pod", "", namespace).folder)

"""Which real objects stand for the scenario's abstract ones: what is not named here is not watched over."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

__all__ = ["KINDS", "Names", "Workload", "owner_of"]

KINDS: dict[str, str] = {"Deployment": "deployments", "StatefulSet": "statefulsets", "DaemonSet": "daemonsets"}
"""The kinds of workloads, each with its resource in `apis/apps/v1`."""


@dataclass(frozen=True, slots=True)
class Workload:
    """A real workload: where it lives, how it is called, one of KINDS (of a pod's owner any kind)."""

    namespace: str
    name: str
    kind: str = "Deployment"


@dataclass(frozen=True, slots=True)
class Names:
    """Real → abstract. `nodes`: by node name; `services`: by (namespace, name); pods keep their real names.

    `behind`: abstract service → abstract workload, for the share of a service's pods that are ready.
    """

    nodes: Mapping[str, str] = field(default_factory=dict)
    workloads: Mapping[Workload, str] = field(default_factory=dict)
    services: Mapping[tuple[str, str], str] = field(default_factory=dict)
    behind: Mapping[str, str] = field(default_factory=dict)

    @property
    def namespaces(self) -> tuple[str, ...]:
        """Return the namespaces of workloads and services, each once, sorted."""
        return tuple(sorted({*(each.namespace for each in self.workloads), *(space for space, _ in self.services)}))

    def kinds(self, namespace: str) -> tuple[str, ...]:
        """Return the kinds of the workloads of a namespace, in the order of KINDS."""
        found = {each.kind for each in self.workloads if each.namespace == namespace}
        return tuple(kind for kind in KINDS if kind in found)

    def workload_of(self, pod: Mapping[str, Any]) -> str | None:
        """Return the abstract workload of a pod object, None if it is of none that is named."""
        return self.workloads.get(owner_of(pod))


def owner_of(pod: Mapping[str, Any]) -> Workload:
    """Return what a pod object belongs to; what nobody owns belongs to itself.

    A Deployment owns its pods through a ReplicaSet, whose name is the Deployment's and the pod's template hash.
    Source: kubernetes 1.34.4, pkg/controller/deployment/sync.go, getNewReplicaSet.
    """
    metadata = pod["metadata"]
    owners = metadata.get("ownerReferences") or ({"kind": "Pod", "name": metadata.get("name", "")},)
    owner = next((each for each in owners if each.get("controller")), owners[0])
    kind, name = owner["kind"], owner["name"]
    template = metadata.get("labels", {}).get("pod-template-hash", "")
    if kind == "ReplicaSet" and name.endswith(f"-{template}"):
        kind, name = "Deployment", name.removesuffix(f"-{template}")
    return Workload(metadata["namespace"], name, kind)

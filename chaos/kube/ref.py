"""Where an object lives: the names by which plans, ledgers and errors speak of it, and its path in the API."""

from __future__ import annotations

from typing import Any, NamedTuple

__all__ = ["RESOURCES", "Ref", "Resource"]


class Resource(NamedTuple):
    """A kind of object: its API group's root, its plural, whether it lives in a namespace."""

    root: str
    plural: str
    namespaced: bool = True

    @property
    def group(self) -> str:
        """The API group, as RBAC names it: '' for the core."""
        return self.root.split("/")[2] if self.root.startswith("/apis/") else ""


RESOURCES: dict[str, Resource] = {
    "Node": Resource("/api/v1", "nodes", namespaced=False),
    "Namespace": Resource("/api/v1", "namespaces", namespaced=False),
    "Pod": Resource("/api/v1", "pods"),
    "Service": Resource("/api/v1", "services"),
    "ConfigMap": Resource("/api/v1", "configmaps"),
    "Event": Resource("/api/v1", "events"),
    "Deployment": Resource("/apis/apps/v1", "deployments"),
    "StatefulSet": Resource("/apis/apps/v1", "statefulsets"),
    "ReplicaSet": Resource("/apis/apps/v1", "replicasets"),
    "EndpointSlice": Resource("/apis/discovery.k8s.io/v1", "endpointslices"),
    "PodDisruptionBudget": Resource("/apis/policy/v1", "poddisruptionbudgets"),
    "Lease": Resource("/apis/coordination.k8s.io/v1", "leases"),
    "NetworkPolicy": Resource("/apis/networking.k8s.io/v1", "networkpolicies"),
}


class Ref(NamedTuple):
    """An object of the cluster. `namespace` is '' for what lives in none."""

    kind: str
    name: str
    namespace: str = ""

    @classmethod
    def of(cls, manifest: dict[str, Any]) -> Ref:
        """Return the ref of an object as the API shows it, or of a manifest."""
        metadata = manifest["metadata"]
        return cls(manifest["kind"], metadata["name"], metadata.get("namespace", ""))

    @property
    def resource(self) -> Resource:
        """What kind of object it is."""
        return RESOURCES[self.kind]

    @property
    def folder(self) -> str:
        """The path of the collection that it is in."""
        place = f"/namespaces/{self.namespace}" if self.resource.namespaced else ""
        return f"{self.resource.root}{place}/{self.resource.plural}"

    @property
    def path(self) -> str:
        """The path of the object itself."""
        return f"{self.folder}/{self.name}"

    @property
    def kubectl(self) -> str:
        """What `kubectl` is told to mean it, such as `-n shop deployment/front`."""
        place = f"-n {self.namespace} " if self.resource.namespaced else ""
        return f"{place}{self.kind.lower()}/{self.name}"

    def __str__(self) -> str:
        place = f" in namespace {self.namespace}" if self.resource.namespaced else ""
        return f"{self.kind.lower()} {self.name}{place}"

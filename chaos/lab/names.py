"""The manifests by which the name service belongs to the cluster: what it may read, and its ClusterIP."""

from __future__ import annotations

from typing import Any

from chaos.lab import ports
from chaos.lab.places import Places

__all__ = ["name_service"]

_READ = ["list", "watch"]


def name_service(places: Places) -> tuple[dict[str, Any], ...]:
    """Return the manifests of the name service.

    Its rights are those of coredns/deployment kubernetes/coredns.yaml.sed; its endpoint is the edge, which is no pod.
    """
    role = "weatherglass:coredns"
    rules = [
        {"apiGroups": [""], "resources": ["services", "namespaces"], "verbs": _READ},
        {"apiGroups": ["discovery.k8s.io"], "resources": ["endpointslices"], "verbs": _READ},
    ]
    rbac = {"apiVersion": "rbac.authorization.k8s.io/v1", "metadata": {"name": role}}
    user = {"kind": "User", "name": "coredns", "apiGroup": "rbac.authorization.k8s.io"}
    reference = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": role}
    system: dict[str, Any] = {"namespace": "kube-system", "name": "kube-dns"}
    protocols = ("UDP", "TCP")
    return (
        {**rbac, "kind": "ClusterRole", "rules": rules},
        {**rbac, "kind": "ClusterRoleBinding", "subjects": [user], "roleRef": reference},
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": system,
            "spec": {
                "clusterIP": places.dns_address,
                "ports": [{"name": f"dns-{p.lower()}", "port": ports.DNS, "protocol": p} for p in protocols],
            },
        },
        {
            "apiVersion": "discovery.k8s.io/v1",
            "kind": "EndpointSlice",
            "metadata": {**system, "labels": {"kubernetes.io/service-name": "kube-dns"}},
            "addressType": "IPv4",
            "ports": [{"name": f"dns-{p.lower()}", "port": ports.DNS, "protocol": p} for p in protocols],
            "endpoints": [{"addresses": [places.edge.address], "conditions": {"ready": True}}],
        },
    )

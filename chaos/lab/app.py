"""The sample application: three services in a call graph, and the look-alike of the audited cluster.

`client -> front -> cart -> stock`, and a bootstrapper that calls `label-studio`. Every arrow is a link: the caller
dials a proxy at the edge, which leads to the ClusterIP of the called service. Source of the look-alike:
docs/audited-cluster.md.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from chaos.lab import ports
from chaos.lab.places import Places

__all__ = ["AUDITED", "OUTER", "SERVICES", "SHOP", "Service", "entry", "manifests", "mesh_entry", "service_links"]

SHOP, AUDITED = "shop", "audited"  # namespaces
FIRST_ADDRESS = (
    20  # last byte of the first service's ClusterIP: fixed, since the proxies are started before services are
)


@dataclass(frozen=True, slots=True)
class Service:
    """A service of the sample: who calls it (the link's other end), where it listens, and how it behaves."""

    name: str
    caller: str
    namespace: str = SHOP
    port: int = 80
    pod_port: int = 8080
    calls: str | None = None
    settings: tuple[tuple[str, str], ...] = field(default=(("LATENCY", "lognormal:4ms:40ms"), ("AT_ONCE", "8")))
    one: bool = False  # one replica, else one a node up to three, and at least two

    @property
    def link(self) -> str:
        """Return the link by which it is called."""
        return f"{self.caller}->{self.name}"


SERVICES = (
    Service("front", "client", calls="cart"),
    Service("cart", "front", calls="stock"),
    Service("stock", "cart"),
    Service("label-studio", "bootstrapper", AUDITED, 8080, 8085, settings=(("LATENCY", "5ms"),), one=True),
)


OUTER = tuple(service for service in SERVICES if service.caller not in {each.name for each in SERVICES})


def mesh_entry(places: Places, service: Service) -> str:
    """Return the URL under which Envoy, where there is one, answers for a service that outsiders call."""
    return f"http://{places.edge.at(ports.ENVOY + OUTER.index(service))}/"


def _cluster_ip(places: Places, service: Service) -> str:
    return f"10.{places.index}.240.{FIRST_ADDRESS + SERVICES.index(service)}"


def service_links(places: Places) -> tuple[tuple[str, str], ...]:
    """Return the links of the sample, each with the ClusterIP and port that its proxy leads to."""
    return tuple((service.link, f"{_cluster_ip(places, service)}:{service.port}") for service in SERVICES)


def entry(places: Places, name: str) -> str:
    """Return the URL under which a service's caller reaches it, through the link. Raises KeyError for no service."""
    number = {service.name: number for number, service in enumerate(SERVICES)}[name]
    return f"http://{places.edge.at(ports.SERVICE_LINKS + number)}/"


def manifests(places: Places, images: dict[str, str], nodes: int) -> tuple[dict[str, Any], ...]:
    """Return the manifests of the sample. `images`: short name → image, as the nodes have it loaded."""
    made: list[dict[str, Any]] = [
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}} for name in (SHOP, AUDITED)
    ]
    for service in SERVICES:
        made += [_service(places, service), _headless(service)]
        made += [_deployment(service, _served(places, service, images["service"]), nodes)]
    return (*made, _bootstrapper(places, images["bootstrapper"]))


def _service(places: Places, service: Service) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": service.name, "namespace": service.namespace},
        "spec": {
            "clusterIP": _cluster_ip(places, service),
            "selector": {"app": service.name},
            "ports": [{"port": service.port, "targetPort": service.pod_port}],
        },
    }


def _headless(service: Service) -> dict[str, Any]:
    """A name for the pods themselves, for who balances by himself."""
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": f"{service.name}-pods", "namespace": service.namespace},
        "spec": {
            "clusterIP": "None",
            "selector": {"app": service.name},
            "ports": [{"port": service.pod_port}],
        },
    }


def _served(places: Places, service: Service, image: str) -> dict[str, Any]:
    settings = {"LISTEN": f":{service.pod_port}", **dict(service.settings)}
    if service.calls is not None:
        settings["DEPENDENCY"] = entry(places, service.calls)
    probe = {"httpGet": {"path": "/healthz", "port": service.pod_port}, "periodSeconds": 2}
    return {"readinessProbe": probe, **_container(service.name, image, settings)}


def _container(name: str, image: str, settings: dict[str, str]) -> dict[str, Any]:
    return {
        "name": name,
        "image": image,
        "imagePullPolicy": "Never",
        "env": [{"name": key, "value": value} for key, value in settings.items()],
    }


def _deployment(service: Service, container: dict[str, Any], nodes: int) -> dict[str, Any]:
    replicas = 1 if service.one else max(2, min(3, nodes))
    return _deployed(service.name, service.namespace, replicas, container)


def _deployed(name: str, namespace: str, replicas: int, container: dict[str, Any]) -> dict[str, Any]:
    labels = {"app": name}
    spread = {
        "maxSkew": 1,
        "topologyKey": "kubernetes.io/hostname",
        "whenUnsatisfiable": "ScheduleAnyway",
        "labelSelector": {"matchLabels": labels},
    }
    pod = {"terminationGracePeriodSeconds": 5, "topologySpreadConstraints": [spread], "containers": [container]}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": pod},
        },
    }


def _bootstrapper(places: Places, image: str) -> dict[str, Any]:
    """The audited client with the audited transport; `TRANSPORT=recommended` is the switch."""
    settings = {"TARGET": entry(places, "label-studio"), "TRANSPORT": "audited", "EVERY": "5s"}
    return _deployed("bootstrapper", AUDITED, 1, _container("bootstrapper", image, settings))

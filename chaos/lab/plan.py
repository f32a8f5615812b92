"""A site's components, in one tuple: pure, so that everything about a lab can be read before anything is started."""

from __future__ import annotations

from chaos.lab.component import Component
from chaos.lab.components.apiserver import apiserver
from chaos.lab.components.containerd import containerd, images
from chaos.lab.components.controllers import controller_manager, scheduler
from chaos.lab.components.coredns import coredns
from chaos.lab.components.envoy import envoy
from chaos.lab.components.etcd import etcd
from chaos.lab.components.guardian import guardian
from chaos.lab.components.haproxy import haproxy
from chaos.lab.components.kine import kine
from chaos.lab.components.kube_proxy import edge_proxy, kube_proxy
from chaos.lab.components.kubelet import kubelet
from chaos.lab.components.kwok import kwok
from chaos.lab.components.toxiproxy import toxiproxy
from chaos.lab.places import Place
from chaos.lab.shape import Shape
from chaos.lab.site import Site

__all__ = ["components", "programs"]

_ALWAYS = ("kube-apiserver", "kube-controller-manager", "kube-scheduler", "toxiproxy-server", "guardian")
_NODES = (
    "kubelet",
    "kube-proxy",
    "coredns",
    "containerd",
    "ctr",
    "containerd-shim-runc-v2",
    "runc",
    "ptp",
    "host-local",
)


def programs(shape: Shape) -> tuple[str, ...]:
    """Return the names of the programs that a lab of this shape is made of."""
    balancer = ("haproxy",) if shape.servers > 1 else ()
    nodes = ("kwok",) if shape.engine == "kwok" else _NODES
    mesh = ("envoy",) if shape.envoy else ()
    return ("etcd" if shape.datastore == "etcd" else "kine", *balancer, *_ALWAYS, *nodes, *mesh)


def components(site: Site) -> tuple[Component, ...]:
    """Return every component of a site; each stands after all that it waits for."""
    # guardians last: nobody waits for them, and a lab is ready sooner without them in the way
    return (*_cluster(site), *(guardian(site, group) for group in site.groups))


def _cluster(site: Site) -> tuple[Component, ...]:
    made = [toxiproxy(site, group) for group in site.groups]
    if site.places.balancer:
        made.append(haproxy(site))
    for place in site.places.nodes:
        made += [containerd(site, place), images(site, place)]
    made += [_datastore(site, place) for place in site.places.servers]
    made += [apiserver(site, place) for place in site.places.servers]
    for place in site.places.servers:
        made += [controller_manager(site, place), scheduler(site, place)]
    if site.shape.engine == "kwok":
        return (*made, kwok(site))
    for place in site.places.nodes:
        made += [kubelet(site, place), kube_proxy(site, place)]
    mesh = (envoy(site),) if site.shape.envoy else ()
    return (*made, edge_proxy(site), coredns(site), *mesh)


def _datastore(site: Site, place: Place) -> Component:
    return etcd(site, place) if site.shape.datastore == "etcd" else kine(site, place)

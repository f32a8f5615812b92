"""Which proxies stand in the ways that a fault aims at."""

from __future__ import annotations

from typing import NamedTuple

from chaos.binding import Binding, TargetRefused, Touch
from chaos.deeds import Deed
from chaos.deeds.front import PREFIX, link_of
from chaos.deeds.interpose import Interpose
from chaos.faults.base import Scene, Unsupported

__all__ = ["Proxied", "allows", "before_all", "links_between", "proxied"]


class Proxied(NamedTuple):
    """The proxy in one way. `turned`: it is dialled from the far end. `before`: what puts it there, if nothing has."""

    link: str
    turned: bool = False
    before: tuple[Deed, ...] = ()
    namespace: str = ""


def allows(binding: Binding, *touches: Touch) -> bool:
    """Return whether all of these are on the allow-list."""
    try:
        for touch in touches:
            binding.allow.refuse(touch)
    except TargetRefused:
        return False
    return True


def proxied(scene: Scene, target: str) -> Proxied | Unsupported:
    """Return the proxy in a link (`a--b`) or a path (`client->service`), or why there is none."""
    binding = scene.hands.binding
    if target in binding.links:
        return Proxied(target)
    if "->" in target:
        return _of_path(scene, *target.split("->", 1))
    near, _, far = target.partition("--")
    if f"{far}--{near}" in binding.links:
        return Proxied(f"{far}--{near}", turned=True)
    return Unsupported(
        f"no proxy of the binding stands in the link {target}; accepted: an entry {target} (or the other way round) "
        "under links"
    )


def _of_path(scene: Scene, caller: str, service: str) -> Proxied | Unsupported:
    binding = scene.hands.binding
    client = binding.clients.get(caller)
    if client is not None and client.link is not None:
        return Proxied(client.link)
    bound = binding.services.get(service)
    if bound is not None and allows(binding, Touch("interpose", service), Touch("namespace", bound.namespace)):
        name = bound.name or service
        before = Interpose(service=service, namespace=bound.namespace, name=name, run=scene.run)
        return Proxied(link_of(service), before=(before,), namespace=bound.namespace)
    return Unsupported(
        f"no proxy stands in the path {caller}->{service}; accepted: an entry under links, clients.{caller}.link, or "
        f"the service {service} under services and in allow.interpose, to put a proxy before it"
    )


def before_all(link: str) -> bool:
    """Return whether a link is the way of every caller of a service, not of one alone."""
    return link.startswith(PREFIX)


def links_between(binding: Binding, one: str, other: str) -> tuple[str, ...]:
    """Return every proxied link between two nodes or servers, in the binding's order.

    Links are known by their names: `a--b`, or `WHO/a->b` as a lab calls them. What a node says to the API servers is
    between it and a server where there is one server only; behind a balancer nobody can tell to which it goes.
    """
    ends = {one, binding.node(one)}, {other, binding.node(other)}
    found = [link for link in binding.links if _joins(link, *ends) or _joins(link, *reversed(ends))]
    for node, server in ((one, other), (other, one)):
        if tuple(binding.servers) == (server,) and node in binding.nodes:
            bound = binding.nodes[node]
            found += [link for link in (bound.kubelet, bound.kube_proxy) if link is not None]
    return tuple(dict.fromkeys(found))


def _joins(link: str, near: set[str], far: set[str]) -> bool:
    separator = "--" if "--" in link else "->"
    start, _, end = link.partition(separator)
    return start.rpartition("/")[2] in near and end in far

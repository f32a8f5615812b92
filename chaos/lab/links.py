"""The links that can be broken: each a toxiproxy proxy, in groups that share one toxiproxy process.

One process per blast radius: a bad toxic or a full descriptor table takes down every proxy of its process. Source:
Shopify/toxiproxy 2.12.0, as measured; `docs/faults.md` says which fault is which toxic.
"""

from __future__ import annotations

from dataclasses import dataclass

from chaos.lab import ports
from chaos.lab.places import Place, Places
from chaos.lab.shape import Shape

__all__ = ["Group", "Link", "groups", "link", "peer_link"]


@dataclass(frozen=True, slots=True)
class Link:
    """One way from somebody to somebody: its name in a binding, its proxy's name, where it listens, where it leads."""

    name: str
    proxy: str
    listen: str
    upstream: str


@dataclass(frozen=True, slots=True)
class Group:
    """The links of one toxiproxy process; `name` is the component's name, `api` its address."""

    name: str
    place: str
    api: str
    links: tuple[Link, ...]


def groups(shape: Shape, places: Places, services: tuple[tuple[str, str], ...] = ()) -> tuple[Group, ...]:
    """Return every group of a lab. `services`: (link such as `client->front`, `ADDRESS:PORT` of the service)."""
    api = places.api
    made = [_node(place, api) for place in places.nodes]
    for number, place in enumerate(places.servers):
        made += _server(shape, places, place, number)
    if shape.engine == "kwok":
        (server,) = places.servers
        made.append(_group("kwok", server, [_own("kwok", server, "apiserver", 3, api)], 3))
    if services:
        made.append(_services(places.edge, services))
    return tuple(made)


def link(all_groups: tuple[Group, ...], proxy: str) -> Link:
    """Return the link whose proxy has this name. Raises KeyError if there is none."""
    return {link.proxy: link for group in all_groups for link in group.links}[proxy]


def _group(name: str, place: Place, links: list[Link], number: int = 0) -> Group:
    return Group(f"toxiproxy-{name}", place.name, place.at(ports.TOXIPROXY + number), tuple(links))


def _own(who: str, place: Place, to: str, number: int, upstream: str) -> Link:
    """A link of one process to something outside of it: it listens on its own loopback."""
    return Link(f"{who}/{place.name}->{to}", f"{who}-{place.name}", place.own(ports.LINKS + number), upstream)


def _node(place: Place, api: str) -> Group:
    # two proxies: a node may lose its kubelet's link and go on learning about endpoints, or the other way round
    return _group(
        place.name,
        place,
        [_own(who, place, "apiserver", number, api) for number, who in enumerate(("kubelet", "kube-proxy"))],
    )


def _server(shape: Shape, places: Places, place: Place, number: int) -> list[Group]:
    name, own_api = place.name, place.at(ports.API)
    controllers = [
        _own(who, place, "apiserver", number, own_api) for number, who in enumerate(("controller-manager", "scheduler"))
    ]
    datastore = [_own("apiserver", place, "datastore", len(controllers), place.own(ports.ETCD_CLIENT))]
    made = [_group(f"controllers-{name}", place, controllers), _group(f"datastore-{name}", place, datastore, 1)]
    peers = [
        Link(f"etcd/{name}->{peer.name}", f"etcd-{name}-{peer.name}", peer_link(j), f"{peer.at(ports.ETCD_PEER)}")
        for j, peer in enumerate(places.servers)
        if j != number
    ]
    return [*made, _group(f"peers-{name}", place, peers, 2)] if shape.datastore == "etcd" and peers else made


def peer_link(member: int) -> str:
    """Return where the other servers reach the datastore member with this number (0 = the first): at a proxy."""
    return f"127.0.0.1:{ports.PEER_LINKS + member}"


def _services(edge: Place, services: tuple[tuple[str, str], ...]) -> Group:
    links = [
        Link(name, name.replace("->", "-to-"), edge.at(ports.SERVICE_LINKS + number), upstream)
        for number, (name, upstream) in enumerate(services)
    ]
    return _group("services", edge, links)

"""Where everything of a lab lives: its network namespaces and their addresses, all computed from one free number.

A lab owns 10.INDEX.0.0/16. Its machines sit on 10.INDEX.0.0/24, one bridge; node i has the pods 10.INDEX.i.0/24;
services have 10.INDEX.240.0/20. Only 10.INDEX.0.0/24 is known outside of the lab's namespaces.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from chaos.lab.ports import API
from chaos.lab.shape import Shape

__all__ = ["FIRST_INDEX", "LAST_INDEX", "Place", "Places", "places"]

# assumption: 10.200.0.0 to 10.239.0.0 are seldom used by others; `claims` looks before it takes one
FIRST_INDEX, LAST_INDEX = 200, 239
# ports of labs on the loopback: below 32768, from where Linux takes ports for outgoing connections (ip-sysctl.rst), and
# no two labs' ports meet (tested)
SHIFT, SHIFT_EACH = 2000, 300
HOST, EDGE, BALANCER, FIRST_SERVER, FIRST_NODE, NOWHERE = 1, 2, 10, 11, 101, 254  # last byte of an address


@dataclass(frozen=True, slots=True)
class Place:
    """A network namespace: its short name, its name for `ip netns`, its address, its pods' range (nodes only).

    Without a namespace of its own (`netns` is empty) it lives on this machine's loopback, and `shift` moves its ports
    to where they meet nobody else's.
    """

    name: str
    netns: str
    address: str
    pods: str | None = None
    shift: int = 0

    def port(self, usual: int) -> int:
        """Return the port here of something whose usual port is known."""
        return usual + self.shift

    def at(self, usual: int) -> str:
        """Return `ADDRESS:PORT` under which others reach it."""
        return f"{self.address}:{self.port(usual)}"

    def own(self, usual: int) -> str:
        """Return `ADDRESS:PORT` on its own loopback, where nobody else reaches it."""
        return f"127.0.0.1:{self.port(usual)}"

    @property
    def mac(self) -> str:
        """Return its hardware address, so that all others can know it beforehand.

        A machine that is cut off must fall silent. With learnt neighbours it would become "no route to host" after
        three seconds, when the neighbour entry fails.
        """
        return _mac(self.address)


@dataclass(frozen=True, slots=True)
class Places:
    """All places of a lab, and the addresses that are no place."""

    index: int
    switch: str  # the namespace that holds nothing but the bridge; empty: there is no network
    link: str  # the one network link that is seen outside of the lab
    edge: Place  # clients, name service and the proxies of service links: no fault of a node reaches it
    servers: tuple[Place, ...]
    nodes: tuple[Place, ...]
    balancer: Place | None

    @property
    def all(self) -> tuple[Place, ...]:
        """Return every place with an address, in a fixed order."""
        return (self.edge, *((self.balancer,) if self.balancer else ()), *self.servers, *self.nodes)

    @property
    def host_address(self) -> str:
        """Return the address of the machine itself, as the lab sees it."""
        return _address(self.index, HOST)

    @property
    def nowhere(self) -> tuple[str, str]:
        """Return the address of a gateway that does not exist, and its hardware address.

        Machines need a way to everywhere, since a ClusterIP is turned into a pod's address only after a route was found
        for it. What is no ClusterIP vanishes: the lab has no way out.
        """
        address = _address(self.index, NOWHERE)
        return address, _mac(address)

    @property
    def api(self) -> str:
        """Return `ADDRESS:PORT` of the API server: the balancer, or the only server."""
        return (self.balancer or self.servers[0]).at(API)

    @property
    def service_range(self) -> str:
        """Return the range of ClusterIPs."""
        return f"10.{self.index}.240.0/20"

    @property
    def kubernetes_address(self) -> str:
        """Return the ClusterIP of the API server: the first of the range, as Kubernetes has it."""
        return f"10.{self.index}.240.1"

    @property
    def dns_address(self) -> str:
        """Return the ClusterIP of the name service; the tenth address by the custom of kubeadm."""
        return f"10.{self.index}.240.10"

    @property
    def pod_range(self) -> str:
        """Return the range that holds all pods (and everything else of the lab)."""
        return f"10.{self.index}.0.0/16"

    def place(self, name: str) -> Place:
        """Return a place by its name. Raises KeyError if there is none."""
        return {place.name: place for place in self.all}[name]


def places(shape: Shape, index: int) -> Places:
    """Return the places of a shape for a free number from FIRST_INDEX to LAST_INDEX.

    Simulated nodes are no machines: then the only server lives on this machine's loopback, and so does all else.
    """
    if shape.engine == "kwok":
        host = Place("host", "", "127.0.0.1", shift=SHIFT + SHIFT_EACH * (index - FIRST_INDEX))
        server = replace(host, name=shape.server_names[0])
        return Places(index, "", "", host, (server,), (), None)

    def netns(name: str) -> str:
        return f"wg.{shape.name}.{name}"  # a lab's name has no dot, so no lab's prefix begins another's

    def at(name: str, last: int, pods: str | None = None) -> Place:
        return Place(name, netns(name), _address(index, last), pods)

    return Places(
        index,
        netns("switch"),
        f"wg{index}",
        at("edge", EDGE),
        tuple(at(name, FIRST_SERVER + i) for i, name in enumerate(shape.server_names)),
        tuple(at(name, FIRST_NODE + i, f"10.{index}.{i + 1}.0/24") for i, name in enumerate(shape.node_names)),
        at("balancer", BALANCER) if shape.servers > 1 else None,
    )


def _mac(address: str) -> str:
    return "02:77:67:" + ":".join(f"{int(byte):02x}" for byte in address.split(".")[1:])


def _address(index: int, last: int) -> str:
    return f"10.{index}.0.{last}"

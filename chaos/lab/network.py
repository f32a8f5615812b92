"""The lab's network: one namespace a place, one more that holds the bridge, a veth pair between each place and it.

Outside of the lab there is one link and nothing else: no rule, no bridge, no forwarding. `cut` takes a place's port off
the bridge: silence both ways, while every link stays up.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from chaos.lab.invoke import invoke
from chaos.lab.places import Place, Places

__all__ = ["cut", "is_cut", "join", "links_of", "make", "namespaces", "within"]

BRIDGE, UPLINK, DEVICE = "switch", "uplink", "eth0"


def namespaces(places: Places) -> tuple[str, ...]:
    """Return the names of all namespaces of a lab, the switch first; none without a network."""
    return tuple(name for name in (places.switch, *(place.netns for place in places.all)) if name)


def within(netns: str) -> tuple[str, ...]:
    """Return what to put before a command so that it runs in a namespace.

    Not `ip netns exec`: that remounts /sys, and a kubelet then finds no cgroups.
    """
    return ("nsenter", f"--net=/run/netns/{netns}", "--")


def make(places: Places, owner: str) -> None:
    """Make all of it. The caller has written down before what will be there; raises LabError with `ip`'s own words.

    `owner` becomes the alias of the one link outside, by which it is known again.
    """
    _batch(f"netns add {name}" for name in namespaces(places))
    _batch(_switch(places, owner), places.switch)
    _batch(_host(places))
    for place in places.all:
        _batch(_place(places, place), place.netns)
        invoke(*within(place.netns), "sh", "-c", "echo 1 > /proc/sys/net/ipv4/ip_forward")


def links_of(owner: str) -> list[str]:
    """Return the links outside of labs' namespaces that a lab owns: its number may be another lab's by now."""
    found = Path("/sys/class/net").glob("*/ifalias")
    return sorted(path.parent.name for path in found if path.read_text(encoding="utf-8").strip() == owner)


def _batch(lines: Iterable[str], netns: str | None = None) -> None:
    where = ("-n", netns) if netns else ()
    invoke("ip", *where, "-batch", "-", given="".join(f"{line}\n" for line in lines))


def _switch(places: Places, owner: str) -> list[str]:
    ports = (UPLINK, *(place.name for place in places.all))
    return [
        f"link add name {BRIDGE} type bridge forward_delay 0",
        f"link set {BRIDGE} up",
        *(f"link add name {p.name} type veth peer name {DEVICE} netns {p.netns} address {p.mac}" for p in places.all),
        # made in here and moved out with its alias on: there is no moment in which it is out there and nobody's
        f"link add name {places.link} type veth peer name {UPLINK}",
        f"link set {places.link} alias {owner}",
        f"link set {places.link} netns {os.getpid()}",
        *(f"link set {port} master {BRIDGE} up" for port in ports),
    ]


def _host(places: Places) -> list[str]:
    return [f"addr add {places.host_address}/24 dev {places.link}", f"link set {places.link} up"]


def _place(places: Places, place: Place) -> list[str]:
    """Its address, its neighbours for good (see `Place.mac`), the way to every other node's pods, and to nowhere."""
    others = [other for other in places.all if other != place]
    gateway, mac = places.nowhere
    return [
        "link set lo up",
        f"addr add {place.address}/24 dev {DEVICE}",
        f"link set {DEVICE} up",
        *(f"neigh replace {other.address} lladdr {other.mac} dev {DEVICE} nud permanent" for other in others),
        *(f"route add {other.pods} via {other.address}" for other in others if other.pods),
        f"neigh replace {gateway} lladdr {mac} dev {DEVICE} nud permanent",
        f"route add default via {gateway}",
    ]


def cut(places: Places, name: str) -> None:
    """Take a place off the bridge. Cutting one that is cut changes nothing."""
    invoke("ip", "-n", places.switch, "link", "set", name, "nomaster")


def join(places: Places, name: str) -> None:
    """Put a place back on the bridge."""
    invoke("ip", "-n", places.switch, "link", "set", name, "master", BRIDGE)


def is_cut(places: Places, name: str) -> bool:
    """Return whether a place is off the bridge."""
    return "master" not in invoke("ip", "-n", places.switch, "-o", "link", "show", name)

"""Makes a lab: `up` returns when every node is Ready and the sample application on its way, or undoes all of it."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from chaos.lab import app, cgroups, mounts, network
from chaos.lab.api import Api, api_of
from chaos.lab.binding import own_images, write_binding
from chaos.lab.component import Http, Listens
from chaos.lab.components.kwok import simulated_nodes
from chaos.lab.down import down
from chaos.lab.errors import LabError
from chaos.lab.founding import IMAGES, found
from chaos.lab.images import reference
from chaos.lab.names import name_service
from chaos.lab.parts import Parts, Report, ensure
from chaos.lab.plan import components, programs
from chaos.lab.readiness import ready
from chaos.lab.record import Lab
from chaos.lab.requirements import require
from chaos.lab.shape import Shape
from chaos.lab.site import Site
from chaos.lab.starting import start
from chaos.lab.supervisor import start_supervisor

__all__ = ["up"]

READY_LIMIT_S = 60.0  # from the last kubelet's start. Source: lab runs, at most 5 s
POLL_S = 0.1


def up(shape: Shape, report: Report, *, keep: bool = False) -> Site:
    """Make a lab and return its site. What fails is undone, unless `keep` asks for what is left to be looked at.

    Raises LabError: a requirement or a part is missing, a lab of this name is there already, a component did not come
    up (with the end of its log).
    """
    lab = Lab.named(shape.name)
    with lab.lock():
        if lab.exists:
            raise LabError(
                f"lab {shape.name!r} is there already, at {lab.folders.home}; "
                f"`weatherglass lab status --name {shape.name}` shows it, `weatherglass lab down --name {shape.name}` "
                "removes it (also one that was left half made)"
            )
        require(lab.folders.home, shape.engine)
        parts = ensure((*programs(shape), *(IMAGES if shape.engine == "kubelet" else ())), report)
        try:
            return _make(lab, shape, parts, report)
        except BaseException:  # an interruption too: nothing half made stays
            if not keep:
                down(lab)
            raise


def _make(lab: Lab, shape: Shape, parts: Parts, report: Report) -> Site:
    began_s = time.monotonic()
    report.step("lab", "network and certificates")
    site = found(lab, shape, parts)
    _make_places(site)
    start_supervisor(lab, site)
    _start(lab, site, report)
    _wait_for_nodes(api_of(site), shape.node_names, report)
    if shape.app:
        _apply_app(site, parts)
    stoppable = tuple(component.name for component in components(site) if not component.is_task)
    write_binding(site, stoppable, own_images(parts) if shape.engine == "kubelet" else None)
    report.done("lab", time.monotonic() - began_s)
    return site


def _make_places(site: Site) -> None:
    if not site.places.switch:
        _check_ports(site)
        return
    network.make(site.places, site.cgroup)
    mounts.make(site.folders, site.places)
    cgroups.make(site.cgroup, tuple(place.name for place in site.places.nodes))


def _check_ports(site: Site) -> None:
    """Raise LabError if somebody else uses a port of a lab that lives on this machine's loopback."""
    probes = [urlsplit(each.ready.url).netloc for each in components(site) if isinstance(each.ready, Http)]
    links = [link.listen for group in site.groups for link in group.links]
    if used := [address for address in (*probes, *links) if ready(Listens(address))]:
        raise LabError(f"in use on this machine: {', '.join(used)}; `ss -ltnp` shows by whom")


def _start(lab: Lab, site: Site, report: Report) -> None:
    began_s: dict[str, float] = {}

    def told(component: str, what: str) -> None:
        if what == "ready":
            report.done(component, time.monotonic() - began_s[component])
        else:
            began_s[component] = time.monotonic()
            report.step(component, what)
        if what == "ready" and component == site.api_component:
            for manifest in _first_objects(site):
                api_of(site).apply(manifest)

    start(site, components(site), lab.roster, told)


def _first_objects(site: Site) -> tuple[dict[str, Any], ...]:
    """What is applied as soon as the API answers: the name service is not ready before it may read."""
    return simulated_nodes(site) if site.shape.engine == "kwok" else name_service(site.places)


def _wait_for_nodes(api: Api, names: Sequence[str], report: Report) -> None:
    report.step("nodes", "become Ready")
    began_s = time.monotonic()
    while waiting := sorted(dict.fromkeys(names).keys() - _ready_nodes(api)):
        if time.monotonic() - began_s > READY_LIMIT_S:
            raise LabError(f"not Ready after {READY_LIMIT_S:g} s: {', '.join(waiting)}")
        time.sleep(POLL_S)
    report.done("nodes", time.monotonic() - began_s)


def _ready_nodes(api: Api) -> set[str]:
    return {
        node["metadata"]["name"]
        for node in api.get("/api/v1/nodes")["items"]
        for condition in node["status"].get("conditions", [])
        if condition["type"] == "Ready" and condition["status"] == "True"
    }


def _apply_app(site: Site, parts: Parts) -> None:
    images = {name: reference(parts, name) for name in ("service", "bootstrapper")}
    api = api_of(site)
    for manifest in app.manifests(site.places, images, site.shape.nodes):
        api.apply(manifest)

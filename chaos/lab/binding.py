"""The binding that a lab writes for itself: the names of this very cluster, for the chaos runner.

Its format is `chaos.binding.Binding`, the same for everybody's cluster. A link is `WHO/WHERE->WHAT` or
`CALLER->SERVICE`; an entry is the URL at which the caller of a service reaches it through the link
(`CALLER->envoy->SERVICE`: through an Envoy with retries and outlier detection instead). Workloads, services, clients
and servers are called as in the lab; a binding that `extends: lab` gives them a scenario's names.
"""

from __future__ import annotations

import sys
from typing import Any

from chaos.binding import (
    Allow,
    Binding,
    BoundClient,
    BoundNode,
    BoundServer,
    BoundService,
    BoundWorkload,
    Cluster,
    Images,
    Limits,
    Proxied,
    Toxiproxy,
)
from chaos.lab import app, ports
from chaos.lab.components.guardian import guardian_url
from chaos.lab.images import reference
from chaos.lab.parts import Parts
from chaos.lab.site import Site
from sim.quantities import show_duration

__all__ = ["HOME", "binding", "own_images", "write_binding"]

HOME = "default"  # the namespace of the runner's own objects: every cluster has it
VERBS = ("stop", "start", "restart", "cut", "join")  # of `weatherglass lab`, on a component or a node
OURS = ("toxiproxy-", "guardian-")  # by which faults are made and ended: no target of any
TOXIPROXY = "toxiproxy-server"  # the program, and so the image that is made of it (chaos.lab.images)
BOOTSTRAPPER = "bootstrapper"  # the workload that only calls
LONGEST_S, LONGEST_FAULT_S = 4 * 3600.0, 3600.0  # assumption: a lab is there to be broken, but not to be forgotten


def own_images(parts: Parts) -> Images:
    """Return the images of a lab, as every node of it has them: nothing is ever pulled."""
    toxiproxy, guardian = reference(parts, TOXIPROXY), reference(parts, "guardian")
    return Images(toxiproxy=toxiproxy, program=TOXIPROXY, guardian=guardian, pull="Never")


def binding(site: Site, components: tuple[str, ...], images: Images | None = None) -> Binding:
    """Return the binding of a lab. `components`: those that may be stopped; `images`: None where pods are simulated.

    Its commands name this very interpreter: who runs them need not have us on his PATH.
    """
    groups, shape = site.groups, site.shape
    links = {link.name: Proxied(toxiproxy=group.name, proxy=link.proxy) for group in groups for link in group.links}
    entries = _entries(site, links)
    namespaces = (app.SHOP, app.AUDITED) if shape.app else ()
    return Binding(
        version=1,
        name=shape.name,
        why="a disposable cluster of this machine: everything in it may be broken",
        cluster=Cluster(kubeconfig=str(site.folders.kubeconfig), context=site.cgroup, home=HOME),
        nodes=_nodes(site),
        workloads=_workloads(site),
        services=_services(site),
        clients=_clients(entries, links),
        servers=_servers(site, components, links),
        toxiproxies=_toxiproxies(site),
        links=links,
        entries=entries,
        commands={verb: _command(site, verb, "{target}") for verb in VERBS},
        command_guardian=guardian_url(site, groups[-1]),  # with services: of the edge, which no fault of a node reaches
        images=images or Images(),
        allow=Allow(
            namespaces=(*namespaces, HOME),
            nodes=(*shape.node_names, *(place.name for place in site.places.servers if place.netns)),
            links=tuple(links),
            components=tuple(name for name in components if not name.startswith(OURS)),
            interpose=tuple(service.name for service in app.SERVICES) if images and shape.app else (),
        ),
        limits=_limits(shape.nodes),
    )


def _command(site: Site, verb: str, target: str) -> tuple[str, ...]:
    return (sys.executable, "-m", "chaos", "lab", verb, target, "--name", site.shape.name)


def _nodes(site: Site) -> dict[str, BoundNode]:
    return {
        place.name: BoundNode(
            name=place.name,
            address=place.address,
            kubelet=f"kubelet/{place.name}->apiserver",
            kube_proxy=f"kube-proxy/{place.name}->apiserver",
            zone=site.shape.zone_of(place.name),
        )
        for place in site.places.nodes
    }


def _workloads(site: Site) -> dict[str, BoundWorkload]:
    if not site.shape.app:
        return {}
    serving = {each.name: BoundWorkload(namespace=each.namespace, name=each.name) for each in app.SERVICES}
    return serving | {BOOTSTRAPPER: BoundWorkload(namespace=app.AUDITED, name=BOOTSTRAPPER)}


def _services(site: Site) -> dict[str, BoundService]:
    if not site.shape.app:
        return {}
    return {each.name: BoundService(namespace=each.namespace, name=each.name, port=each.port) for each in app.SERVICES}


def _clients(entries: dict[str, str], links: dict[str, Proxied]) -> dict[str, BoundClient]:
    """Our own load comes in where outsiders do; with Envoy also through it (`mesh-CALLER`), which no proxy is in."""
    made = {}
    for link, url in entries.items():
        caller, *between = link.split("->")[:-1]
        if caller in {service.caller for service in app.OUTER}:
            name = f"mesh-{caller}" if between else caller
            made[name] = BoundClient(url=url, link=link if link in links else None)
    return made


def _servers(site: Site, components: tuple[str, ...], links: dict[str, Proxied]) -> dict[str, BoundServer]:
    """Each server with its parts, and the ways to its API server that would accept and close while it is gone.

    Behind a balancer nobody's way leads to one server alone, but those of its own controllers.
    """
    to_all = [link for link in links if link.endswith("->apiserver")]
    made = {}
    for place in site.places.servers:
        parts = [name for name in components if name.endswith(f"-{place.name}")]
        own = [link for link in to_all if link.split("->")[0].endswith(f"/{place.name}")]
        made[place.name] = BoundServer(
            apiserver=f"kube-apiserver-{place.name}",
            member=next((name for name in parts if name.startswith(("etcd-", "kine-"))), None),
            metrics=f"http://{place.at(ports.ETCD_METRICS)}/metrics" if site.shape.datastore == "etcd" else None,
            links=tuple(own if site.places.balancer else to_all),
        )
    return made


def _toxiproxies(site: Site) -> dict[str, Toxiproxy]:
    return {
        group.name: Toxiproxy(
            api=f"http://{group.api}", restart=_command(site, "restart", group.name), guardian=guardian_url(site, group)
        )
        for group in site.groups
    }


def _limits(nodes: int) -> Limits:
    return Limits(
        nodes=nodes,
        nodes_share=1.0,
        replicas_share=1.0,
        last_replica=True,
        control_plane=True,
        duration=LONGEST_S,
        fault=LONGEST_FAULT_S,
    )


def _entries(site: Site, links: dict[str, Proxied]) -> dict[str, str]:
    through_links = {s.link: app.entry(site.places, s.name) for s in app.SERVICES if s.link in links}
    through_envoy = {f"{s.caller}->envoy->{s.name}": app.mesh_entry(site.places, s) for s in app.OUTER}
    return through_links | (through_envoy if site.shape.envoy else {})


def write_binding(site: Site, components: tuple[str, ...], images: Images | None = None) -> None:
    """Write the binding file of a lab, as `chaos.binding.read_binding` reads it: durations with their units."""
    import yaml

    made = binding(site, components, images)
    data: dict[str, Any] = {"version": 1, **made.model_dump(mode="json", exclude_defaults=True)}
    data["limits"] |= {name: show_duration(getattr(made.limits, name)) for name in ("duration", "fault")}
    site.folders.binding.write_text(yaml.safe_dump(data, sort_keys=False, width=120), encoding="utf-8")

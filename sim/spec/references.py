"""Names inside a scenario: whatever one part calls another must be there."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TypeAlias

from sim.presets import timings as timing_presets
from sim.spec import faults as kinds
from sim.spec.place import Path
from sim.spec.scenario import Scenario
from sim.spec.targets import node_findings, servers
from sim.spec.wording import listed, quote, unknown

__all__ = ["Finding", "link_ends", "unresolved"]

Finding: TypeAlias = tuple[Path, str]


def link_ends(link: str, nodes: Iterable[str]) -> tuple[str, str] | None:
    """Return the two nodes of `a--b`, or None if it is no link between two of these nodes."""
    known = tuple(nodes)
    one, dashes, other = link.partition("--")
    return (one, other) if dashes and one in known and other in known and one != other else None


def _one(path: Path, name: str | None, what: str, known: Iterable[str]) -> Iterator[Finding]:
    known = tuple(known)
    if name is not None and name not in known:
        yield path, unknown(name, what, known)


def _exactly_one(path: Path, name: str | None, what: str, groups: dict[str, Iterable[str]]) -> Iterator[Finding]:
    """Names that may be of several kinds must be of one."""
    if name is None:
        return
    found = [kind for kind, names in groups.items() if name in names]
    if not found:
        yield path, unknown(name, what, [known for names in groups.values() for known in names])
    elif len(found) > 1:
        yield path, f"{quote(name)} is at once {' and '.join(found)}; accepted: a name that only one of them has"


def _nodes(scenario: Scenario) -> Iterator[Finding]:
    for name in scenario.cluster.nodes:
        if "--" in name:
            yield ("cluster", "nodes", name), f"{quote(name)} holds --, which stands between the ends of a link"
        if name in scenario.external:
            yield ("external", name), f"{quote(name)} is a node of the cluster; accepted: another name"


def _cluster(scenario: Scenario) -> Iterator[Finding]:
    cluster = scenario.cluster
    yield from _one(("cluster", "preset"), cluster.preset, "preset", timing_presets.presets())
    servers = cluster.control_plane.servers if cluster.control_plane is not None else ()
    where: Path = ("cluster", "control_plane", "servers")
    for index, server in enumerate(servers):
        yield from _one((*where, index), server, "node", cluster.nodes)
        if server in servers[:index]:
            yield (*where, index), f"{quote(server)} stands here twice; accepted: each server once"
    if cluster.control_plane is not None and cluster.control_plane.datastore == "sqlite" and len(servers) > 1:
        yield (
            ("cluster", "control_plane", "datastore"),
            f"'sqlite' works on one server only, and there are {len(servers)}; accepted: etcd, or one server",
        )


def _links(scenario: Scenario) -> Iterator[Finding]:
    seen: dict[tuple[str, ...], str] = {}
    nodes = scenario.cluster.nodes
    for name, link in scenario.cluster.links.items():
        path: Path = ("cluster", "links", name)
        ends = link_ends(name, nodes)
        if name != "default":
            yield from _link(path, name, scenario)
        if ends is not None:
            other = seen.setdefault(tuple(sorted(ends)), name)
            if other != name:
                yield path, f"{quote(name)} is the same link as {quote(other)}; accepted: each link once"
        yield from _one((*path, "via"), link.via, "node", nodes)
        if ends is not None and link.via in ends:
            yield (*path, "via"), f"{quote(link.via)} is an end of the link; accepted: a third node"
    for name, outside in scenario.external.items():
        yield from _one(("external", name, "reached", "via"), outside.reached.via, "node", nodes)


def _link(path: Path, link: str, scenario: Scenario) -> Iterator[Finding]:
    nodes = scenario.cluster.nodes
    if "--" not in link:
        yield path, f"{quote(link)} is no link; accepted: two nodes as a--b; known nodes: {listed(nodes)}"
    elif link_ends(link, nodes) is None:
        one, _, other = link.partition("--")
        wrong = next((end for end in (one, other) if end not in nodes), None)
        if wrong is None:
            yield path, f"{quote(link)} joins a node with itself; accepted: two nodes as a--b"
        else:
            yield path, f"{quote(link)} is no link: {unknown(wrong, 'node', nodes)}"


def _workloads(scenario: Scenario) -> Iterator[Finding]:
    for name, workload in scenario.workloads.items():
        path: Path = ("workloads", name)
        for index, node in enumerate(workload.place or ()):
            yield from _one((*path, "place", index), node, "node", scenario.cluster.nodes)
        for field in ("near", "apart_from"):
            if (other := getattr(workload, field)) is not None:
                others = [known for known in scenario.workloads if known != name]
                yield from _one((*path, field), other, "other workload", others)


def _serving(path: Path, service: str, scenario: Scenario) -> Iterator[Finding]:
    """Who is called must be able to answer."""
    found = scenario.services.get(service)
    workload = scenario.workloads.get(found.of) if found is not None else None
    if found is not None and workload is not None and workload.serves is None:
        yield path, f"{quote(service)} cannot answer: its workload {found.of} says nothing under serves"


def _callers(scenario: Scenario) -> Iterator[Finding]:
    for name, client in scenario.clients.items():
        path: Path = ("clients", name)
        yield from _one((*path, "to"), client.to, "service", scenario.services)
        yield from _serving((*path, "to"), client.to, scenario)
        homes: dict[str, Iterable[str]] = {
            "a workload": scenario.workloads, "a node": scenario.cluster.nodes, "external": scenario.external,
        }  # fmt: skip
        yield from _exactly_one((*path, "from"), client.from_, "workload, node or external", homes)
        if name in scenario.services:
            yield path, f"{quote(name)} is also a service; accepted: a name of its own, or {name}->… means two things"
    for name, service in scenario.services.items():
        yield from _one(("services", name, "of"), service.of, "workload", scenario.workloads)
        for index, call in enumerate(service.calls):
            path = ("services", name, "calls", index, "to")
            callees: dict[str, Iterable[str]] = {"a service": scenario.services, "external": scenario.external}
            yield from _exactly_one(path, call.to, "service or external", callees)
            yield from _serving(path, call.to, scenario)


def call_paths(scenario: Scenario) -> tuple[str, ...]:
    """Return every `caller->callee` along which calls go, clients first."""
    clients = [f"{name}->{client.to}" for name, client in scenario.clients.items()]
    calls = [f"{name}->{call.to}" for name, service in scenario.services.items() for call in service.calls]
    return tuple(dict.fromkeys(clients + calls))


def _link_fault(path: Path, fault: kinds.LinkFault, scenario: Scenario) -> Iterator[Finding]:
    given = [field for field in ("link", "path", "paths") if getattr(fault, field)]
    if len(given) != 1:
        what = f"has {' and '.join(given)}" if given else "has no target"
        yield path, f"{what}; accepted: one of link: a--b, path: caller->callee, paths: [caller->callee, …]"
    if fault.link is not None:
        yield from _link((*path, "link"), fault.link, scenario)
    ways = [((*path, "path"), fault.path)] if fault.path is not None else []
    ways += [((*path, "paths", index), way) for index, way in enumerate(fault.paths)]
    for where, way in ways:
        yield from _one(where, way, "path of calls", call_paths(scenario))


def _partition(path: Path, fault: kinds.Partition, scenario: Scenario) -> Iterator[Finding]:
    seen: dict[str, int] = {}
    for group, nodes in enumerate(fault.groups):
        for index, node in enumerate(nodes):
            where = (*path, "groups", group, index)
            yield from _one(where, node, "node", scenario.cluster.nodes)
            if node in seen:
                yield where, f"{quote(node)} stands here twice; accepted: each node in one group"
            seen[node] = group


_Known: TypeAlias = Callable[[Scenario], Iterable[str]]


_TARGETS: dict[str, tuple[str, _Known]] = {  # a fault's field → what it names
    "zone": ("zone", lambda s: dict.fromkeys(node.zone for node in s.cluster.nodes.values())),
    "workload": ("workload", lambda s: s.workloads),
    "service": ("service", lambda s: s.services),
    "member": ("datastore member", lambda s: (*servers(s.cluster), "leader")),
    "server": ("API server", lambda s: (*servers(s.cluster), "all")),
}


def _faults(scenario: Scenario) -> Iterator[Finding]:
    for name, fault in scenario.faults.items():
        path: Path = ("faults", name)
        if isinstance(fault, kinds.LinkFault):
            yield from _link_fault(path, fault, scenario)
        if isinstance(fault, kinds.Partition):
            yield from _partition(path, fault, scenario)
        if isinstance(fault, kinds.NodeFault):
            yield from node_findings(path, fault.node, fault.pick, scenario.cluster)
        for field, (what, known) in _TARGETS.items():
            if field in type(fault).model_fields:
                yield from _one((*path, field), getattr(fault, field), what, known(scenario))
        if isinstance(fault, kinds.Overload):
            yield from _serving((*path, "service"), fault.service, scenario)


def _repairs(scenario: Scenario) -> Iterator[Finding]:
    for name, repair in scenario.repair.items():
        yield from _one(("repair", name), name, "fault", scenario.faults)
        yield from _one(("repair", name, "crew"), repair.crew, "crew", scenario.crews)


def unresolved(scenario: Scenario) -> Iterator[Finding]:
    """Yield every name that nothing answers to, or that two things answer to, with its path."""
    for check in (_nodes, _cluster, _links, _workloads, _callers, _faults, _repairs):
        yield from check(scenario)

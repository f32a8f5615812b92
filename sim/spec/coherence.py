"""What a scenario says must be able to happen: times within the run, pods that fit somewhere, loops that end."""

from __future__ import annotations

from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from typing import Any

from sim.presets import timings as timing_presets
from sim.quantities import show_duration
from sim.spec import faults as kinds
from sim.spec.cluster import Node
from sim.spec.distributions import Constant
from sim.spec.place import Path
from sim.spec.references import Finding
from sim.spec.scenario import Scenario
from sim.spec.wording import quote
from sim.spec.workloads import Workload

__all__ = ["impossible"]


def _late(path: Path, at_s: float | None, what: str, scenario: Scenario) -> Iterator[Finding]:
    end_s = scenario.run.duration
    if at_s is not None and at_s >= end_s:
        yield path, f"{what} {show_duration(at_s)} comes after the run's end; accepted: before {show_duration(end_s)}"


def _constant_s(value: Any) -> float | None:
    return value.value if isinstance(value, Constant) else None


def _fault_times(scenario: Scenario) -> Iterator[Finding]:
    for name, fault in scenario.faults.items():
        path: Path = ("faults", name)
        yield from _late((*path, "at"), _constant_s(fault.at), "a beginning at", scenario)
        if fault.every is None:
            continue
        instant = isinstance(fault, kinds.INSTANT)
        if not instant and fault.for_ is None and name not in scenario.repair:
            yield path, "comes again only after it has ended, and nothing ends it; give for, or an entry under repair"
        lasts_s = fault.for_.mean_s() if fault.for_ is not None else 0.0
        if fault.every.mean_s() + (0.0 if instant else lasts_s) <= 0 and (instant or fault.for_ is not None):
            yield (*path, "every"), "would come again without end at one moment; accepted: a time greater than 0"


def _flaps(scenario: Scenario) -> Iterator[Finding]:
    for name, fault in scenario.faults.items():
        if not isinstance(fault, kinds.Flap):
            continue
        path: Path = ("faults", name)
        for kind, built in fault.built().items():
            extra = [f for f in ("link", "path", "paths", "at", "for_", "every") if getattr(built, f, None)]
            if extra:
                given = " and ".join(field.rstrip("_") for field in extra)
                yield (*path, "kinds", kind, "fault"), f"has {given}, which the flap itself decides; accepted: without"
        downs = [kind.lasts or fault.down for kind in fault.kinds.values()]
        if fault.up.mean_s() + min(down.mean_s() for down in downs if down is not None) <= 0:
            yield (*path, "up"), "up and down last no time at all, so it would flap without end; accepted: more than 0"


def _scales(scenario: Scenario) -> Iterator[Finding]:
    for name, fault in scenario.faults.items():
        scaled = scenario.workloads.get(fault.workload) if isinstance(fault, kinds.Scale) else None
        if scaled is not None and scaled.kind == "daemon":
            message = "a daemon has one pod on each of its nodes and no count; accepted: a deployment or stateful"
            yield ("faults", name, "workload"), message


def _disks(scenario: Scenario) -> Iterator[Finding]:
    """A disk that is slower than the election time-out costs its member the leadership (Q10): that is a member lost."""
    if scenario.cluster.preset not in timing_presets.presets():
        return
    timings = timing_presets.timings(scenario.cluster.preset) | scenario.cluster.timings
    most_s = timings["etcd_election_s"]
    for name, fault in scenario.faults.items():
        if isinstance(fault, kinds.SlowDisk) and fault.added >= most_s:
            given = quote(show_duration(fault.added))
            why = "a member that writes no faster loses the leadership: kind member_loss"
            message = f"{given} is not below the election time-out; accepted: less than {show_duration(most_s)} ({why})"
            yield ("faults", name, "added"), message


def _client_times(scenario: Scenario) -> Iterator[Finding]:
    for name, client in scenario.clients.items():
        path: Path = ("clients", name)
        yield from _late((*path, "starts"), client.starts, "a start at", scenario)
        if client.starts is not None and client.stops is not None and client.stops <= client.starts:
            message = (
                f"{quote(show_duration(client.stops))} is not after starts ({show_duration(client.starts)}); "
                "accepted: a later moment"
            )
            yield (*path, "stops"), message


def _fits(workload: Workload, node: Node) -> bool:
    return workload.cpu <= node.cpu and workload.memory <= node.memory and workload.gpu <= node.gpu


def _rooms(scenario: Scenario) -> Iterator[Finding]:
    for name, workload in scenario.workloads.items():
        places = workload.place or tuple(scenario.cluster.nodes)
        nodes = {place: scenario.cluster.nodes[place] for place in places if place in scenario.cluster.nodes}
        if workload.replicas and nodes and not any(_fits(workload, node) for node in nodes.values()):
            largest = "; ".join(f"{place}: {_size(node)}" for place, node in list(nodes.items())[:5])
            message = f"one pod asks for {_size(workload)}, which no node has that it may run on ({largest})"
            yield ("workloads", name), message


def _size(thing: Node | Workload) -> str:
    gpu = f", {thing.gpu} gpu" if thing.gpu else ""
    return f"{thing.cpu:g} cpu, {thing.memory / 2**30:.3g}GiB{gpu}"


def _circle(scenario: Scenario) -> Iterator[Finding]:
    """A call that comes back to its own service would hold workers for ever."""
    services = scenario.services
    graph = {name: [call.to for call in service.calls if call.to in services] for name, service in services.items()}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        circle = error.args[1][::-1]  # graphlib names it from callee to caller
        index = next(i for i, call in enumerate(services[circle[0]].calls) if call.to == circle[1])
        path: Path = ("services", circle[0], "calls", index, "to")
        yield path, f"the calls lead in a circle: {' → '.join(circle)}; accepted: calls that end"


def _policies(scenario: Scenario) -> Iterator[Finding]:
    for name, policy in scenario.policies.items():
        problem = policy.problem()
        if problem is not None:
            yield ("policies", name), problem


def impossible(scenario: Scenario) -> Iterator[Finding]:
    """Yield everything that cannot happen, or would never end, with its path."""
    for check in (_fault_times, _flaps, _scales, _disks, _client_times, _rooms, _circle, _policies):
        yield from check(scenario)

"""How much an experiment would take at its worst instant, and whether that is within the binding's limits."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from chaos.binding import Binding, Limits
from chaos.check.census import Census, WorkloadSeen
from chaos.check.finding import Refusal, Remark
from chaos.check.planned import PlannedFault
from chaos.check.schedule import ends_s
from sim.plan import Plan
from sim.spec.faults import ApiserverLoss, MemberLoss

__all__ = ["Left", "beyond_limits", "control_plane", "left", "own_machine"]

COMES_BACK_S = 30.0  # assumption: until a killed pod has a Ready successor; image pulled, started, probed


@dataclass(frozen=True, slots=True)
class Left:
    """What remains at the worst instant. `what`: `nodes` or `workload NAME`; `by`: the faults that are on then."""

    what: str
    ready: int
    lost: int
    by: tuple[str, ...]

    @property
    def remain(self) -> int:
        """How many are left."""
        return max(0, self.ready - self.lost)

    @property
    def lost_share(self) -> float:
        """Which share of what is Ready now is lost; all of nothing is nothing."""
        return min(1.0, self.lost / self.ready) if self.ready else 0.0


def left(plan: Plan, faults: Iterable[PlannedFault], census: Census) -> tuple[Left, ...]:
    """Return the worst of each: of the nodes, and of every workload of the census."""
    worst: dict[str, Left] = {}
    for at_once in _together(plan, faults):
        for each in _lost(at_once, census):
            if each.what not in worst or each.lost > worst[each.what].lost:
                worst[each.what] = each
    return tuple(worst.values())


def _together(plan: Plan, faults: Iterable[PlannedFault]) -> Iterator[tuple[PlannedFault, ...]]:
    """Yield each set of faults that are on at one time, once; first the empty one."""
    by_name = {fault.name: fault for fault in faults}
    steps = sorted(step for fault in by_name.values() for step in _steps(plan, fault))
    on, seen = dict.fromkeys(by_name, 0), dict.fromkeys([tuple[str, ...]()])
    for _, step, name in steps:
        on[name] += step
        seen[tuple(each for each, count in on.items() if count)] = None
    for names in seen:
        yield tuple(by_name[name] for name in names)


def _steps(plan: Plan, fault: PlannedFault) -> Iterator[tuple[float, int, str]]:
    """At one instant what ends (−1) ends before what begins (+1): so they are not together."""
    for each in fault.occurrences:
        end_s = ends_s(plan, each)
        if fault.means.pods:
            end_s = max(end_s, each.begins_s + COMES_BACK_S)
        yield each.begins_s, 1, fault.name
        yield end_s, -1, fault.name


def _lost(at_once: tuple[PlannedFault, ...], census: Census) -> Iterator[Left]:
    names = tuple(fault.name for fault in at_once)
    nodes = dict.fromkeys(node for fault in at_once for node in fault.means.nodes)
    if census.nodes:
        yield Left("nodes", len(census.ready_nodes), sum(node in nodes for node in census.ready_nodes), names)
    for name, seen in census.workloads.items():
        with_nodes = sum(count for node, count in seen.ready.items() if node in nodes)
        killed = sum(_beside_its_nodes(fault, name, seen.ready) for fault in at_once)
        yield Left(f"workload {name}", seen.ready_count, min(seen.ready_count, with_nodes + killed), names)


def _beside_its_nodes(fault: PlannedFault, workload: str, ready: Mapping[str, int]) -> int:
    """Return how many pods a fault takes beyond those that go with its own nodes: a drain names both, for the same."""
    with_nodes = sum(count for node, count in ready.items() if node in fault.means.nodes)
    return max(0, fault.means.pods.get(workload, 0) - with_nodes)


def beyond_limits(found: Iterable[Left], census: Census, limits: Limits) -> Iterator[Refusal | Remark]:
    """Yield every limit that the worst instant would break."""
    for each in found:
        by = f"faults {', '.join(each.by)}" if each.by else "faults"
        if each.what == "nodes":
            yield from _nodes(each, by, limits)
        else:
            yield from _replicas(each, by, census.workloads[each.what.removeprefix("workload ")], limits)
    asleep = [node.name for node in census.nodes.values() if not node.is_ready]
    if asleep:
        yield Remark("nodes", f"not Ready now, before anything was done: {', '.join(asleep)}")


def _nodes(each: Left, by: str, limits: Limits) -> Iterator[Refusal]:
    said = f"{each.lost} of {each.ready} Ready nodes"
    if each.lost > limits.nodes:
        yield Refusal(by, "how many nodes are lost at once", said, f"at most {limits.nodes} (limits.nodes)")
    if each.lost_share > limits.nodes_share:
        share = f"at most {limits.nodes_share:.0%} of them (limits.nodes_share)"
        yield Refusal(by, "how many nodes are lost at once", said, share)


def _replicas(each: Left, by: str, seen: WorkloadSeen, limits: Limits) -> Iterator[Refusal | Remark]:
    where, said = f"{by}: {each.what}", f"{each.lost} of {each.ready} Ready pods"
    if seen.wants and each.ready < seen.wants:
        yield Remark(each.what, f"{each.ready} of {seen.wants} pods are Ready now, before anything was done")
    if not each.lost:
        return
    if each.lost_share > limits.replicas_share:
        accepted = f"at most {limits.replicas_share:.0%} of them (limits.replicas_share)"
        yield Refusal(where, "how many pods are lost at once", said, accepted)
    if not each.remain and not limits.last_replica:
        yield Refusal(where, "that a Ready pod remains", said, "at least 1 left (limits.last_replica: true: none)")


def control_plane(faults: Iterable[PlannedFault], census: Census, binding: Binding) -> Iterator[Refusal]:
    """Yield the faults that take a part of the control plane, unless the binding allows it."""
    if binding.limits.control_plane:
        return
    components = [part for each in binding.servers.values() for part in (each.apiserver, each.member)]
    for fault in faults:
        taken = [touch.name for touch in fault.touches if touch.kind == "component" and touch.name in components]
        taken += [node for node in fault.means.nodes if _is_server(node, census)]
        if taken or fault.means.takes_api or isinstance(fault.fault, MemberLoss | ApiserverLoss):
            said = f"it takes {', '.join(taken) or 'the API server'}"
            accepted = "other targets, or limits: {control_plane: true} in the binding"
            yield Refusal(f"faults.{fault.name}", "that the control plane stays", said, accepted)


def own_machine(faults: Iterable[PlannedFault], host: str) -> Iterator[Refusal]:
    """Yield the faults that would lose the machine on which this runs. `host`: its name; a node may have a domain."""
    for fault in faults:
        for node in fault.means.nodes:
            if node.partition(".")[0] == host.partition(".")[0]:
                said = f"{node} looks like this machine, {host}"
                yield Refusal(
                    f"faults.{fault.name}", "that who runs it stays", said, "another node, or another machine"
                )


def _is_server(node: str, census: Census) -> bool:
    """A machine that is no node of the cluster, and can be lost by a command, is one of the control plane's."""
    return census.nodes[node].is_control_plane if node in census.nodes else bool(census.nodes)

"""Who else stands on the nodes that an experiment takes: pods of workloads that the scenario does not name.

Whoever allows a node to be lost means the limits for all that is lost with it. Workloads of the allowed namespaces are
counted against them like the scenario's own; of all others is told how many pods go.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from chaos.binding import Binding
from chaos.check.census import WorkloadSeen, ready_by_owner
from chaos.check.finding import Remark
from chaos.check.planned import PlannedFault
from chaos.kube import Kube, KubeRefused, Ref
from chaos.observer.names import Workload
from sim.spec.faults import Drain

__all__ = ["Bystanders", "bystanders"]

SHOWN = 8  # assumption: who reads more looks at the node
ALL = "/api/v1/pods"
STAYS = ("DaemonSet", "Node")  # a daemon set's pod is made for its node, a static one is its kubelet's own
OF_NOBODY = "Pod"  # a drain leaves it: nobody would make it anew
SINGLE = (OF_NOBODY, "Job")  # no replicas of which a share could be lost

Ready = Mapping[Workload, Mapping[str, int]]  # who has how many Ready pods on which node


@dataclass(frozen=True, slots=True)
class Bystanders:
    """`counted`: `NAMESPACE/NAME` → who counts against the limits; `remarks`: who does not, and what is not known."""

    counted: Mapping[str, WorkloadSeen] = field(default_factory=dict)
    remarks: tuple[Remark, ...] = ()


def bystanders(kube: Kube, binding: Binding, refs: Iterable[Ref], faults: Iterable[PlannedFault]) -> Bystanders:
    """Return who has Ready pods on nodes that are lost, cut off or drained, beside the scenario's own (`refs`).

    A drain evicts in the allowed namespaces only. Raises KubeSilent; what may not be read is said.
    """
    taken = [(node, not isinstance(fault.fault, Drain)) for fault in faults for node in fault.means.nodes]
    if not taken:
        return Bystanders()
    nodes = {node: (node, True) in taken for node, _ in taken}  # whether all of it goes, by one fault at least
    own = {Workload(ref.namespace, ref.name, ref.kind) for ref in refs}
    allowed, unseen = _allowed(kube, binding.allow.namespaces)
    counted = [who for who, ready in _others(allowed, own) if who.kind not in SINGLE and nodes.keys() & ready.keys()]
    beside = (_beside(kube, node, allowed, {*own, *counted}, whole=whole) for node, whole in nodes.items())
    seen = (WorkloadSeen(_name(who), Ref(who.kind, who.name, who.namespace), "", 0, allowed[who]) for who in counted)
    return Bystanders({each.name: each for each in seen}, (*unseen, *(remark for each in beside for remark in each)))


def _allowed(kube: Kube, namespaces: Iterable[str]) -> tuple[Ready, tuple[Remark, ...]]:
    """Return the Ready pods of these namespaces, and which namespaces may not be looked at."""
    found, unseen = list[dict[str, object]](), list[Remark]()
    for space in namespaces:
        try:
            found += kube.list(Ref("Pod", "", space).folder)
        except KubeRefused as error:
            said = f"it is not known whom the limits should count in namespace {space}: {error}"
            unseen.append(Remark("allow.namespaces", said))
    return ready_by_owner(found), tuple(unseen)


def _beside(kube: Kube, node: str, allowed: Ready, known: set[Workload], *, whole: bool) -> Iterator[Remark]:
    """Yield what goes with a node and is counted by no limit. `whole`: in every namespace, with what nobody owns."""
    there, unseen = allowed, ""
    if whole:
        try:
            there = ready_by_owner(kube.list(ALL, fieldSelector=f"spec.nodeName={node}"))
        except KubeRefused as error:
            unseen = f"it is not known what pods of further namespaces are there: {error}"
    counts = {who: ready[node] for who, ready in _others(there, known) if node in ready}
    told = _told({who: count for who, count in counts.items() if whole or who.kind != OF_NOBODY})
    said = f"it also takes Ready pods that no limit counts: {told}" if told else ""
    if said or unseen:
        yield Remark(f"node {node}", "; ".join(filter(None, (said, unseen))))


def _others(ready: Ready, known: set[Workload]) -> Iterator[tuple[Workload, Mapping[str, int]]]:
    return ((who, at) for who, at in ready.items() if who not in known and who.kind not in STAYS)


def _told(counts: Mapping[Workload, int]) -> str:
    each = [f"{count} of {_name(who)}" for who, count in sorted(counts.items(), key=str)]
    more = [f"and of {len(each) - SHOWN} more"] if len(each) > SHOWN else []
    return ", ".join((*each[:SHOWN], *more))


def _name(who: Workload) -> str:
    return f"{who.namespace}/{who.name}"

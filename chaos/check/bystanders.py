"""Who else stands on the nodes that an experiment takes: pods of workloads that the scenario does not name.

The limits count what the scenario names. Whoever allows a node to be lost should know what else is lost with it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from chaos.binding import Binding
from chaos.check.census import is_ready
from chaos.check.finding import Remark
from chaos.check.planned import PlannedFault
from chaos.kube import Kube, KubeRefused, Ref
from chaos.observer.names import Workload, owner_of
from sim.spec.faults import Drain

__all__ = ["bystanders"]

SHOWN = 8  # assumption: who reads more looks at the node
ALL = "/api/v1/pods"
STAYS = ("DaemonSet", "Node")  # a daemon set's pod is made for its node, a static one is its kubelet's own


def bystanders(kube: Kube, binding: Binding, refs: Iterable[Ref], faults: Iterable[PlannedFault]) -> Iterator[Remark]:
    """Yield for each node that is taken how many Ready pods of which other workloads go with it.

    A drain evicts in the allowed namespaces only. Raises KubeSilent; what may not be read is said.
    """
    named = {Workload(ref.namespace, ref.name, ref.kind) for ref in refs}
    taken = [(node, isinstance(fault.fault, Drain)) for fault in faults for node in fault.means.nodes]
    whole = {node for node, drained in taken if not drained}
    for node in dict.fromkeys(node for node, _ in taken):
        pods, unseen = _pods_on(kube, node, ("",) if node in whole else binding.allow.namespaces)
        if unseen and node in whole:
            pods, unseen = _pods_on(kube, node, binding.allow.namespaces)
            unseen = unseen or "it is not known what pods of further namespaces are there"
        others = Counter(who for pod in pods if is_ready(pod) and (who := owner_of(pod)).kind not in STAYS)
        found = {who: count for who, count in others.items() if who not in named}
        said = f"it also takes Ready pods that no limit counts: {_told(found)}" if found else ""
        if said or unseen:
            yield Remark(f"node {node}", "; ".join(filter(None, (said, unseen))))


def _pods_on(kube: Kube, node: str, namespaces: Iterable[str]) -> tuple[list[dict[str, Any]], str]:
    """Return the pods of these namespaces ('' for all) on a node, and why they are not known."""
    folders = [Ref("Pod", "", space).folder if space else ALL for space in namespaces]
    try:
        return [pod for folder in folders for pod in kube.list(folder, fieldSelector=f"spec.nodeName={node}")], ""
    except KubeRefused as error:
        return [], f"it is not known what else is there: {error}"


def _told(found: Mapping[Workload, int]) -> str:
    each = [f"{count} of {who.namespace}/{who.name}" for who, count in sorted(found.items(), key=str)]
    more = [f"and of {len(each) - SHOWN} more"] if len(each) > SHOWN else []
    return ", ".join((*each[:SHOWN], *more))

"""Nodes and zones that are lost: by the best way that this environment has and allows, and how it differs is said."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from chaos.binding import Touch
from chaos.deeds import Deed
from chaos.deeds.command import Command
from chaos.deeds.cordon import Cordon
from chaos.deeds.down import DisableProxy
from chaos.deeds.node_object import DeleteNodeObject
from chaos.deeds.pods import DeletePods, PodNamed
from chaos.faults.base import Means, Scene, Unsupported
from chaos.faults.links import allows
from chaos.faults.nodes import bound_node, on_each, runs
from chaos.faults.pods import movable, per_workload
from sim.plan.targets import nodes_hit
from sim.spec import faults as spec

__all__ = ["WAYS", "nodes_lost"]

Way = Callable[[Scene, str, str], Means | Unsupported]


def nodes_lost(scene: Scene, fault: spec.NodeLoss | spec.ZoneLoss) -> Means | Unsupported:
    """Return what loses each node of the fault, or all of its zone."""
    return on_each(scene, nodes_hit(scene.plan.scenario, fault), partial(_lost, how=fault.how))


def _lost(scene: Scene, node: str, how: str) -> Means | Unsupported:
    real, lacking = scene.hands.binding.node(node), []
    for way in WAYS[how]:
        found = way(scene, node, how)
        if isinstance(found, Means):
            return found
        lacking.append(found.why)
    return Unsupported(f"node {real} can't be lost here: {'; '.join(lacking)}")


def _by_cut(scene: Scene, node: str, how: str) -> Means | Unsupported:
    """Its network is cut by a command of the environment."""
    binding = scene.hands.binding
    real = binding.node(node)
    if not runs(binding, "cut", "join", Touch("node", real)):
        return Unsupported(f"commands cut and join, with {real} in allow.nodes, would cut its network")
    deed = Command(verb="cut", back="join", target=real, kind="node")
    said = "" if how == "cut" else "its pods live on inside, cut off, and are found there when it returns"
    return Means(f"cut {real}", (deed,), said, nodes=(real,))


def _by_stop(scene: Scene, node: str, _how: str) -> Means | Unsupported:
    """All of its processes are killed by a command of the environment."""
    binding = scene.hands.binding
    real = binding.node(node)
    if not runs(binding, "stop", "start", Touch("node", real)):
        return Unsupported(f"commands stop and start, with {real} in allow.nodes, would kill its processes")
    deed = Command(verb="stop", back="start", target=real, kind="node", more=("--how", "kill"))
    return Means(f"kill {real}", (deed,), nodes=(real,))


def _by_links(scene: Scene, node: str, _how: str) -> Means | Unsupported:
    """Its kubelet, its kube-proxy and, where they are proxied, its pods lose their links."""
    binding = scene.hands.binding
    real, bound = binding.node(node), bound_node(binding, node)
    links = [link for link in (bound.kubelet, bound.kube_proxy, *bound.network) if link is not None]
    if bound.kubelet is None or not allows(binding, *(Touch("link", link) for link in links)):
        return Unsupported(f"nodes.{node}.kubelet, with all links of the node in allow.links, would cut its heartbeats")
    said = "its pods are silent to what runs through its network links only"
    return Means(
        how=f"refuse {', '.join(links)}",
        deeds=tuple(DisableProxy(link=link) for link in links),
        difference=said if bound.network else "its heartbeats stop, and its pods go on serving whoever reaches them",
        nodes=(real,),
    )


def _by_pods(scene: Scene, node: str, _how: str) -> Means | Unsupported:
    """It is cordoned, and its pods are deleted without grace."""
    binding = scene.hands.binding
    real = binding.node(node)
    if not allows(binding, Touch("node", real)):
        return Unsupported(f"{real} in allow.nodes would let it be cordoned")
    pods = movable(scene.hands, real)
    if not pods:
        return Unsupported(
            f"it has no pods in the allowed namespaces ({', '.join(binding.allow.namespaces) or 'none'})"
        )
    deeds: tuple[Deed, ...] = (
        Cordon(node=real),
        DeletePods(pods=tuple(PodNamed.of(pod) for pod in pods), grace_s=0),
    )
    return Means(
        how=f"cordon {real}, delete its {len(pods)} pods",
        deeds=deeds,
        difference=(
            "its heartbeats go on, so nothing has to be detected: its pods in the allowed namespaces are replaced at "
            "once, which takes minutes after a true loss"
        ),
        nodes=(real,),
        pods=per_workload(binding, pods),
    )


def _by_object(scene: Scene, node: str, _how: str) -> Means | Unsupported:
    """Its object is deleted: only where nobody's pods but allowed ones live there, since all of them are removed."""
    binding = scene.hands.binding
    real = binding.node(node)
    if not allows(binding, Touch("node", real)):
        return Unsupported(f"{real} in allow.nodes would let its object be deleted")
    pods = scene.hands.kube.list("/api/v1/pods", fieldSelector=f"spec.nodeName={real}")
    strangers = [name for pod in pods if (name := pod["metadata"]["namespace"]) not in binding.allow.namespaces]
    if strangers:
        return Unsupported(
            f"its object can't be deleted, pods of namespaces {', '.join(dict.fromkeys(strangers))} go too"
        )
    return Means(
        how=f"delete the object of node {real}",
        deeds=(DeleteNodeObject(node=real),),
        difference=(
            "the cluster forgets the node at once, and its pods are removed 40 to 80 s later without any toleration "
            "(kubernetes 1.34.4, pkg/controller/podgc/gc_controller.go); it returns as a new object"
        ),
        nodes=(real,),
        pods=per_workload(binding, pods),
    )


_WITHOUT_COMMANDS: tuple[Way, ...] = (_by_links, _by_pods, _by_object)
WAYS: dict[str, tuple[Way, ...]] = {
    "cut": (_by_cut, *_WITHOUT_COMMANDS),
    "power": (_by_cut, *_WITHOUT_COMMANDS),
    "killed": (_by_stop, _by_cut, *_WITHOUT_COMMANDS),
}
"""For each `how` the ways to lose a node, the truest one first."""

"""Nodes that are cordoned and drained, kubelets that stop: where several ways lead there, the best one allowed."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from chaos.binding import Binding, BoundNode, Touch
from chaos.deeds import Deed
from chaos.deeds.command import Command
from chaos.deeds.cordon import Cordon
from chaos.deeds.down import DisableProxy
from chaos.deeds.evict import EvictPods
from chaos.deeds.pods import PodNamed
from chaos.faults.base import Means, Scene, Unsupported
from chaos.faults.links import allows
from chaos.faults.pods import movable, per_workload
from sim.spec import faults as spec

__all__ = ["bound_node", "cordon", "drain", "kubelet_stop", "on_each", "runs"]

HOW_TO_STOP = {"killed": "kill", "stopped": "freeze"}
"""How a stopped process dies, as the environment's `stop` command takes it behind `--how`."""

Lost = Callable[[Scene, str], Means | Unsupported]


def on_each(scene: Scene, nodes: Iterable[str], one: Lost) -> Means | Unsupported:
    """Return one means for all of these nodes of the scenario; Unsupported if any of them can't be hit."""
    found = [one(scene, node) for node in nodes]
    if lacking := [each.why for each in found if isinstance(each, Unsupported)]:
        return Unsupported("; ".join(dict.fromkeys(lacking)))
    means = [each for each in found if isinstance(each, Means)]
    pods: dict[str, int] = {}
    for each in means:
        for name, count in each.pods.items():
            pods[name] = pods.get(name, 0) + count
    return Means(
        how="; ".join(dict.fromkeys(each.how for each in means)),
        deeds=tuple(deed for each in means for deed in each.deeds),
        difference="; ".join(dict.fromkeys(each.difference for each in means if each.difference)),
        nodes=tuple(node for each in means for node in each.nodes),
        pods=pods,
    )


def bound_node(binding: Binding, node: str) -> BoundNode:
    """Return what the binding says of a node; nothing, for one that it does not list."""
    return binding.nodes.get(node, BoundNode())


def runs(binding: Binding, verb: str, back: str, touch: Touch) -> bool:
    """Return whether the environment has both commands, and this target may be touched."""
    return verb in binding.commands and back in binding.commands and allows(binding, touch)


def cordon(scene: Scene, fault: spec.Cordon) -> Means | Unsupported:
    """Return the cordon of each node."""
    return on_each(scene, fault.nodes, _cordoned)


def _cordoned(scene: Scene, node: str) -> Means:
    real = scene.hands.binding.node(node)
    return Means(f"cordon {real}", (Cordon(node=real),))


def drain(scene: Scene, fault: spec.Drain) -> Means | Unsupported:
    """Return the cordon of each node and the evictions of its pods."""
    return on_each(scene, fault.nodes, _drained)


def _drained(scene: Scene, node: str) -> Means | Unsupported:
    binding = scene.hands.binding
    real, pods = binding.node(node), movable(scene.hands, binding.node(node))
    evicted = tuple(PodNamed.of(pod) for pod in pods)
    deeds: tuple[Deed, ...] = (Cordon(node=real), EvictPods(node=real, pods=evicted)) if pods else (Cordon(node=real),)
    return Means(
        how=f"cordon {real}, evict {len(pods)} pods",
        deeds=deeds,
        difference="pods of namespaces that are not allowed, of daemon sets, and of nobody stay",
        nodes=(real,),
        pods=per_workload(binding, pods),
    )


def kubelet_stop(scene: Scene, fault: spec.KubeletStop) -> Means | Unsupported:
    """Return what stops the heartbeats of each node while its pods go on serving."""
    return on_each(scene, fault.nodes, lambda scene, node: _stopped(scene, node, fault.how))


def _stopped(scene: Scene, node: str, how: str) -> Means | Unsupported:
    binding = scene.hands.binding
    real, link = binding.node(node), bound_node(binding, node).kubelet
    component = f"kubelet-{real}"
    if how in HOW_TO_STOP and runs(binding, "stop", "start", Touch("component", component)):
        deed = Command(verb="stop", back="start", target=component, more=("--how", HOW_TO_STOP[how]))
        return Means(f"stop {component} ({how})", (deed,), nodes=(real,))
    if link is not None and allows(binding, Touch("link", link)):
        said = (
            "" if how == "cut" else f"its way to the API server is cut instead of the kubelet {how}: it returns later"
        )
        return Means(f"refuse {link}", (DisableProxy(link=link),), said, nodes=(real,))
    return Unsupported(
        f"nothing here can stop the kubelet of {real}: accepted: nodes.{node}.kubelet, a link that allow.links names"
        + ("" if how == "cut" else f", or commands stop and start with {component} in allow.components")
    )

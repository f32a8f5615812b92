"""Pods of a workload, and which of them a fault may take: never our own, never the last ready one unless allowed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from chaos.binding import Binding, BoundWorkload
from chaos.deeds import Hands
from chaos.deeds.front import BY
from chaos.deeds.pods import DeletePods, PodNamed
from chaos.faults.base import Gone, Means, Scene, Unsupported
from chaos.kube import Ref
from chaos.observer.names import Names, Workload
from sim.plan.targets import chosen
from sim.spec import faults as spec

__all__ = ["is_ours", "is_ready", "movable", "per_workload", "pod_kill", "pods_of", "workload"]

DAEMONS = ("DaemonSet", "Node")  # owners whose pods belong to a node: a drain leaves them, as kubectl's does


def workload(scene: Scene, name: str) -> tuple[Ref, dict[str, Any]] | Unsupported:
    """Return a workload of the scenario as it is in the cluster: what the binding says, or what has that name."""
    found = [(ref, scene.hands.kube.find(ref.path)) for ref in _candidates(scene.hands.binding, name)]
    there = [(ref, now) for ref, now in found if now is not None]
    if len(there) == 1:
        return there[0]
    looked = ", ".join(str(ref) for ref, _ in found) or "no namespace: allow.namespaces is empty"
    return (Unsupported if there else Gone)(
        f"workload {name}: {'several' if there else 'nothing'} found of {looked}; accepted: an entry {name} under "
        "workloads with namespace, kind and name"
    )


def _candidates(binding: Binding, name: str) -> list[Ref]:
    bound = binding.workloads.get(name)
    if bound is not None:
        return [Ref(bound.kind, bound.name or name, bound.namespace)]
    return [Ref(kind, name, space) for space in binding.allow.namespaces for kind in ("Deployment", "StatefulSet")]


def pods_of(hands: Hands, ref: Ref, now: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the living pods that a workload made, sorted by name: neither ended nor on their way out; none of ours."""
    made_by = Names(workloads={Workload(ref.namespace, ref.name, ref.kind): ref.name})
    pods = hands.kube.list(Ref("Pod", "", ref.namespace).folder, labelSelector=_words(now["spec"]["selector"]))
    mine = [pod for pod in pods if made_by.workload_of(pod) is not None and not is_ours(pod)]
    living = [pod for pod in mine if "deletionTimestamp" not in pod["metadata"] and not _has_ended(pod)]
    return sorted(living, key=lambda pod: str(pod["metadata"]["name"]))


def _has_ended(pod: dict[str, Any]) -> bool:
    """Return whether its containers are gone for good: an evicted pod stays in the API as Failed."""
    return pod["status"].get("phase") in {"Succeeded", "Failed"}


def _words(selector: dict[str, Any]) -> str:
    """Return a label selector as the API takes it in a query."""
    words = [f"{key}={value}" for key, value in (selector.get("matchLabels") or {}).items()]
    for each in selector.get("matchExpressions") or ():
        key, values = each["key"], ",".join(each.get("values") or ())
        forms = {"In": f"{key} in ({values})", "NotIn": f"{key} notin ({values})", "Exists": key}
        words.append(forms.get(each["operator"], f"!{key}"))
    return ",".join(words)


def is_ready(pod: dict[str, Any]) -> bool:
    """Return whether a pod is Ready."""
    conditions = pod["status"].get("conditions", ())
    return any(each["type"] == "Ready" and each["status"] == "True" for each in conditions)


def is_ours(pod: dict[str, Any]) -> bool:
    """Return whether a pod belongs to an experiment: faults do not hit what raises them."""
    return BY in pod["metadata"].get("labels", {})


def movable(hands: Hands, node: str) -> list[dict[str, Any]]:
    """Return the pods of a node that a drain moves: of allowed namespaces, of a workload that makes them anew."""
    found: list[dict[str, Any]] = []
    for space in hands.binding.allow.namespaces:
        folder = Ref("Pod", "", space).folder
        found += hands.kube.list(folder, fieldSelector=f"spec.nodeName={node}")
    kept = [pod for pod in found if "deletionTimestamp" not in pod["metadata"] and not is_ours(pod)]
    owned = [pod for pod in kept if (kind := _owner(pod)) is not None and kind not in DAEMONS]
    return sorted(owned, key=lambda pod: (pod["metadata"]["namespace"], pod["metadata"]["name"]))


def _owner(pod: dict[str, Any]) -> str | None:
    owners = pod["metadata"].get("ownerReferences", ())
    return next((str(owner["kind"]) for owner in owners if owner.get("controller")), None)


def per_workload(binding: Binding, pods: Iterable[dict[str, Any]]) -> dict[str, int]:
    """Return how many of these pods each workload of the scenario would lose."""
    names = Names(workloads={_as_observed(name, bound): name for name, bound in binding.workloads.items()})
    count: dict[str, int] = {}
    for pod in pods:
        name = names.workload_of(pod)
        if name is not None:
            count[name] = count.get(name, 0) + 1
    return count


def _as_observed(name: str, bound: BoundWorkload) -> Workload:
    return Workload(bound.namespace, bound.name or name, bound.kind)


def pod_kill(scene: Scene, fault: spec.PodKill) -> Means | Unsupported:
    """Return the deletion of the chosen pods: drawn by the plan's seed from their names."""
    found = workload(scene, fault.workload)
    if isinstance(found, Unsupported):
        return found
    ref, now = found
    pods = pods_of(scene.hands, ref, now)
    if not pods:
        return Gone(f"{ref} has no pods that could be deleted")
    names = [pod["metadata"]["name"] for pod in pods]
    taken = _spared(scene, pods, chosen(scene.stream("pods"), names, fault.how_many(len(pods))))
    if not taken:
        return Unsupported(
            f"{ref}: {names[0]} is its last ready pod; accepted: more replicas, or limits.last_replica: true"
        )
    deed = DeletePods(pods=tuple(PodNamed.of(pod) for pod in pods if pod["metadata"]["name"] in taken))
    return Means(f"delete {len(taken)} of {len(pods)} pods of {ref}", (deed,), pods={fault.workload: len(taken)})


def _spared(scene: Scene, pods: list[dict[str, Any]], taken: tuple[str, ...]) -> tuple[str, ...]:
    """Return the choice without one ready pod, if it would leave none."""
    if scene.hands.binding.limits.last_replica:
        return taken
    ready = [pod["metadata"]["name"] for pod in pods if is_ready(pod)]
    if any(name not in taken for name in ready) or not ready:
        return taken
    return tuple(name for name in taken if name != ready[-1])

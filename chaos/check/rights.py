"""Which permissions an experiment needs, and which of them this user has: asked from the API server, one by one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from chaos.binding import Binding
from chaos.check.finding import Refusal, Remark
from chaos.deeds import Right
from chaos.kube import Kube, KubeRefused, Ref

__all__ = ["Grant", "granted", "missing", "own_needs", "wishes"]

ASK = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
AT_ONCE = 8  # assumption: as many as a client's connection pool holds beside the rest; a review takes milliseconds
LEASES = "coordination.k8s.io"
OBJECT = ("create", "get", "update", "patch", "delete")


@dataclass(frozen=True, slots=True)
class Grant:
    """A permission, who needs it, and whether we have it. Without a wished one the run sees less, and says so."""

    right: Right
    by: tuple[str, ...]
    is_granted: bool
    is_wished: bool = False


def own_needs(binding: Binding, refs: Iterable[Ref], *, with_nodes: bool) -> dict[str, tuple[Right, ...]]:
    """Return what every run needs: for its lease, its ledger's copy, its events, and to follow `refs` and maybe nodes.

    Without nodes all of it is in namespaces: no cluster role is needed.
    """
    return {"the run itself": _writes(binding.cluster.home), "probes": _reads(refs, with_nodes)}


def _writes(home: str) -> tuple[Right, ...]:
    leases = (Right(verb, LEASES, "leases", home) for verb in OBJECT)
    ledger = (Right(verb, "", "configmaps", home) for verb in ("create", "get", "list", "update", "delete"))
    return (*leases, *ledger, Right("create", "", "events", home))


def _reads(refs: Iterable[Ref], with_nodes: bool) -> tuple[Right, ...]:
    kinds = dict.fromkeys(ref._replace(name="") for ref in refs)
    spaces = dict.fromkeys(ref.namespace for ref in kinds)
    followed = [ref for ref in kinds if ref.kind != "Service"]
    followed += [Ref(kind, "", space) for space in spaces for kind in ("Pod", "EndpointSlice")]
    followed += [Ref("Node", "")] if with_nodes else []
    found = [_right(verb, ref) for ref in followed for verb in ("list", "watch")]
    found += [_right("list", ref) for ref in kinds if ref.kind == "Service"]
    return (*found, *(_right("get", ref)._replace(name=ref.name) for ref in refs))


def _right(verb: str, ref: Ref) -> Right:
    return Right(verb, ref.resource.group, ref.resource.plural, ref.namespace)


def wishes(binding: Binding) -> tuple[Right, ...]:
    """Return what a run can do without: who leads the control plane, and when each node last renewed its lease."""
    spaces = ("kube-system", "kube-node-lease") if binding.nodes else ("kube-system",)
    return tuple(Right(verb, LEASES, "leases", space) for space in spaces for verb in ("list", "watch"))


def granted(kube: Kube, needs: Mapping[str, Iterable[Right]], wished: Iterable[Right]) -> tuple[Grant, ...]:
    """Return every permission with the API server's answer. `needs`: who needs it → what. Raises KubeSilent."""
    by: dict[Right, list[str]] = {}
    for who, rights in needs.items():
        for right in rights:
            by.setdefault(right, []).append(who)
    wished = [right for right in wished if right not in by]
    asked = [*by, *wished]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        answers = list(pool.map(lambda right: _may(kube, right), asked))
    return tuple(
        Grant(right, tuple(dict.fromkeys(by.get(right, ["the journal"]))), answer, right not in by)
        for right, answer in zip(asked, answers, strict=True)
    )


def missing(grants: Iterable[Grant], remedy: str) -> Iterator[Refusal | Remark]:
    """Yield what is not allowed. `remedy`: the command that prints the manifest of what is needed."""
    for grant in grants:
        if grant.is_granted:
            continue
        if grant.is_wished:
            yield Remark("rights", f"{grant.right} is not allowed: the journal will not say what it shows")
        else:
            yield Refusal(
                "rights", f"{grant.right} (for {', '.join(grant.by)})", "not allowed", f"it granted; {remedy}"
            )


def _may(kube: Kube, right: Right) -> bool:
    resource, _, sub = right.resource.partition("/")
    asked = {"verb": right.verb, "group": right.group, "resource": resource, "subresource": sub}
    asked |= {"namespace": right.namespace, "name": right.name}
    body: dict[str, Any] = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectAccessReview",
        "spec": {"resourceAttributes": {key: value for key, value in asked.items() if value}},
    }
    try:
        return bool(kube.create(ASK, body)["status"]["allowed"])
    except KubeRefused:
        return False  # who may not even ask has been granted nothing (system:basic-user is bound to everybody)

"""The least rights for one experiment, as a manifest to show to whoever guards the cluster. No wildcard in it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from chaos.check.census import refs_of
from chaos.check.finding import Refused
from chaos.check.planned import nodes_matter, planned
from chaos.check.rights import own_needs, wishes
from chaos.deeds import Hands, Right
from chaos.faults import MeansOf
from sim.plan import Plan

__all__ = ["API", "manifests", "required", "rules"]

API = "rbac.authorization.k8s.io"
NAMELESS = ("create", "list", "watch", "deletecollection")
"""Verbs that a rule cannot tie to a name. Source: kubernetes.io, "Using RBAC Authorization", Referring to resources."""


def required(plan: Plan, hands: Hands, means: MeansOf) -> tuple[Right, ...]:
    """Return every right that a run of the plan can use, each once.

    Raises Refused if a fault cannot be done here: what it would need is unknown then. Raises KubeSilent.
    """
    faults = planned(plan, hands, means)
    if refusals := tuple(refusal for fault in faults for refusal in fault.refusals):
        raise Refused(refusals)
    refs, with_nodes = refs_of(hands.binding, plan.scenario), nodes_matter(hands.binding, faults)
    own = own_needs(hands.binding, refs, with_nodes=with_nodes)
    needs = [right for fault in faults for right in fault.needs]
    return tuple(dict.fromkeys((*needs, *(right for some in own.values() for right in some), *wishes(hands.binding))))


def manifests(account: tuple[str, str], needs: Iterable[Right]) -> tuple[dict[str, Any], ...]:
    """Return a service account (namespace, name), a role in each namespace, a cluster role for what lives in none."""
    namespace, name = account
    subject = {"kind": "ServiceAccount", "name": name, "namespace": namespace}
    by_place: dict[str, list[Right]] = {}
    for right in needs:
        by_place.setdefault(right.namespace, []).append(right)
    made: list[dict[str, Any]] = [
        {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": name, "namespace": namespace}}
    ]
    for place in sorted(by_place):
        made += _role(place, f"weatherglass-{name}", rules(by_place[place]), subject)
    return tuple(made)


def rules(needs: Iterable[Right]) -> list[dict[str, Any]]:
    """Return the rules of one role, rights of one resource (and the same names) in one rule."""
    verbs: dict[tuple[str, str, str], list[str]] = {}
    for right in needs:
        name = "" if right.verb in NAMELESS else right.name
        verbs.setdefault((right.group, right.resource, name), []).append(right.verb)
    named: dict[tuple[str, str, tuple[str, ...]], list[str]] = {}
    for (group, resource, name), allowed in verbs.items():
        named.setdefault((group, resource, tuple(sorted(dict.fromkeys(allowed)))), []).append(name)
    return [_rule(group, resource, allowed, names) for (group, resource, allowed), names in sorted(named.items())]


def _rule(group: str, resource: str, verbs: tuple[str, ...], names: list[str]) -> dict[str, Any]:
    rule: dict[str, Any] = {"apiGroups": [group], "resources": [resource], "verbs": list(verbs)}
    return rule if "" in names else {**rule, "resourceNames": sorted(names)}


def _role(place: str, name: str, own: list[dict[str, Any]], subject: dict[str, str]) -> tuple[dict[str, Any], ...]:
    kind = "Role" if place else "ClusterRole"
    metadata = {"name": name, "namespace": place} if place else {"name": name}
    reference = {"apiGroup": API, "kind": kind, "name": name}
    base = {"apiVersion": f"{API}/v1", "metadata": metadata}
    return (
        {**base, "kind": kind, "rules": own},
        {**base, "kind": f"{kind}Binding", "subjects": [subject], "roleRef": reference},
    )

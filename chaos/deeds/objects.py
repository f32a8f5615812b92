"""What deeds on the cluster's objects share: which object is still the one that was meant, and the rights on it."""

from __future__ import annotations

import json
from typing import Any

from chaos.deeds.base import Right, TargetGone
from chaos.deeds.hands import Hands
from chaos.kube import KubeRefused, Ref

__all__ = ["delete_that", "found", "gone", "kubectl", "patch_line", "patch_that", "rights", "still"]

NOT_FOUND, CONFLICT, INVALID = 404, 409, 422


def found(hands: Hands, ref: Ref) -> dict[str, Any]:
    """Return an object. Raises TargetGone if there is none."""
    there = hands.kube.find(ref.path)
    if there is None:
        raise TargetGone(f"{ref} is not there: looked for in context {hands.binding.cluster.context}, found nothing")
    return there


def still(hands: Hands, ref: Ref, uid: str) -> dict[str, Any] | None:
    """Return the object if it is still the one with this UID; None if it is gone, or another has taken its name."""
    there = hands.kube.find(ref.path)
    return there if there is not None and there["metadata"]["uid"] == uid else None


def delete_that(hands: Hands, ref: Ref, uid: str, grace_s: int | None = None) -> bool:
    """Delete the object with this UID; return False if it has gone already."""
    try:
        hands.delete(ref, uid, grace_s)
    except KubeRefused as error:
        if error.status == NOT_FOUND or (error.status == CONFLICT and still(hands, ref, uid) is None):
            return False
        raise
    return True


def patch_that(hands: Hands, ref: Ref, uid: str, patch: dict[str, Any], sub: str = "") -> dict[str, Any] | None:
    """Patch the object with this UID; return it as it became, or None if it has gone, or another has taken its name.

    The UID stands in the patch: the API server refuses it on another object, with 409 for a scale and with 422 for an
    object itself, whose UID cannot be changed. Source: kubernetes 1.34.4, pkg/registry/apps/deployment/storage, and
    apimachinery 0.34.4, pkg/api/validation/objectmeta.go, ValidateObjectMetaAccessorUpdate.
    """
    try:
        return hands.patch(ref, patch | {"metadata": {"uid": uid}}, sub=sub)
    except KubeRefused as error:
        if error.status == NOT_FOUND or (error.status in (CONFLICT, INVALID) and still(hands, ref, uid) is None):
            return None
        raise


def gone(hands: Hands, ref: Ref) -> TargetGone:
    """Return the error that says that an object is not the one that was looked at."""
    where = f"context {hands.binding.cluster.context}"
    return TargetGone(f"{ref} is gone since it was looked at in {where}, or another one has its name")


def rights(ref: Ref, *verbs: str, sub: str = "") -> tuple[Right, ...]:
    """Return the rights to do these things to an object; creating and listing know no names."""
    resource = f"{ref.resource.plural}/{sub}" if sub else ref.resource.plural
    unnamed = ("create", "list", "watch")
    return tuple(
        Right(verb, ref.resource.group, resource, ref.namespace, "" if verb in unnamed else ref.name) for verb in verbs
    )


def kubectl(hands: Hands, words: str) -> str:
    """Return a command line of kubectl on the binding's cluster."""
    return hands.binding.cluster.kubectl(words)


def patch_line(hands: Hands, ref: Ref, patch: dict[str, Any]) -> str:
    """Return the command line that patches an object as a deed's undo does."""
    return kubectl(hands, f"patch {ref.kubectl} --type merge -p '{json.dumps(patch)}'")

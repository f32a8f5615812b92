"""What we have put before a service is removed: by UID, and only what carries our run."""

from __future__ import annotations

from functools import partial

from chaos.deeds.attempts import tried, until
from chaos.deeds.base import DeedFailed
from chaos.deeds.front import BY, Front
from chaos.deeds.hands import Hands
from chaos.deeds.objects import delete_that
from chaos.kube import Ref
from sim.errors import HarnessError

__all__ = ["remove_front"]

GONE_S = 20.0  # assumption: the pod has a grace of 1 s, and the garbage collector acts within seconds
KINDS = ("Pod", "ReplicaSet", "Deployment", "Service", "ConfigMap")


def remove_front(hands: Hands, front: Front, run: str) -> str:
    """Delete our objects and wait until they and their pods are gone; return how.

    None of them is left out because another could not be deleted. Raises HarnessError for what is left.
    """
    removed, failed = [], []
    for ref in reversed(front.objects):
        try:
            if tried(partial(_removed, hands, ref, run)):
                removed.append(str(ref))
        except HarnessError as error:
            failed.append(str(error))
    left = () if failed else _left_after(hands, front, run)
    if failed or left:
        raise DeedFailed("; ".join((*failed, *(f"{ref} is still there" for ref in left))))
    return f"removed {', '.join(removed)}" if removed else "nothing of ours was there any more"


def _removed(hands: Hands, ref: Ref, run: str) -> bool:
    there = hands.kube.find(ref.path)
    if there is None or there["metadata"].get("labels", {}).get(BY) != run:
        return False
    return delete_that(hands, ref, there["metadata"]["uid"])


def _left_after(hands: Hands, front: Front, run: str) -> tuple[Ref, ...]:
    until(lambda: not tried(partial(_left, hands, front, run)), GONE_S)
    return tried(partial(_left, hands, front, run))


def _left(hands: Hands, front: Front, run: str) -> tuple[Ref, ...]:
    return tuple(
        Ref(kind, each["metadata"]["name"], front.namespace)
        for kind in KINDS
        for each in hands.kube.list(Ref(kind, "", front.namespace).folder, labelSelector=f"{front.words},{BY}={run}")
    )

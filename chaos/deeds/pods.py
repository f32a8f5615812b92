"""Pods are deleted, and their workload makes new ones."""

from __future__ import annotations

from typing import Any, Literal

from chaos.binding import Touch
from chaos.deeds.attempts import doing
from chaos.deeds.base import Deed, NoEffect, Right, TargetGone
from chaos.deeds.hands import Hands
from chaos.deeds.objects import delete_that, rights, still
from chaos.kube import Ref
from sim.spec.base import Value

__all__ = ["DeletePods", "PodNamed"]


class PodNamed(Value):
    """One pod, and no other that takes its name later."""

    namespace: str
    name: str
    uid: str

    @property
    def ref(self) -> Ref:
        """The pod."""
        return Ref("Pod", self.name, self.namespace)

    def is_on_its_way_out(self, hands: Hands) -> bool:
        """Return whether it is gone, or Terminating."""
        there = still(hands, self.ref, self.uid)
        return there is None or "deletionTimestamp" in there["metadata"]

    @classmethod
    def of(cls, pod: dict[str, Any]) -> PodNamed:
        """Return the name of a pod as the API shows it."""
        metadata = pod["metadata"]
        return cls(namespace=metadata["namespace"], name=metadata["name"], uid=metadata["uid"])


class DeletePods(Deed):
    """Delete pods, each by its UID. Nothing is put back: that the workload recovers is what the run watches.

    `grace_s`: how long they may take to end; None: what each asks for itself (30 s unless it says otherwise).
    """

    deed: Literal["delete_pods"] = "delete_pods"
    pods: tuple[PodNamed, ...]
    grace_s: int | None = None

    def title(self) -> str:
        """Name the pods."""
        return f"delete {len(self.pods)} pods: {', '.join(f'{pod.namespace}/{pod.name}' for pod in self.pods)}"

    def touches(self) -> tuple[Touch, ...]:
        """Touch the pods' namespaces."""
        return tuple(Touch("namespace", name) for name in dict.fromkeys(pod.namespace for pod in self.pods))

    def needs(self) -> tuple[Right, ...]:
        """Need to find, read and delete pods there; they change their names, so the right can't name them."""
        spaces = dict.fromkeys(pod.namespace for pod in self.pods)
        return tuple(right for name in spaces for right in rights(Ref("Pod", "", name), "list", "get", "delete"))

    def do(self, hands: Hands) -> dict[str, Any]:
        """Delete them; one that has gone by itself is told. Raises TargetGone if all have."""
        with doing(self):
            hands.allowed(*self.touches())  # of all, before the first: nothing is half done for want of leave
            gone = [pod for pod in self.pods if not delete_that(hands, pod.ref, pod.uid, self.grace_s)]
            if len(gone) == len(self.pods):
                raise TargetGone(f"{self.title()}: none of them is there any more")
            stayed = [pod.name for pod in self.pods if not pod.is_on_its_way_out(hands)]
            if stayed:
                raise NoEffect(f"delete pods {', '.join(stayed)}: accepted, and read back they are not Terminating")
        deleted = [pod.name for pod in self.pods if pod not in gone]
        return {"deleted": deleted, "gone_before": [pod.name for pod in gone]}

    def undo(self, hands: Hands) -> str:
        """Put nothing back: a pod that is gone is replaced by its workload."""
        return "nothing to put back: the workload makes new pods"

    def ends_alone(self) -> str:
        """The controllers end it."""
        return "by itself: the workload makes new pods"

    def by_hand(self, hands: Hands) -> tuple[str, ...]:
        """There is nothing to do."""
        return ()

"""A workload is scaled, and back."""

from __future__ import annotations

from typing import Any, Literal

from chaos.binding import Touch
from chaos.deeds.attempts import doing, tried, undoing
from chaos.deeds.base import Deed, NoEffect, Right
from chaos.deeds.hands import Hands
from chaos.deeds.objects import found, gone, kubectl, patch_that, rights, still
from chaos.kube import Ref

__all__ = ["ScaleWorkload"]


class ScaleWorkload(Deed):
    """Set the replicas of a workload; undone by the number from `before`, unless somebody else has set another since.

    An autoscaler of the workload would set its own number within 15 s: there the fault has no lasting effect.
    Source: kubernetes 1.34.4, pkg/controller/apis/config/v1alpha1/defaults.go, HPA sync period.
    """

    deed: Literal["scale_workload"] = "scale_workload"
    kind: Literal["Deployment", "StatefulSet"] = "Deployment"
    namespace: str
    name: str
    replicas: int
    uid: str = ""
    before: int | None = None

    @property
    def ref(self) -> Ref:
        """The workload."""
        return Ref(self.kind, self.name, self.namespace)

    def title(self) -> str:
        """Say what is scaled, from how many to how many."""
        return f"scale {self.ref} {'' if self.before is None else f'from {self.before} '}to {self.replicas}"

    def touches(self) -> tuple[Touch, ...]:
        """Touch the namespace."""
        return (Touch("namespace", self.namespace),)

    def needs(self) -> tuple[Right, ...]:
        """Need to read the workload, and to change its scale."""
        return (*rights(self.ref, "get"), *rights(self.ref, "patch", sub="scale"))

    def prepared(self, hands: Hands) -> ScaleWorkload:
        """Keep how many replicas it wants now."""
        with doing(self):
            now = found(hands, self.ref)
        return self.model_copy(update={"uid": now["metadata"]["uid"], "before": now["spec"]["replicas"]})

    def do(self, hands: Hands) -> dict[str, Any]:
        """Scale it. Raises NoEffect where it has that many already."""
        with doing(self):
            if self.before == self.replicas:
                raise NoEffect(f"{self.ref} has {self.replicas} replicas already")
            now = self._set(hands, self.replicas)
            if now is None:
                raise gone(hands, self.ref)
            if now != self.replicas:
                raise NoEffect(f"{self.title()}: accepted, and read back it wants {now}")
        return {"from": self.before, "to": self.replicas}

    def undo(self, hands: Hands) -> str:
        """Scale it back."""
        if self.before is None:
            return "nothing was done"
        with undoing(self, hands):
            return tried(lambda: self._back(hands))

    def _back(self, hands: Hands) -> str:
        there = still(hands, self.ref, self.uid)
        if there is None:
            return f"{self.ref} is gone"
        now, before = there["spec"]["replicas"], self.before
        if now not in (self.replicas, before):
            return f"somebody else has set {now} replicas since: left so"
        if now != before and self._set(hands, before) is None:
            return f"{self.ref} is gone"
        return f"wants {before} replicas, as before"

    def _set(self, hands: Hands, replicas: int | None) -> int | None:
        """Scale it, and return how many it then wants; None if it has gone."""
        patched = patch_that(hands, self.ref, self.uid, {"spec": {"replicas": replicas}}, "/scale")
        return None if patched is None else int(hands.kube.get(self.ref.path)["spec"]["replicas"])

    def ends_alone(self) -> str:
        """Nothing but a person or `chaos undo` scales it back."""
        return "no guardian can scale it back: by `weatherglass chaos undo`"

    def by_hand(self, hands: Hands) -> tuple[str, ...]:
        """Return the command that scales it back."""
        return (kubectl(hands, f"scale {self.ref.kubectl} --replicas {self.before}"),)

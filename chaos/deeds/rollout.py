"""A workload's pods are replaced one wave after another."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Literal

from chaos.binding import Touch
from chaos.clock import wall_s
from chaos.deeds.attempts import doing
from chaos.deeds.base import Deed, NoEffect, Right
from chaos.deeds.hands import Hands
from chaos.deeds.objects import found, gone, kubectl, patch_that, rights
from chaos.kube import Ref

__all__ = ["RESTARTED_AT", "RolloutRestart"]

RESTARTED_AT = "kubectl.kubernetes.io/restartedAt"
"""Source: kubectl 0.34.4, pkg/polymorphichelpers/objectrestarter.go: the annotation whose change makes a rollout."""


class RolloutRestart(Deed):
    """Restart a workload as `kubectl rollout restart` does. The annotation stays, as there.

    To take it away would be one more rollout: so nothing is undone.
    """

    deed: Literal["rollout_restart"] = "rollout_restart"
    kind: Literal["Deployment", "StatefulSet"] = "Deployment"
    namespace: str
    name: str
    uid: str = ""
    generation: int | None = None

    @property
    def ref(self) -> Ref:
        """The workload."""
        return Ref(self.kind, self.name, self.namespace)

    def title(self) -> str:
        """Say what is restarted."""
        return f"rollout restart of {self.ref}"

    def touches(self) -> tuple[Touch, ...]:
        """Touch the namespace."""
        return (Touch("namespace", self.namespace),)

    def needs(self) -> tuple[Right, ...]:
        """Need to read and patch the workload."""
        return rights(self.ref, "get", "patch")

    def prepared(self, hands: Hands) -> RolloutRestart:
        """Keep which generation of it there is."""
        with doing(self):
            now = found(hands, self.ref)
            if now["spec"].get("paused"):
                raise NoEffect(f"{self.ref} is paused: it would not restart")
        return self.model_copy(update={name: now["metadata"][name] for name in ("uid", "generation")})

    def do(self, hands: Hands) -> dict[str, Any]:
        """Change the annotation. Raises NoEffect if the workload has not become another by that."""
        at = datetime.fromtimestamp(wall_s(), UTC).isoformat()  # with its fractions: twice a second is twice
        patch = {"spec": {"template": {"metadata": {"annotations": {RESTARTED_AT: at}}}}}
        with doing(self):
            patched = patch_that(hands, self.ref, self.uid, patch)
            if patched is None:
                raise gone(hands, self.ref)
            made = patched["metadata"]["generation"]
            if made == self.generation:
                raise NoEffect(f"{self.title()}: accepted, and it is still of generation {made}")
        return {"restarted_at": at, "generation": made}

    def undo(self, hands: Hands) -> str:
        """Put nothing back."""
        return "nothing to put back: to take the annotation away would be one more rollout"

    def ends_alone(self) -> str:
        """The controllers end it."""
        return "by itself: the rollout ends when all pods are new"

    def by_hand(self, hands: Hands) -> tuple[str, ...]:
        """Return the command that shows how far the rollout is."""
        return (kubectl(hands, f"rollout status {self.ref.kubectl}"),)

"""A node is cordoned: no new pod comes onto it."""

from __future__ import annotations

from typing import Any, Literal

from chaos.binding import Touch
from chaos.deeds.attempts import doing, tried, undoing
from chaos.deeds.base import Deed, NoEffect, Right
from chaos.deeds.hands import Hands
from chaos.deeds.objects import found, gone, kubectl, patch_that, rights
from chaos.kube import Ref

__all__ = ["Cordon"]


class Cordon(Deed):
    """Mark a node unschedulable, as `kubectl cordon` does; one that was so before stays so."""

    deed: Literal["cordon"] = "cordon"
    node: str
    uid: str = ""
    before: bool | None = None

    @property
    def ref(self) -> Ref:
        """The node."""
        return Ref("Node", self.node)

    def title(self) -> str:
        """Say which node is cordoned."""
        return f"cordon node {self.node}"

    def touches(self) -> tuple[Touch, ...]:
        """Touch the node."""
        return (Touch("node", self.node),)

    def needs(self) -> tuple[Right, ...]:
        """Need to read and to patch the node."""
        return rights(self.ref, "get", "patch")

    def prepared(self, hands: Hands) -> Cordon:
        """Keep whether it is cordoned already."""
        with doing(self):
            now = found(hands, self.ref)
        return self.model_copy(update={"uid": now["metadata"]["uid"], "before": _is_cordoned(now)})

    def do(self, hands: Hands) -> dict[str, Any]:
        """Cordon it."""
        with doing(self):
            if patch_that(hands, self.ref, self.uid, {"spec": {"unschedulable": True}}) is None:
                raise gone(hands, self.ref)
            if not _is_cordoned(hands.kube.get(self.ref.path)):
                raise NoEffect(f"{self.title()}: accepted, and read back it is not")
        return {"was_cordoned": self.before}

    def undo(self, hands: Hands) -> str:
        """Uncordon it."""
        if self.before is None:
            return "nothing was done"
        if self.before:
            return f"node {self.node} was cordoned before, and stays so"
        with undoing(self, hands):
            return tried(lambda: self._back(hands))

    def _back(self, hands: Hands) -> str:
        now = patch_that(hands, self.ref, self.uid, {"spec": {"unschedulable": None}})
        if now is None:
            return f"node {self.node} is gone"
        if _is_cordoned(now):
            raise NoEffect(f"node {self.node} is still cordoned")
        return f"node {self.node} takes pods again"

    def ends_alone(self) -> str:
        """Nothing but a person or `chaos undo` uncordons it."""
        return "no guardian can uncordon it: by `weatherglass chaos undo`"

    def by_hand(self, hands: Hands) -> tuple[str, ...]:
        """Return the command that uncordons it."""
        return (kubectl(hands, f"uncordon {self.node}"),)


def _is_cordoned(node: dict[str, Any]) -> bool:
    return bool(node["spec"].get("unschedulable", False))

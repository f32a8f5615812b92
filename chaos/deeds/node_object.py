"""A node's object is deleted: the cluster forgets the node, and its pods are removed after it."""

from __future__ import annotations

from typing import Any, Literal

from chaos.binding import Touch
from chaos.deeds.attempts import doing, tried, undoing
from chaos.deeds.base import Deed, NoEffect, Right
from chaos.deeds.hands import Hands
from chaos.deeds.objects import delete_that, found, kubectl, rights, still
from chaos.kube import KubeRefused, Ref

__all__ = ["DeleteNodeObject"]

CONFLICT = 409
OF_THE_SERVER = ("uid", "resourceVersion", "creationTimestamp", "generation", "managedFields", "deletionTimestamp")


class DeleteNodeObject(Deed):
    """Delete the object of a node; undone by making it again as it was, if the kubelet has not done so itself.

    A running kubelet does not register again (it does at its start only): source: kubernetes 1.34.4,
    pkg/kubelet/kubelet_node_status.go, registerWithAPIServer. The object is then a new one, with another UID.
    """

    deed: Literal["delete_node_object"] = "delete_node_object"
    node: str
    before: dict[str, Any] | None = None

    @property
    def ref(self) -> Ref:
        """The node."""
        return Ref("Node", self.node)

    def title(self) -> str:
        """Say which node's object goes."""
        return f"delete the object of node {self.node}"

    def touches(self) -> tuple[Touch, ...]:
        """Touch the node."""
        return (Touch("node", self.node),)

    def needs(self) -> tuple[Right, ...]:
        """Need to read, delete and make nodes."""
        return rights(self.ref, "get", "delete", "create")

    def prepared(self, hands: Hands) -> DeleteNodeObject:
        """Keep the whole object."""
        with doing(self):
            return self.model_copy(update={"before": found(hands, self.ref)})

    def do(self, hands: Hands) -> dict[str, Any]:
        """Delete it."""
        assert self.before is not None, "it is prepared before it is done"
        uid = self.before["metadata"]["uid"]
        with doing(self):
            was_there = delete_that(hands, self.ref, uid)
            if still(hands, self.ref, uid) is not None:
                raise NoEffect(f"{self.title()}: accepted, and it is still there: a finalizer holds it")
        return {"uid": uid, "gone_before": not was_there}

    def undo(self, hands: Hands) -> str:
        """Make the object again, unless there is one."""
        if self.before is None:
            return "nothing was done"
        with undoing(self, hands):
            return tried(lambda: self._back(hands))

    def _back(self, hands: Hands) -> str:
        assert self.before is not None
        there = hands.kube.find(self.ref.path)
        if there is None:
            there = self._made(hands)
        if there["metadata"]["uid"] == self.before["metadata"]["uid"]:
            return f"node {self.node} was not deleted"
        return f"node {self.node} is there again, as a new object (uid {there['metadata']['uid']})"

    def _made(self, hands: Hands) -> dict[str, Any]:
        try:
            hands.create(self._manifest())
        except KubeRefused as error:
            if error.status != CONFLICT:  # the kubelet was first
                raise
        return hands.kube.get(self.ref.path)

    def _manifest(self) -> dict[str, Any]:
        """Return the object as it was, its status too, as a kubelet registers: without one nothing is scheduled there.

        What it says of the node is as old as before; the kubelet, or the controller that misses it, writes it anew.
        """
        assert self.before is not None
        metadata = {key: value for key, value in self.before["metadata"].items() if key not in OF_THE_SERVER}
        kept = {"spec": self.before["spec"], "status": self.before["status"]}
        return {"apiVersion": "v1", "kind": "Node", "metadata": metadata, **kept}

    def ends_alone(self) -> str:
        """A start of the kubelet ends it."""
        return "no guardian can make it again: by a restart of its kubelet, or by `weatherglass chaos undo`"

    def by_hand(self, hands: Hands) -> tuple[str, ...]:
        """Return where to look, and what makes the object again."""
        return (
            kubectl(hands, f"get node {self.node}"),
            f"systemctl restart kubelet  # on node {self.node}: it registers again",
        )

"""What people and repairing machines write to the API: cordons, Node objects, force deletes; behind the write gate."""

from __future__ import annotations

from collections.abc import Callable

from sim.model.cluster.evictions import Evictions
from sim.model.cluster.kubelets import Kubelets
from sim.model.cluster.lifecycle import Lifecycle
from sim.model.cluster.monitor import Monitor
from sim.model.cluster.nodes import Node
from sim.model.cluster.placement import Placement
from sim.model.cluster.podgc import PodGc
from sim.model.cluster.pods import State
from sim.model.cluster.state import ClusterState

__all__ = ["Operators"]


class Operators:
    """The writes of operators. Its callers hold the write gate."""

    def __init__(
        self,
        state: ClusterState,
        placement: Placement,
        lifecycle: Lifecycle,
        kubelets: Kubelets,
        evictions: Evictions,
        monitor: Monitor,
        podgc: PodGc,
    ) -> None:
        self._state, self._placement, self._lifecycle, self._kubelets = state, placement, lifecycle, kubelets
        self._evictions, self._monitor, self._podgc = evictions, monitor, podgc
        self.machine_up: Callable[[Node, bool], None] = _nothing  # lets a new machine be reachable and register

    def cordon(self, node: Node) -> None:
        """Let no new pods onto a node."""
        self._set_cordon(node, True, "node_cordoned")

    def uncordon(self, node: Node) -> None:
        """Let pods onto a node again."""
        self._set_cordon(node, False, "node_uncordoned")

    def _set_cordon(self, node: Node, cordoned: bool, kind: str) -> None:
        if node.cordoned != cordoned:
            node.cordoned = cordoned
            self._state.event(kind, f"node/{node.name}")
            self._placement.node_changed(node)

    def remove(self, node: Node) -> None:
        """Delete a Node object; its pods are left to the garbage collector (N16)."""
        if not node.exists:
            return
        node.exists = False
        node.term += 1
        self._monitor.heard(node)
        self._state.event("node_removed", f"node/{node.name}")
        self._evictions.removed(node)
        self._state.gauges.node_counts(-1, -1 if node.ready else 0, node.spec.cpu)
        node.ready = False
        self._state.gauges.set("node_ready", f"node/{node.name}", 0.0)
        self._placement.node_changed(node)
        self._podgc.node_removed(list(node.pods.values()))

    def add(self, node: Node) -> None:
        """Create a Node object for a new machine, which starts without containers."""
        if node.exists:
            return
        if node.connected or node.powered:
            self._kubelets.lost(node, "killed")  # the machine that is replaced goes with what still runs on it
        was_up = node.host == "up"
        node.exists, node.cordoned, node.beating, node.connected = True, False, False, False
        node.host, node.powered, node.kubelet, node.linked, node.regime = "up", True, "running", True, "died"
        node.lost_s = self._state.clock.now
        node.watching.close()
        node.link_term += 1
        self._state.event("node_added", f"node/{node.name}")
        self._evictions.added(node)
        self._state.gauges.node_counts(1, 0, node.spec.cpu)
        self.machine_up(node, was_up)
        for deployed in self._state.workloads.values():
            if deployed.spec.kind == "daemon":
                self._lifecycle.reconcile(deployed)

    def force_delete(self, node: Node) -> None:
        """Delete with grace 0 what hangs in Terminating on a node (P3)."""
        stuck = [pod for pod in node.pods.values() if pod.state is State.TERMINATING]
        for pod in stuck:
            self._lifecycle.force(pod)
        if stuck:
            self._state.event("force_deleted", f"node/{node.name}", {"pods": len(stuck)})


def _nothing(_: Node, __: bool) -> None:
    return None

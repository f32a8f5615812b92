"""A drained node: its pods are evicted, as far as their disruption budgets let them go (S9, S10).

What `kubectl drain --ignore-daemonsets` does: all evictions are asked for at once; one that a budget forbids is asked
for again each 5 s, without an end. A pod of a DaemonSet stays.
"""

from __future__ import annotations

from collections.abc import Callable

from sim.model.cluster.lifecycle import Lifecycle
from sim.model.cluster.nodes import Node
from sim.model.cluster.pods import Pod, State
from sim.model.cluster.state import ClusterState

__all__ = ["RETRY_S", "Drains", "may_evict"]

RETRY_S = 5.0
"""Between two tries of one eviction. Source: kubectl 0.34.4 `pkg/drain/drain.go` `evictPods`, answers 429."""


def may_evict(pod: Pod) -> bool:
    """Tell whether the budget of a pod's workload lets it go now.

    A ready pod goes while more than the budget's number are ready; one that runs and is not ready also while just that
    number are; one whose container does not run yet always. Source: Kubernetes 1.34.4
    `pkg/registry/core/pod/storage/eviction.go` (`canIgnorePDB`, policy IfHealthyBudget).
    """
    budget = pod.of.spec.pdb
    if budget is None or pod.state is State.PENDING or (pod.state is State.STARTING and not pod.running):
        return True
    least = budget.desired_healthy(pod.of.desired)
    return pod.of.ready > least or (not pod.ready and pod.of.ready == least > 0)


class _Drain:
    """One drain of one node."""

    __slots__ = ("is_over",)

    def __init__(self) -> None:
        self.is_over = False

    def stop(self) -> None:
        """Ask for no further eviction."""
        self.is_over = True


class Drains:
    """Evicts the pods of nodes."""

    def __init__(self, state: ClusterState, lifecycle: Lifecycle) -> None:
        self._state, self._lifecycle = state, lifecycle

    def begin(self, node: Node) -> Callable[[], None]:
        """Ask for the eviction of every pod that is on the node now; return what stops asking."""
        drain = _Drain()
        for pod in list(node.pods.values()):
            if pod.of.spec.kind != "daemon":
                self._ask((drain, pod))
        return drain.stop

    def _ask(self, of: tuple[_Drain, Pod]) -> None:
        if not of[0].is_over:
            self._state.writes.when_open(self._evict, of)

    def _evict(self, of: tuple[_Drain, Pod]) -> None:
        drain, pod = of
        if drain.is_over or not pod.active:
            return
        if may_evict(pod):
            self._state.pod_event("pod_evicted", pod)
            self._lifecycle.delete(pod)
        else:
            self._state.pod_event("eviction_refused", pod)
            self._state.clock.after(RETRY_S, self._ask, of)

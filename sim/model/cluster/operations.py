"""What is done to workloads, nodes and disks on purpose, as a scenario's faults ask for it; through the write gate."""

from __future__ import annotations

from collections.abc import Callable

from sim.model.cluster.disks import Disks
from sim.model.cluster.drains import Drains
from sim.model.cluster.lifecycle import Lifecycle
from sim.model.cluster.state import ClusterState
from sim.model.cluster.workloads import Deployed

__all__ = ["Operations"]

_KILLED = 1 << 41  # column of a workload's stream: which pods are killed


class Operations:
    """Deletes, scales, restarts, drains, and slows disks down."""

    def __init__(self, state: ClusterState, lifecycle: Lifecycle, disks: Disks) -> None:
        self._state, self._lifecycle, self._disks = state, lifecycle, disks
        self._drains = Drains(state, lifecycle)

    def kill(self, workload: str, how_many: Callable[[int], int]) -> None:
        """Delete `how_many(those it has)` pods of a workload, which ones is drawn; the workload makes new ones."""
        self._state.writes.when_open(self._kill, (self._state.workloads[workload], how_many))

    def _kill(self, of: tuple[Deployed, Callable[[int], int]]) -> None:
        deployed, how_many = of
        for k in range(how_many(deployed.active)):
            active = [pod for pod in deployed.pods.values() if pod.active]
            serving = [pod for pod in active if pod.ready] or active  # those that are missed
            u = deployed.draws.uniform(deployed.serial, _KILLED + k)
            self._lifecycle.delete(serving[int(u * len(serving))])

    def scale(self, workload: str, replicas: int) -> None:
        """Change how many pods a workload should have."""
        self._state.writes.when_open(self._scale, (self._state.workloads[workload], replicas))

    def _scale(self, of: tuple[Deployed, int]) -> None:
        deployed, replicas = of
        deployed.desired = replicas
        self._lifecycle.reconcile(deployed)

    def restart(self, workload: str) -> None:
        """Let a workload's pods be replaced, wave after wave."""
        self._state.writes.when_open(self._lifecycle.restart, self._state.workloads[workload])

    def drain(self, node: str) -> Callable[[], None]:
        """Evict a node's pods as their budgets allow; return what stops asking. It does not cordon."""
        return self._drains.begin(self._state.nodes[node])

    def slow_disk(self, member: str, added_s: float) -> Callable[[], None]:
        """Let each write to a datastore member's disk take longer; return what undoes it."""
        for gate in (self._state.writes, self._state.controller, self._state.scheduler):
            gate.write_through(self._disks)
        return self._disks.slow(member, added_s)

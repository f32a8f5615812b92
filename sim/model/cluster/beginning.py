"""The start of a run: a cluster that has long been running, every pod placed and ready at once."""

from __future__ import annotations

from sim.model.cluster.endpoints import Endpoints
from sim.model.cluster.kubelets import Kubelets
from sim.model.cluster.lifecycle import Lifecycle
from sim.model.cluster.placement import Placement
from sim.model.cluster.pods import Pod, Signal
from sim.model.cluster.state import ClusterState
from sim.model.cluster.workloads import Deployed

__all__ = ["Beginning"]


class Beginning:
    """Places all pods when made; `begin` writes the first gauges and lets containers run."""

    def __init__(
        self,
        state: ClusterState,
        placement: Placement,
        lifecycle: Lifecycle,
        kubelets: Kubelets,
        endpoints: Endpoints,
    ) -> None:
        self._state, self._placement, self._lifecycle = state, placement, lifecycle
        self._kubelets, self.endpoints = kubelets, endpoints
        self._place_all()

    def _place_all(self) -> None:
        """Place every pod at once, all Ready, as a cluster that has long been running."""
        waiting: list[Pod] = []
        for deployed in sorted(self._state.workloads.values(), key=_choosiness):
            waiting += self._initial(deployed)
        placed = True
        while waiting and placed:  # a workload may want to be near one that comes later in the file
            left = [pod for pod in waiting if not self._place(pod)]
            waiting, placed = left, len(left) < len(waiting)
        self._unplaced = waiting

    def _initial(self, deployed: Deployed) -> list[Pod]:
        kind, name = deployed.spec.kind, deployed.name
        if kind != "daemon":
            return [self._lifecycle.create(deployed) for _ in range(deployed.desired)]
        pods = []
        for node in filter(deployed.wants, self._state.nodes):
            pod = self._lifecycle.create(deployed, f"{name}-{node}")
            pod.wanted = node
            pods.append(pod)
        return pods

    def _place(self, pod: Pod) -> bool:
        row = self._placement.choose(pod)
        if row is None:
            return False
        self._placement.bind(pod, self._placement.nodes[row])
        pod.signal(Signal.PROBED)
        return True

    def begin(self) -> None:
        """Write the gauges, start the containers, give every node the rules of now."""
        state, gauges = self._state, self._state.gauges
        for node in state.nodes.values():
            gauges.nodes, gauges.ready = gauges.nodes + 1, gauges.ready + 1
            gauges.all_cpu, gauges.ready_cpu = gauges.all_cpu + node.spec.cpu, gauges.ready_cpu + node.spec.cpu
            gauges.set("node_ready", f"node/{node.name}", 1.0)
        gauges.shares()
        gauges.set("control_plane_up_share", "cluster", 1.0)
        gauges.set("pods_terminating", "cluster", 0.0)
        gauges.set("pods_pending", "cluster", 0.0)
        for pod in state.pods.values():
            if pod.node is not None:
                self._kubelets.run(pod)
                state.pod_event("pod_ready", pod)
                for service in pod.of.services:
                    self.endpoints.fill(service, pod)
        for service in self.endpoints.services:
            gauges.set("pods_ready", f"service/{service}", self.endpoints.ready_count(service))
        self.endpoints.settle()
        for pod in self._unplaced:
            self._placement.schedule(pod)


def _choosiness(deployed: Deployed) -> tuple[bool, bool]:
    """Order workloads for the start: those tied to nodes first, those that look at others last."""
    spec = deployed.spec
    return spec.near is not None or spec.apart_from is not None, spec.place is None and spec.kind != "daemon"

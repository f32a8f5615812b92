"""Ready of wanted: the shares of pods that are Ready, and of workloads that have all the pods they want.

What `kubectl get deployments` shows: ready pods that are not terminating (`status.readyReplicas`) over `spec.replicas`;
a DaemonSet wants a pod on each of its nodes (`desiredNumberScheduled`). A workload that wants no pods lacks none: 1.
Only what a probe of the scenario reads is written, so that other runs have no such rows.
"""

from __future__ import annotations

from collections.abc import Mapping

from sim.model.cluster.state import ClusterState
from sim.model.cluster.workloads import Deployed
from sim.spec.scenario import Scenario

__all__ = ["ReadyShares"]

_PODS, _WORKLOADS, _CLUSTER = "pods_ready_share", "workloads_available_share", "cluster"


class ReadyShares:
    """Hears of every change and writes the shares that are asked for; `begin` writes the first values."""

    def __init__(self, state: ClusterState, scenario: Scenario) -> None:
        self._state = state
        read = {(probe.metric, probe.of) for probe in (*scenario.steady.values(), *scenario.objectives.values())}
        self._of_pods, self._of_workloads = (_PODS, _CLUSTER) in read, (_WORKLOADS, _CLUSTER) in read
        self._services: Mapping[str, list[str]] = {
            name: [service for service in of.services if (_PODS, f"service/{service}") in read]
            for name, of in state.workloads.items()
        }

    def begin(self) -> None:
        """Write what holds at the start, and hear of what changes from now on."""
        for deployed in self._state.workloads.values():
            if self._of_pods or self._of_workloads or self._services[deployed.name]:
                deployed.watch = self._changed
                self._changed(deployed)

    def _changed(self, deployed: Deployed) -> None:
        gauges, workloads = self._state.gauges, self._state.workloads.values()
        for service in self._services[deployed.name]:
            gauges.set(_PODS, f"service/{service}", _share(deployed.ready, self._wanted(deployed)))
        if self._of_pods:
            ready = sum(min(of.ready, self._wanted(of)) for of in workloads)
            gauges.set(_PODS, _CLUSTER, _share(ready, sum(map(self._wanted, workloads))))
        if self._of_workloads:
            whole = sum(of.ready >= self._wanted(of) for of in workloads)
            gauges.set(_WORKLOADS, _CLUSTER, _share(whole, len(workloads)))

    def _wanted(self, deployed: Deployed) -> int:
        if deployed.spec.kind != "daemon":
            return deployed.desired
        return sum(node.exists and deployed.wants(node.name) for node in self._state.nodes.values())


def _share(ready: int, wanted: int) -> float:
    """Return ready of wanted: more than wanted (a pod to be deleted yet) is still all of them."""
    return min(ready / wanted, 1.0) if wanted else 1.0

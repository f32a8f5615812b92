"""Pod objects that are deleted and go, and the replicas that follow: P1–P3, D1–D3.

A Deployment replaces a pod as soon as it has a deletionTimestamp (D1); a StatefulSet only when the object is gone,
since its name must be free (D2); a DaemonSet has one on each node that exists and that it wants, or none at all.
"""

from __future__ import annotations

from sim.model.cluster.kubelets import Kubelets
from sim.model.cluster.placement import Placement
from sim.model.cluster.pods import Pod, Signal, State
from sim.model.cluster.rollouts import fresh_wanted, least_useful_first, next_to_go, old_pods, room
from sim.model.cluster.slices import Slices
from sim.model.cluster.state import ClusterState
from sim.model.cluster.workloads import Deployed, exponential_s

__all__ = ["Lifecycle"]

_SYNC = 1 << 40  # column of a workload's stream: the delay of its n-th sync


class Lifecycle:
    """Creates, deletes and buries Pod objects. Its callers hold the gate that their writes need."""

    def __init__(self, state: ClusterState, placement: Placement, kubelets: Kubelets, slices: Slices) -> None:
        self._state, self._placement, self._kubelets, self._slices = state, placement, kubelets, slices
        kubelets.gone, kubelets.turned = self.confirmed, self._turned

    # ---- objects

    def create(self, deployed: Deployed, name: str | None = None) -> Pod:
        """Make a Pod object."""
        pod = deployed.new_pod(name)
        self._state.pods[pod.name] = pod
        return pod

    def delete(self, pod: Pod) -> None:
        """Give a pod its deletionTimestamp; one without a node goes at once (P3)."""
        before = pod.state
        if not pod.signal(Signal.DELETED):
            return
        pod.of.active -= 1
        if before is State.PENDING:
            self._bury(pod)
        else:
            self._state.pod_event("pod_deleting", pod)
            self._state.gauges.add("pods_terminating", 1)
            if before is State.READY:  # else it is in no slice, or its being not ready is on its way there
                self._slices.changed(pod)
            self._kubelets.terminate(pod)
        self.reconcile(pod.of)

    def confirmed(self, pod: Pod) -> None:
        """Let a terminating pod's object go: its kubelet says that it has ended (P2)."""
        if pod.state is State.TERMINATING:
            pod.signal(Signal.CONFIRMED)
            self._state.gauges.add("pods_terminating", -1)
            self._bury(pod)
            self.reconcile(pod.of)

    def force(self, pod: Pod) -> None:
        """Let a pod's object go at once; a container may go on running where no kubelet hears of it (P3)."""
        before = pod.state
        if not pod.signal(Signal.FORCED):
            return
        if before is State.TERMINATING:
            self._state.gauges.add("pods_terminating", -1)
        else:
            pod.of.active -= 1
        if pod.running and pod.node is not None:
            if pod.node.watching.is_open:
                self._kubelets.terminate(pod)
            else:
                pod.node.orphans.append(pod)
        self._slices.changed(pod)
        self._bury(pod)
        self.reconcile(pod.of)

    def _bury(self, pod: Pod) -> None:
        self._state.pod_event("pod_gone", pod)
        del self._state.pods[pod.name]
        del pod.of.pods[pod.name]
        self._placement.release(pod)

    # ---- replicas

    def restart(self, deployed: Deployed) -> None:
        """Begin a rollout: every pod that is there now gives way to a new one, wave after wave (D4)."""
        deployed.renewed = deployed.serial
        self._state.event("rollout_begun", f"workload/{deployed.name}", {"pods": deployed.active})
        self.reconcile(deployed)

    def _turned(self, pod: Pod) -> None:
        if pod.of.renewed:
            self.reconcile(pod.of)

    def reconcile(self, deployed: Deployed) -> None:
        """Plan a sync of a workload's replicas, as soon as its controller can."""
        if not deployed.due:
            deployed.due = True
            deployed.syncs += 1
            u = deployed.draws.uniform(deployed.syncs, _SYNC)
            self._state.clock.after(exponential_s(u, self._state.reaction_s), self._turn, deployed)

    def _turn(self, deployed: Deployed) -> None:
        self._state.controller.when_open(self._sync, deployed)

    def _sync(self, deployed: Deployed) -> None:
        deployed.due = False
        kind = deployed.spec.kind
        if kind == "daemon":
            self._create_daemons(deployed)
        elif kind == "stateful":
            self._create_named(deployed, [f"{deployed.name}-{k}" for k in range(deployed.desired)])
        else:
            for _ in range(fresh_wanted(deployed)):
                self._create(deployed, None)
        for pod in self._surplus(deployed):
            self.delete(pod)
        if deployed.renewed:
            self._roll(deployed)

    def _roll(self, deployed: Deployed) -> None:
        for pod in next_to_go(deployed, [node.name for node in self._state.nodes.values() if node.exists]):
            self.delete(pod)
        if not old_pods(deployed):
            deployed.renewed = 0
            self._state.event("rollout_over", f"workload/{deployed.name}")

    def _create_named(self, deployed: Deployed, names: list[str]) -> None:
        for name in names:
            if name not in deployed.pods:
                self._create(deployed, name)

    def _create_daemons(self, deployed: Deployed) -> None:
        for node in self._state.nodes.values():
            name = f"{deployed.name}-{node.name}"
            if node.exists and deployed.wants(node.name) and name not in deployed.pods:
                self._create(deployed, name, node.name)

    def _create(self, deployed: Deployed, name: str | None, wanted: str | None = None) -> None:
        pod = self.create(deployed, name)
        pod.wanted = wanted
        self._state.pod_event("pod_created", pod)
        self._placement.schedule(pod)

    def _surplus(self, deployed: Deployed) -> list[Pod]:
        """Return the pods to delete: those that do least first (pending, starting, not ready), then the newest."""
        surplus = deployed.active - deployed.desired
        if deployed.renewed and deployed.spec.kind == "deployment":
            surplus -= room(deployed.desired)[0]
        if surplus <= 0 or (deployed.spec.kind == "daemon" and deployed.desired):
            return []
        active = [pod for pod in deployed.pods.values() if pod.active]
        if deployed.spec.kind == "stateful":  # the names beyond its count
            named = {f"{deployed.name}-{k}": None for k in range(deployed.desired)}
            active = [pod for pod in active if pod.name not in named]
        return least_useful_first(active)[:surplus]

"""What kubelets do to containers: start, probe, stop, restart; and the status they write (P2, P8–P11).

A kubelet hears of pods, and is heard, only while its pod watch stands (`Node.watching`); what the API wants meanwhile
waits in that gate. Its writes also wait for a datastore that takes them.
"""

from __future__ import annotations

from collections.abc import Callable

from sim.model.cluster.endpoints import Endpoint
from sim.model.cluster.nodes import Node, Regime
from sim.model.cluster.pods import Pod, Signal, State
from sim.model.cluster.slices import Slices
from sim.model.cluster.state import ClusterState
from sim.model.cluster.workloads import PROBE, START, STOP

__all__ = ["Kubelets"]

Life = tuple[Pod, int]  # a pod and the incarnation of its container for which something was planned

_OVER = (State.TERMINATING, State.GONE)


class Kubelets:
    """All kubelets' work on containers."""

    def __init__(self, state: ClusterState, slices: Slices) -> None:
        self._state, self._slices = state, slices
        self.gone: Callable[[Pod], None] = _nobody  # told when a kubelet has confirmed that a pod has ended (P2)
        self.turned: Callable[[Pod], None] = _nobody  # told when a pod turned ready, or not ready

    def bound(self, pod: Pod) -> None:
        """Start a pod that was given to its node, once the node's kubelet hears of it."""
        assert pod.node is not None
        pod.node.watching.when_open(self._start, pod)

    def _start(self, pod: Pod) -> None:
        if pod.state in _OVER or pod.running:
            return
        pod.incarnation += 1
        starts_s = pod.of.starts.one(pod.of.draw(pod, START))
        self._state.clock.after(starts_s, self._runs, (pod, pod.incarnation))

    def _runs(self, life: Life) -> None:
        pod, incarnation = life
        if pod.incarnation != incarnation or pod.state in _OVER:
            return
        assert pod.node is not None
        if not pod.node.watching.is_open:
            pod.node.watching.when_open(self._runs, life)
            return
        self.run(pod)
        self._state.pod_event("pod_started", pod)
        self._report_ready(life)

    def run(self, pod: Pod) -> None:
        """Let the pod's container run, from now on."""
        assert pod.node is not None
        pod.running = True
        if pod.endpoint is None:
            pod.endpoint = Endpoint(pod.name, pod.node.name, pod.of.name, pod.serial)
        self._state.hooks.container_started(pod.endpoint)

    def _report_ready(self, life: Life) -> None:
        pod = life[0]
        assert pod.node is not None
        pod.node.watching.when_open(self._write_ready, life)

    def _write_ready(self, life: Life) -> None:
        self._state.writes.when_open(self._ready, life)

    def _ready(self, life: Life) -> None:
        pod, incarnation = life
        if pod.incarnation != incarnation or not pod.running or pod.state in _OVER:
            return
        if pod.signal(Signal.PROBED):
            self._state.pod_event("pod_ready", pod)
            self._slices.changed(pod)
            self.turned(pod)

    def _report_unready(self, pod: Pod) -> None:
        self._state.writes.when_open(self.unready, pod)

    def unready(self, pod: Pod) -> None:
        """Write that a pod is not ready (a kubelet's word, or the node controller's: N6)."""
        if pod.signal(Signal.UNREADY):
            self._state.pod_event("pod_not_ready", pod)
            self._slices.changed(pod)
            self.turned(pod)

    def terminate(self, pod: Pod) -> None:
        """Stop a pod that has a deletionTimestamp, once its kubelet hears of it (P1)."""
        assert pod.node is not None
        pod.node.watching.when_open(self._stop, pod)

    def _stop(self, pod: Pod) -> None:
        if pod.running:
            stops_s = pod.of.stops.one(pod.of.draw(pod, STOP))
            self._state.clock.after(stops_s, self._stopped, (pod, pod.incarnation))
        else:
            pod.incarnation += 1  # it may have been starting
            self._confirm(pod)

    def _stopped(self, life: Life) -> None:
        pod, incarnation = life
        if pod.running and pod.incarnation == incarnation:
            self._end(pod, "stopped")
            self._state.pod_event("pod_stopped", pod)
        if pod.state is State.TERMINATING:
            assert pod.node is not None
            pod.node.watching.when_open(self._confirm, pod)

    def _confirm(self, pod: Pod) -> None:
        self._state.clock.after(pod.of.reaction_s(pod, self._state.reaction_s), self._confirmed, pod)

    def _confirmed(self, pod: Pod) -> None:
        self._state.writes.when_open(self.gone, pod)

    def _end(self, pod: Pod, how: str) -> None:
        pod.running = False
        pod.incarnation += 1
        if pod.endpoint is not None:
            self._state.hooks.container_stopped(pod.endpoint, how)
            self._slices.no_longer_serves(pod)

    def lost(self, node: Node, how: str) -> None:
        """Let every container of a node end at once: `silent` (power) or `killed`."""
        for pod in [*node.pods.values(), *node.orphans]:
            if pod.running:
                self._end(pod, how)
                self._state.pod_event("pod_stopped", pod)
            else:
                pod.incarnation += 1
        node.orphans.clear()

    def back(self, node: Node, regime: Regime) -> None:
        """Bring containers and statuses in line after a node's pod watch is back; then its gate opens."""
        for orphan in node.orphans:
            self._state.clock.after(
                orphan.of.stops.one(orphan.of.draw(orphan, STOP)), self._stopped, (orphan, orphan.incarnation)
            )
        node.orphans.clear()
        node.watching.open()
        for pod in list(node.pods.values()):
            if pod.state not in _OVER:
                self._resync(pod, regime)

    def _resync(self, pod: Pod, regime: Regime) -> None:
        readiness = pod.of.spec.readiness
        if not pod.running:
            if regime == "died":
                self._report_unready(pod)
                self._start(pod)
        elif regime == "killed" and readiness is not None:
            self._report_unready(pod)  # not ready until probed (P10), after U(0, period) (P9)
            wait_s = readiness.period * pod.of.draw(pod, PROBE)
            self._state.clock.after(wait_s, self._report_ready, (pod, pod.incarnation))
        elif pod.state is not State.READY:
            wait_s = pod.of.reaction_s(pod, self._state.reaction_s)
            self._state.clock.after(wait_s, self._report_ready, (pod, pod.incarnation))


def _nobody(_: Pod) -> None:
    return None

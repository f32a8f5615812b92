"""The node monitor at work: one event for each node that turns Unknown, none for the passes before it.

When a node falls silent its last heartbeats are drawn and the pass that will find it is computed
(`node_monitor.detect`); if the heartbeats come back first, or the controller-manager's leader changes, it is void.
"""

from __future__ import annotations

from collections.abc import Callable

from sim.model.cluster.evictions import Evictions
from sim.model.cluster.kubelets import Kubelets
from sim.model.cluster.node_monitor import Detection, Passes, detect
from sim.model.cluster.nodes import Node
from sim.model.cluster.state import ClusterState
from sim.model.cluster.workloads import exponential_s

__all__ = ["Monitor"]

_PODS = 69  # column of a node's fall: when the first of its pods is written not ready

Plan = tuple[Node, int, int, Detection]  # node, its term, the monitor's term, what it will find


class Monitor:
    """Finds silent nodes, and tells what follows."""

    def __init__(self, state: ClusterState, kubelets: Kubelets, evictions: Evictions, passes: Passes) -> None:
        self._state, self._kubelets, self._evictions = state, kubelets, evictions
        self.passes: Passes | None = passes  # of the present leader; None: nobody leads
        self._term = 0
        self._silent: dict[str, Node] = {}
        self.on_unknown: list[Callable[[str], None]] = []
        self.on_ready: list[Callable[[str], None]] = []
        evictions.recovered = self._all_probed

    def silent(self, node: Node) -> None:
        """Plan the detection of a node whose heartbeats have just stopped (`node.beats` holds the last ones)."""
        self._silent[node.name] = node
        if self.passes is not None:
            self._plan(node, max(node.beats.leases[0], self.passes.first_s))

    def heard(self, node: Node) -> None:
        """Forget a node's silence."""
        self._silent.pop(node.name, None)

    def _plan(self, node: Node, from_s: float) -> None:
        assert self.passes is not None
        grace_s, period_s = self._state.timings["grace_s"], self._state.timings["monitor_period_s"]
        last_s = max(from_s, node.silent_s) + grace_s + 3 * period_s
        found = detect(node.beats.leases, node.beats.statuses, self.passes.between(from_s, last_s), grace_s)
        assert found is not None  # three periods are what N3, N4 and rounding up can cost
        self._state.clock.at(found.unknown_pass, self._found, (node, node.term, self._term, found))

    def _found(self, plan: Plan) -> None:
        node, term, monitor_term, _ = plan
        if node.term != term or self._term != monitor_term or not (node.ready and node.exists):
            return
        if self._state.controller.is_open:
            self._unknown(plan)
        else:
            self._state.controller.when_open(self._again, plan)

    def _again(self, plan: Plan) -> None:
        """Try at the next pass what could not be written (N6)."""
        if self.passes is not None:
            self._state.clock.at(self.passes.next_s(self._state.clock.now), self._found, plan)

    def _unknown(self, plan: Plan) -> None:
        node, _, _, found = plan
        node.ready = False
        detail = {"pass_s": found.unknown_pass, "probe_s": found.probe_pass, "n4": found.old_lease_taken_as_news}
        self._state.event("node_unknown", f"node/{node.name}", detail)
        self._state.gauges.node_counts(0, -1, node.spec.cpu)
        self._state.gauges.set("node_ready", f"node/{node.name}", 0.0)
        self._evictions.unknown(node)
        self._state.clock.after(exponential_s(node.draw(_PODS), self._state.reaction_s), self._pods, (node, node.term))
        for tell in self.on_unknown:
            tell(node.name)

    def _pods(self, of: tuple[Node, int]) -> None:
        """Write the node's pods not ready, one after another: 20 a second after the first 30 (N6, D5)."""
        node, term = of
        burst, every_s = int(self._state.timings["not_ready_burst_count"]), self._state.timings["not_ready_every_s"]
        for k, pod in enumerate(list(node.pods.values())):
            if k < burst:
                self._pod((node, term, pod))
            else:
                self._state.clock.after((k - burst + 1) * every_s, self._pod, (node, term, pod))

    def _pod(self, of: tuple[Node, int, object]) -> None:
        self._state.controller.when_open(self._not_ready, of)

    def _not_ready(self, of: tuple[Node, int, object]) -> None:
        node, _, pod = of
        if not node.ready:
            self._kubelets.unready(pod)  # type: ignore[arg-type]

    def ready(self, node: Node) -> None:
        """Take note that a kubelet has written Ready = True."""
        node.ready = True
        self._state.event("node_ready", f"node/{node.name}")
        self._state.gauges.node_counts(0, 1, node.spec.cpu)
        self._state.gauges.set("node_ready", f"node/{node.name}", 1.0)
        self._evictions.ready(node, self.passes)
        for tell in self.on_ready:
            tell(node.name)

    # ---- leaders

    def leader_lost(self) -> None:
        """Forget everything: nobody passes over the nodes (N19)."""
        self.passes = None
        self._term += 1

    def new_leader(self, first_pass_s: float) -> None:
        """Start a new term: every node gets this term's first pass for its probe (N5, N19)."""
        self._term += 1
        self.passes = Passes(first_pass_s, self._state.timings["monitor_period_s"])
        for node in self._silent.values():
            if node.ready:
                self._plan(node, first_pass_s)
        self._evictions.new_term()

    def _all_probed(self) -> None:
        """Set every probe to now: the first node is Ready after all were lost (N11)."""
        if self.passes is not None:
            self._term += 1
            for node in self._silent.values():
                if node.ready:
                    self._plan(node, self.passes.next_s(self._state.clock.now))

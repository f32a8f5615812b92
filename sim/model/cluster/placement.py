"""The scheduler at work: filters that need the cluster, the queue of pods that fit nowhere, binding (S1, S3, S5).

A pod that fits nowhere waits without events until something changes that could help it (S3): a node that comes back or
is added, a cordon or taint that goes, a pod that goes or is bound. (S4's look at leftovers every five minutes can't
succeed where nothing has changed, so it is not modelled.)
"""

from __future__ import annotations

from typing import Any

import numpy as np

from sim.model.cluster.kubelets import Kubelets
from sim.model.cluster.nodes import Node
from sim.model.cluster.pods import Pod, State
from sim.model.cluster.scheduler import Rows, backoff_s, best
from sim.model.cluster.state import ClusterState
from sim.model.cluster.workloads import TIE, Deployed

__all__ = ["Placement"]


class Placement:
    """Places pods on nodes."""

    def __init__(self, state: ClusterState, kubelets: Kubelets) -> None:
        self._state, self._kubelets = state, kubelets
        nodes = self.nodes = list(state.nodes.values())
        self.rows = Rows([(node.spec.cpu, float(node.spec.memory), float(node.spec.gpu)) for node in nodes])
        zones = {zone: k for k, zone in enumerate(dict.fromkeys(node.zone for node in nodes))}
        self._zone_of = np.array([zones[node.zone] for node in nodes], dtype=np.int64)
        self._zones = len(zones)
        self._placed_on: dict[str, Any] = {}  # rows that `place` allows, by workload
        self._shuns = {name: self._shunned(name) for name in state.workloads}
        self._pending: dict[str, Pod] = {}
        self._planned: dict[str, None] = {}  # pods whose next attempt is on the clock
        for deployed in state.workloads.values():
            deployed.on_rows = np.zeros(len(nodes), dtype=np.int64) if self.rows.wide else [0] * len(nodes)
            if deployed.spec.place is not None:
                place = (deployed.spec.place,) if isinstance(deployed.spec.place, str) else deployed.spec.place
                self._placed_on[deployed.name] = self._mask([node.name in place for node in nodes])
        for node in nodes:
            self.node_changed(node)

    def _shunned(self, name: str) -> list[str]:
        """Return whose pods a workload may not meet; a node that runs one of either has no room for the other."""
        mine = self._state.workloads[name].spec.apart_from
        theirs = [other for other, it in self._state.workloads.items() if it.spec.apart_from == name and other != mine]
        return theirs if mine is None else [mine, *theirs]

    def _mask(self, flags: list[bool]) -> Any:
        return np.array(flags, dtype=bool) if self.rows.wide else flags

    def node_changed(self, node: Node) -> None:
        """Take note of whether a node is open to pods; wake what waits if it is."""
        is_open = node.open_to_pods
        self.rows.open[node.index] = is_open
        if is_open:
            self.wake()

    def schedule(self, pod: Pod) -> None:
        """Find a node for a new pod, as soon as a scheduler can."""
        self._state.clock.after(pod.of.reaction_s(pod, self._state.reaction_s), self._turn, pod)

    def _turn(self, pod: Pod) -> None:
        self._planned.pop(pod.name, None)
        self._state.scheduler.when_open(self._try, pod)

    def _try(self, pod: Pod) -> None:
        if pod.state is not State.PENDING:
            return
        row = self.choose(pod)
        if row is not None:
            self._unpend(pod)
            self.bind(pod, self.nodes[row])
            self._state.pod_event("pod_scheduled", pod)
            self._kubelets.bound(pod)
            return
        pod.attempts += 1
        pod.tried_s = self._state.clock.now
        if pod.name not in self._pending:
            self._pending[pod.name] = pod
            self._state.pod_event("pod_pending", pod)
            self._state.gauges.add("pods_pending", 1)

    def _unpend(self, pod: Pod) -> None:
        if self._pending.pop(pod.name, None) is not None:
            self._state.gauges.add("pods_pending", -1)

    def bind(self, pod: Pod, node: Node) -> None:
        """Give a pod its node."""
        pod.bound(node)
        node.pods[pod.name] = pod
        self.rows.take(node.index, pod.of.request)
        pod.of.on_rows[node.index] += 1
        if self._pending:
            self.wake()

    def release(self, pod: Pod) -> None:
        """Take back what a pod held; its object is gone."""
        self._unpend(pod)
        node = pod.node
        if node is not None:
            del node.pods[pod.name]
            self.rows.take(node.index, pod.of.request, -1.0)
            pod.of.on_rows[node.index] -= 1
            self.wake()

    def wake(self) -> None:
        """Try again what waits, each pod after its own back-off (S1)."""
        timings, now = self._state.timings, self._state.clock.now
        for pod in self._pending.values():
            if pod.name not in self._planned:
                self._planned[pod.name] = None
                pause_s = backoff_s(
                    pod.attempts, timings["schedule_backoff_first_s"], timings["schedule_backoff_cap_s"]
                )
                self._state.clock.at(max(now, pod.tried_s + pause_s), self._turn, pod)

    def choose(self, pod: Pod) -> int | None:
        """Return the row of the node that the pod would get, or None."""
        deployed = pod.of
        if pod.wanted is not None:  # DaemonSet pods tolerate cordon and taints of lost nodes (N12)
            node = self._state.nodes[pod.wanted]
            room = zip(self.rows.free_of(node.index), deployed.request, strict=True)
            return node.index if node.exists and all(free >= asked for free, asked in room) else None
        return best(
            self.rows,
            deployed.request,
            self._same(deployed),
            self._allowed(deployed),
            pod.draw(TIE),
        )

    def _same(self, deployed: Deployed) -> Any:
        spread = deployed.spec.spread
        if spread is None or spread.over == "nodes":
            return deployed.on_rows
        per_zone = np.bincount(self._zone_of, weights=np.asarray(deployed.on_rows), minlength=self._zones)
        return per_zone[self._zone_of]

    def _allowed(self, deployed: Deployed) -> Any:
        spec = deployed.spec
        allowed = self._placed_on.get(deployed.name)
        if spec.near is not None:
            allowed = self._both(allowed, [count > 0 for count in self._state.workloads[spec.near].on_rows])
        for other in self._shuns[deployed.name]:
            allowed = self._both(allowed, [count == 0 for count in self._state.workloads[other].on_rows])
        if spec.spread is not None and spec.spread.hard:
            allowed = self._both(allowed, self._within_skew(deployed, spec.spread.max_skew))
        return allowed

    def _both(self, allowed: Any, flags: list[bool]) -> Any:
        if allowed is not None:
            flags = [bool(a) and b for a, b in zip(allowed, flags, strict=True)]
        return self._mask(flags)

    def _within_skew(self, deployed: Deployed, max_skew: int) -> list[bool]:
        """Return which nodes keep the skew: pods in the domain + 1 − fewest in an eligible domain (S7, hard).

        Eligible: nodes that `place` allows, tainted or not (nodeTaintsPolicy Ignore, the default).
        """
        same = self._same(deployed)
        place = self._placed_on.get(deployed.name)
        counts = [count for row, count in enumerate(same) if self.nodes[row].exists and (place is None or place[row])]
        fewest = min(counts, default=0)
        return [count + 1 - fewest <= max_skew for count in same]

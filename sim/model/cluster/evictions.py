"""Taints of lost nodes and the eviction of their pods: N7, N8, N10–N15, N19.

NoSchedule follows the node's condition at once. NoExecute goes through a queue per zone that lets one node pass each
`eviction_period_s` (N8). A pod is deleted `toleration` seconds after the taint controller first saw the taint (N13);
the timers go with the taint (N15) and start anew with a new leader (N19).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from sim.model.cluster.lifecycle import Lifecycle
from sim.model.cluster.node_monitor import Passes
from sim.model.cluster.nodes import Node
from sim.model.cluster.placement import Placement
from sim.model.cluster.state import ClusterState
from sim.model.cluster.workloads import exponential_s
from sim.model.cluster.zones import ZoneState, eviction_period_s, zone_state

__all__ = ["Evictions"]

_TICK, _WRITE, _RACE, _NOSCHEDULE, _GONE, _SEEN = (64, 65, 66, 67, 68, 70)  # columns of a node's fall


class _Zone:
    """The nodes of a zone that wait for their taint, and the token that lets the next one pass."""

    __slots__ = ("due", "next_s", "not_ready", "queue", "ready")

    def __init__(self) -> None:
        self.queue: deque[Node] = deque()
        self.next_s = float("-inf")
        self.due = False
        self.ready = self.not_ready = 0


class Evictions:
    """Taints lost nodes and deletes the pods that do not tolerate it."""

    def __init__(self, state: ClusterState, placement: Placement, lifecycle: Lifecycle) -> None:
        self._state, self._placement, self._lifecycle = state, placement, lifecycle
        self._zones: dict[str, _Zone] = {}
        self._all_full = False
        self.recovered: Callable[[], None] = _nothing  # told when the first node is Ready after all were lost (N11)
        for node in state.nodes.values():
            self._zones.setdefault(node.zone, _Zone()).ready += 1

    # ---- what the monitor says

    def unknown(self, node: Node) -> None:
        """Taint a node that turned Unknown: NoSchedule at once, NoExecute when its zone's queue lets it pass."""
        zone = self._zones[node.zone]
        zone.ready -= 1
        zone.not_ready += 1
        self._placement.node_changed(node)
        delay_s = exponential_s(node.draw(_NOSCHEDULE), self._state.reaction_s)
        self._state.clock.after(delay_s, self._no_schedule, (node, node.term))
        self._disrupted()
        self._queue(node)

    def _no_schedule(self, of: tuple[Node, int]) -> None:
        self._state.controller.when_open(self._write_no_schedule, of)

    def _write_no_schedule(self, of: tuple[Node, int]) -> None:
        node = of[0]
        if not node.ready and node.exists and not node.noschedule:
            node.noschedule = True
            self._state.event("taint_noschedule", f"node/{node.name}", {"taint": "unreachable"})

    def ready(self, node: Node, passes: Passes | None) -> None:
        """Take the taints off a node that is Ready: NoSchedule at once, NoExecute at the monitor's next pass."""
        zone = self._zones[node.zone]
        zone.ready += 1
        zone.not_ready -= 1
        self._placement.node_changed(node)
        was_all_full = self._all_full
        self._disrupted()
        if was_all_full:
            self.recovered()
        self._unqueue(node)
        self._state.clock.after(
            exponential_s(node.draw(_GONE), self._state.reaction_s), self._may_schedule, (node, node.term)
        )
        if node.noexecute:
            now = self._state.clock.now
            self._state.clock.at(passes.next_s(now) if passes is not None else now, self._may_execute, node)

    def _may_schedule(self, of: tuple[Node, int]) -> None:
        self._state.controller.when_open(self._write_may_schedule, of)

    def _write_may_schedule(self, of: tuple[Node, int]) -> None:
        node = of[0]
        if node.ready and node.noschedule:
            node.noschedule = False
            self._state.event("taint_gone", f"node/{node.name}", {"taint": "unreachable:NoSchedule"})
            self._placement.node_changed(node)

    def _may_execute(self, node: Node) -> None:
        self._state.controller.when_open(self._write_may_execute, node)

    def _write_may_execute(self, node: Node) -> None:
        if node.ready and node.noexecute:
            self._untaint(node)

    def _untaint(self, node: Node) -> None:
        node.noexecute = False
        node.taint_term += 1  # N15
        self._state.event("taint_gone", f"node/{node.name}", {"taint": "unreachable:NoExecute"})
        self._placement.node_changed(node)

    # ---- the queue of a zone

    def _queue(self, node: Node) -> None:
        if not (node.queued or node.noexecute):
            node.queued, node.raced = True, False
            self._zones[node.zone].queue.append(node)
            self._kick(node.zone)

    def _unqueue(self, node: Node) -> None:
        if node.queued:
            node.queued = False
            self._zones[node.zone].queue.remove(node)

    def _kick(self, name: str) -> None:
        zone = self._zones[name]
        if zone.queue and not zone.due and self._period_s(zone) is not None:
            zone.due = True
            tick_s = self._state.timings["taint_tick_s"] * zone.queue[0].draw(_TICK)
            self._state.clock.at(max(self._state.clock.now + tick_s, zone.next_s), self._tick, name)

    def _tick(self, name: str) -> None:
        self._state.controller.when_open(self._take, name)

    def _take(self, name: str) -> None:
        zone, timings, now = self._zones[name], self._state.timings, self._state.clock.now
        zone.due = False
        period_s = self._period_s(zone)
        if not zone.queue or period_s is None:
            return
        node = zone.queue.popleft()
        zone.next_s = now + period_s
        if not node.raced and node.draw(_RACE) < timings["taint_race_share"]:
            node.raced = True  # lab 2: the token is spent, the node passes with the next one
            zone.queue.appendleft(node)
        else:
            node.queued = False
            write_s = exponential_s(node.draw(_WRITE), timings["taint_write_s"])
            self._state.clock.after(write_s, self._taint, (node, node.term))
        self._kick(name)

    def _taint(self, of: tuple[Node, int]) -> None:
        self._state.controller.when_open(self._write_taint, of)

    def _write_taint(self, of: tuple[Node, int]) -> None:
        node, _ = of
        if node.ready or not node.exists or node.noexecute or self._all_full:
            return
        node.noexecute = True
        node.seen_s = self._state.clock.now
        self._state.event("taint_noexecute", f"node/{node.name}", {"taint": "unreachable"})
        self._start_timers(node)

    # ---- timers

    def _start_timers(self, node: Node) -> None:
        node.taint_term += 1
        waits = dict.fromkeys(pod.of.tolerates_s for pod in node.pods.values() if pod.active)
        for wait_s in waits:
            if wait_s is not None:
                seen_s = exponential_s(node.draw(_SEEN), self._state.timings["taint_write_s"])
                self._state.clock.after(seen_s + wait_s, self._due, (node, node.taint_term, wait_s))

    def _due(self, timer: tuple[Node, int, float]) -> None:
        self._state.controller.when_open(self._evict, timer)

    def _evict(self, timer: tuple[Node, int, float]) -> None:
        node, term, wait_s = timer
        if node.taint_term == term:
            for pod in list(node.pods.values()):
                if pod.of.tolerates_s == wait_s and pod.active:
                    self._lifecycle.delete(pod)

    def new_term(self) -> None:
        """Start again as a new leader does, without memory: timers from now, queues from conditions (N19)."""
        for zone in self._zones.values():
            zone.next_s = float("-inf")
        for node in self._state.nodes.values():
            if node.ready or not node.exists:
                continue
            self._write_no_schedule((node, node.term))
            if node.noexecute:
                self._start_timers(node)
            else:
                self._queue(node)

    # ---- zones

    def _state_of(self, zone: _Zone) -> ZoneState:
        return zone_state(zone.ready, zone.not_ready, self._state.timings)

    def _period_s(self, zone: _Zone) -> float | None:
        size = zone.ready + zone.not_ready
        return eviction_period_s(self._state_of(zone), size, self._all_full, self._state.timings)

    def _disrupted(self) -> None:
        """Look at all zones after a node's condition changed: evict nowhere if no node at all is Ready (N11)."""
        before = self._all_full
        self._all_full = self._state.gauges.ready == 0
        if self._all_full and not before:
            for node in self._state.nodes.values():
                if node.noexecute:
                    self._untaint(node)
        elif before and not self._all_full:
            for node in self._state.nodes.values():
                if node.exists and not node.ready:
                    self._queue(node)
        for name in self._zones:
            self._kick(name)

    def removed(self, node: Node) -> None:
        """Forget a Node object that was deleted."""
        zone = self._zones[node.zone]
        if node.ready:
            zone.ready -= 1
        else:
            zone.not_ready -= 1
        self._unqueue(node)
        node.taint_term += 1
        node.noschedule = node.noexecute = False

    def added(self, node: Node) -> None:
        """Count a new Node object, not Ready yet."""
        self._zones[node.zone].not_ready += 1


def _nothing() -> None:
    return None

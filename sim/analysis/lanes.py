"""Nodes and pods as lanes of states over time, read from a journal's events."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from sim.record.rows import Event, Sample

__all__ = ["NODE_STATES", "POD_STATES", "Lane", "Span", "node_lanes", "pod_lanes"]

GONE = ""  # the state in which nothing is drawn

NODE_STATES: dict[str, str] = {
    "node_ready": "Ready",
    "node_added": "Ready",
    "node_not_ready": "NotReady",
    "node_unknown": "Unknown",
    "node_removed": GONE,
}
POD_STATES: dict[str, str] = {
    "pod_created": "pending",
    "pod_pending": "pending",
    "pod_scheduled": "starting",
    "pod_started": "starting",
    "pod_ready": "running",
    "pod_not_ready": "not ready",
    "pod_deleting": "terminating",
    "pod_stopped": "stopped",
    "pod_gone": GONE,
}
_LASTING = "terminating"  # only being gone ends it
_AFTERMATH = "stopped"  # the container of an object that was removed by force: nothing to draw any more


class Span(NamedTuple):
    """A state from `begin_s` to `end_s`."""

    begin_s: float
    end_s: float
    state: str


@dataclass(slots=True)
class Lane:
    """One node or pod. `group` is what it belongs to (a pod's workload); `note` where it was (a pod's nodes)."""

    name: str
    group: str = ""
    note: str = ""
    spans: list[Span] = field(default_factory=list)
    _since: tuple[float, str] | None = None

    def turn(self, t_s: float, state: str) -> None:
        """Change the state at an instant."""
        if self._since is not None:
            began_s, before = self._since
            lasts = before == _LASTING and state != GONE
            if before == state or lasts or (before == GONE and state == _AFTERMATH):
                return
            if before != GONE and t_s > began_s:
                self.spans.append(Span(began_s, t_s, before))
        self._since = (t_s, state)


def node_lanes(events: Sequence[Event], samples: Sequence[Sample], start_s: float, end_s: float) -> list[Lane]:
    """Return one lane a node, in the order in which the journal names them; all begin as the first sample says."""
    lanes: dict[str, Lane] = {}
    for sample in samples:
        if sample.metric == "node_ready" and sample.subject.startswith("node/") and sample.subject not in lanes:
            lane = lanes[sample.subject] = Lane(sample.subject.removeprefix("node/"))
            lane.turn(max(sample.t_s, start_s), "Ready" if sample.value else "NotReady")
    return _told(lanes, [event for event in events if event.subject.startswith("node/")], NODE_STATES, end_s)


def pod_lanes(events: Sequence[Event], end_s: float) -> list[Lane]:
    """Return one lane a pod, by workload, then in the order in which they were made."""
    lanes = _told({}, [event for event in events if event.subject.startswith("pod/")], POD_STATES, end_s)
    return sorted(lanes, key=lambda lane: lane.group)


def _told(lanes: dict[str, Lane], events: list[Event], states: dict[str, str], end_s: float) -> list[Lane]:
    for event in events:
        lane = lanes.setdefault(event.subject, Lane(event.subject.partition("/")[2]))
        lane.group = lane.group or str(event.detail.get("workload") or "")
        lane.note = lane.note or str(event.detail.get("node") or "")
        if event.kind in states:
            lane.turn(event.t_s, states[event.kind])
    for lane in lanes.values():
        lane.turn(end_s, GONE)
    return list(lanes.values())

"""How long until somebody noticed, and until somebody else had taken over. Infinity: not within the run."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from sim.analysis.replication import FaultSpan, Gauge
from sim.record.rows import Event

__all__ = ["Delay", "failover_delays", "noticed_delays", "service_failovers", "unknown_delays"]

NODE_FAULTS = ("kubelet_stop", "node_loss", "zone_loss")  # after these the control plane should miss the node


@dataclass(frozen=True, slots=True)
class Delay:
    """From a beginning to what was waited for."""

    subject: str
    fault: str  # '' where no fault is to blame
    begin_s: float
    took_s: float


def unknown_delays(events: Iterable[Event], spans: Sequence[FaultSpan]) -> list[Delay]:
    """Return fault to `node_unknown`, once per occurrence and node.

    An Unknown belongs to the last fault aimed at that node (or, if none was, to the last fault) that began before it. A
    node fault that goes on to the end of the run and is never seen counts as infinite; one that ended unseen does not.
    """
    found: dict[tuple[FaultSpan, str], Delay] = {}
    for event in events:
        if event.kind != "node_unknown":
            continue
        span = _blamed(spans, event.subject.removeprefix("node/"), event.t_s)
        if span is not None and (span, event.subject) not in found:
            found[span, event.subject] = Delay(event.subject, span.name, span.begin_s, event.t_s - span.begin_s)
    seen = {span for span, _ in found}
    unended = [span for span in spans if span.kind in NODE_FAULTS and not span.ended]
    missed = [(span, node) for span in unended for node in _aims(span) if (span, node) not in found]
    missed = [(span, node) for span, node in missed if span.kind != "zone_loss" or span not in seen]
    return [*found.values(), *(Delay(node, span.name, span.begin_s, np.inf) for span, node in missed)]


def _aims(span: FaultSpan) -> list[str]:
    """Return what a fault of nodes was aimed at, one or several (or a zone, by its name)."""
    return [f"node/{node}" for node in span.target.split(", ")]


def _blamed(spans: Sequence[FaultSpan], node: str, t_s: float) -> FaultSpan | None:
    begun = [span for span in spans if span.begin_s <= t_s]
    aimed = [span for span in begun if f"node/{node}" in _aims(span)]
    return max(aimed or begun, key=lambda span: span.begin_s, default=None)


def noticed_delays(events: Iterable[Event], spans: Sequence[FaultSpan]) -> list[Delay]:
    """Return fault to `noticed` (by a person, an alert or a machine that repairs), first notice of each occurrence.

    A fault that goes on unnoticed to the end of the run counts as infinite, one that ended by itself does not.
    """
    notices: dict[str, list[float]] = {}
    for event in events:
        if event.kind == "noticed":
            notices.setdefault(event.subject.removeprefix("fault/"), []).append(event.t_s)
    found = []
    for span in spans:
        after = [t_s for t_s in notices.get(span.name, []) if span.begin_s <= t_s <= span.end_s]
        if after or not span.ended:
            took_s = after[0] - span.begin_s if after else np.inf
            subjects = _aims(span) if span.kind in NODE_FAULTS else ["cluster"]
            found += [Delay(subject, span.name, span.begin_s, took_s) for subject in subjects]
    return found


def failover_delays(events: Iterable[Event]) -> list[Delay]:
    """Return `leader_lost` to `leader_elected`, per controller and for the datastore."""
    lost: dict[str, float] = {}
    found = []
    for event in events:
        role = str(event.detail.get("controller", "datastore"))
        if event.kind == "leader_lost":
            lost.setdefault(role, event.t_s)
        elif event.kind == "leader_elected" and role in lost:
            began_s = lost.pop(role)
            found.append(Delay("cluster", "", began_s, event.t_s - began_s))
    return found + [Delay("cluster", "", began_s, np.inf) for began_s in lost.values()]


def service_failovers(subject: str, ready: Gauge, spans: Sequence[FaultSpan]) -> list[Delay]:
    """Return, for each fault that took ready endpoints of a service away, how long until as many were ready again.

    From the fault's beginning. A fault that another one follows before is counted with what comes then.
    """
    found = []
    for span in spans:
        before = _value_before(ready, span.begin_s)
        later = np.flatnonzero(ready.times_s > span.begin_s)
        fallen = later[ready.values[later] < before]
        if not len(fallen) or ready.times_s[fallen[0]] > span.end_s:
            continue
        back = later[(later > fallen[0]) & (ready.values[later] >= before)]
        took_s = float(ready.times_s[back[0]]) - span.begin_s if len(back) else np.inf
        found.append(Delay(subject, span.name, span.begin_s, took_s))
    return found


def _value_before(gauge: Gauge, t_s: float) -> float:
    """Return what held just before an instant, or at it if the gauge begins there."""
    return float(gauge.values[max(int(np.searchsorted(gauge.times_s, t_s, side="left")) - 1, 0)])

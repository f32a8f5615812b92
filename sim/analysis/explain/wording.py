"""Events in plain words, with the rule that makes each happen."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from typing import Any, NamedTuple

from sim.analysis.explain.story import Line
from sim.record.rows import Event

__all__ = ["event_lines", "name_of"]

_TOGETHER_S = 2.0  # events of one kind that follow each other within this are told as one
_NAMED = 3  # how many of them are named


class _Words(NamedTuple):
    text: str
    rules: tuple[str, ...] = ()


WORDS: dict[str, _Words] = {
    "fault_begin": _Words("begins"),
    "fault_end": _Words("ends"),
    "node_unknown": _Words("Unknown: the control plane gives up on it", ("N2",)),
    "node_not_ready": _Words("NotReady", ("N6",)),
    "node_ready": _Words("Ready", ("H12",)),
    "lease_renewed": _Words("renews its lease again", ("H2",)),
    "taint_noschedule": _Words("tainted NoSchedule: no new pods", ("N7",)),
    "taint_noexecute": _Words("tainted NoExecute: the pods' tolerations run", ("N8",)),
    "taint_gone": _Words("taint removed"),
    "node_cordoned": _Words("cordoned: no new pods"),
    "node_uncordoned": _Words("open for new pods again"),
    "node_removed": _Words("its Node object is deleted", ("N16",)),
    "node_added": _Words("joins as a new Node"),
    "kubelet_stopped": _Words("kubelet stops: no more heartbeats"),
    "kubelet_started": _Words("kubelet runs again"),
    "pod_created": _Words("created", ("D1",)),
    "pod_scheduled": _Words("placed on a node", ("S5",)),
    "pod_pending": _Words("fits no node and waits", ("S5",)),
    "pod_started": _Words("container started"),
    "pod_ready": _Words("ready", ("P8",)),
    "pod_not_ready": _Words("not ready"),
    "pod_deleting": _Words("told to terminate", ("N13",)),
    "pod_stopped": _Words("container stopped"),
    "pod_gone": _Words("its object is gone", ("P2",)),
    "endpoint_ready": _Words("in the service: gets new connections", ("E1", "E4")),
    "endpoint_withdrawn": _Words("out of the service: no new connections", ("E1", "E4")),
    "leader_lost": _Words("without a leader", ("A8",)),
    "leader_elected": _Words("has a leader again", ("A9",)),
    "quorum_lost": _Words("loses its quorum: nothing can be written", ("Q6",)),
    "quorum_restored": _Words("has its quorum again", ("Q6",)),
    "api_down": _Words("API server down"),
    "api_up": _Words("API server up again"),
    "noticed": _Words("noticed"),
    "repaired": _Words("repaired"),
    "force_deleted": _Words("stuck pods force deleted", ("P3",)),
    "watchdog_restart": _Words("restarted by a watchdog"),
    "replaced": _Words("replaced by a new machine"),
    "breaker_opened": _Words("circuit breaker opens: calls are refused at the client"),
    "breaker_closed": _Words("circuit breaker closes: calls go out again"),
}
_NOT_AGAIN = ("pod", "workload", "taint", "kind")  # details that the words already say


def name_of(event: Event) -> str:
    """Return whom an event is about, in words: `pod apps-3`, `fault route-flap`, `service apps: pod apps-3`."""
    kind, _, name = event.subject.partition("/")
    pod = event.detail.get("pod")
    if pod is not None and kind == "service":
        return f"service {name}: pod {pod}"
    return f"{kind} {name}" if name else kind


def event_lines(events: Iterable[Event]) -> list[Line]:
    """Return one line for each event, or for each handful of one kind that came together, in their order."""
    lines: list[Line] = []
    for _, run in groupby(events, key=lambda event: (event.kind, event.subject.partition("/")[0])):
        lines += (_line(cluster) for cluster in _clusters(list(run)))
    return lines


def _clusters(run: list[Event]) -> list[list[Event]]:
    clusters: list[list[Event]] = []
    for event in run:
        if clusters and event.t_s - clusters[-1][0].t_s <= _TOGETHER_S:
            clusters[-1].append(event)
        else:
            clusters.append([event])
    return clusters


def _line(together: list[Event]) -> Line:
    first = together[0]
    words = WORDS.get(first.kind, _Words(first.kind.replace("_", " ")))
    return Line(first.t_s, f"{_subjects(together)}: {words.text}{_details(together)}", words.rules)


def _subjects(together: list[Event]) -> str:
    names = list(dict.fromkeys(name_of(event) for event in together))
    if len(names) == 1:
        return names[0]
    kind = names[0].partition(" ")[0]
    short = [name.rpartition(" ")[2] for name in names]
    more = f" and {len(short) - _NAMED} more" if len(short) > _NAMED else ""
    plural = "pods" if kind == "service" else f"{kind}s"
    return f"{len(short)} {plural} ({', '.join(short[:_NAMED])}{more})"


def _details(together: list[Event]) -> str:
    """Return the details that all these events share, in brackets."""
    first = together[0].detail
    if together[0].kind.startswith("fault_"):
        return f" ({first.get('kind', '')} on {first.get('target') or 'nothing'})"
    shared = {
        key: value
        for key, value in first.items()
        if key not in _NOT_AGAIN and value is not None and all(event.detail.get(key) == value for event in together)
    }
    return f" ({', '.join(_detail(key, value) for key, value in shared.items())})" if shared else ""


def _detail(key: str, value: Any) -> str:
    if key.endswith("_s") and isinstance(value, int | float):
        return f"{key.removesuffix('_s').replace('_', ' ')} {value:.4g} s"
    return f"{key.replace('_', ' ')} {value}"

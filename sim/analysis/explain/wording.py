"""Events in plain words, with the rule that makes each happen."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from sim.analysis.explain.story import Line
from sim.record.rows import Event

__all__ = ["event_lines", "name_of"]

_TOGETHER_S = 2.0  # events of one kind that follow each other within this are told as one …
_LONGEST_S = 15.0  # … for so long
_WORTH_SAYING_S = 0.1
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
    "pod_scheduled": _Words("placed", ("S5",)),
    "pod_pending": _Words("fits no node and waits", ("S5",)),
    "pod_started": _Words("container started"),
    "pod_ready": _Words("ready", ("P8",)),
    "pod_not_ready": _Words("not ready"),
    "pod_deleting": _Words("told to terminate", ("N13",)),
    "pod_stopped": _Words("container stopped"),
    "pod_gone": _Words("gone, the object too", ("P2",)),
    "endpoint_ready": _Words("in the service, new connections come", ("E1", "E4")),
    "endpoint_withdrawn": _Words("out of the service, no new connections come", ("E1", "E4")),
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
    """Return one line for each event, or for each handful of one kind that came together, by their first event."""
    events = list(events)
    clusters: list[list[Event]] = []
    open_ones: dict[tuple[str, str], list[Event]] = {}
    for event in events:
        key = (event.kind, event.subject.partition("/")[0])
        cluster = open_ones.get(key)
        if cluster is not None and _joins(event, cluster):
            cluster.append(event)
        else:
            open_ones[key] = [event]
            clusters.append(open_ones[key])
    causes = _Causes(events)
    return [_line(cluster, causes) for cluster in clusters]


def _joins(event: Event, cluster: list[Event]) -> bool:
    near = event.t_s - cluster[-1].t_s <= _TOGETHER_S and event.t_s - cluster[0].t_s <= _LONGEST_S
    return near and all(name_of(event) != name_of(other) for other in cluster)


class _Causes:
    """What made a pod go: two kinds of events are worded alike, whatever made them, but rest on different rules."""

    def __init__(self, events: list[Event]) -> None:
        self._forced_s = {event.t_s for event in events if event.kind == "force_deleted"}
        self._tainted = [event for event in events if event.kind in {"taint_noexecute", "taint_gone", "node_ready"}]

    def rules(self, event: Event, usual: tuple[str, ...]) -> tuple[str, ...]:
        """Return the rules of an event: taints evict only from tainted nodes, and force needs no kubelet."""
        if event.kind == "pod_deleting":
            return usual if self._is_tainted(str(event.detail.get("node")), event.t_s) else ()
        if event.kind == "pod_gone" and event.t_s in self._forced_s:
            return ("P3",)
        return usual

    def _is_tainted(self, node: str, at_s: float) -> bool:
        before = [event.kind for event in self._tainted if event.subject == f"node/{node}" and event.t_s <= at_s]
        return before[-1:] == ["taint_noexecute"]


def _line(together: list[Event], causes: _Causes) -> Line:
    first = together[0]
    words = WORDS.get(first.kind, _Words(first.kind.replace("_", " ")))
    last_s = together[-1].t_s - first.t_s
    until = f", the last one {last_s:.1f} s later" if last_s >= _WORTH_SAYING_S else ""
    return Line(
        first.t_s, f"{_subjects(together)}: {words.text}{_details(together)}{until}", causes.rules(first, words.rules)
    )


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
    if together[0].kind == "taint_gone":
        return f" ({first.get('taint')})"
    if together[0].kind in {"fault_begin", "fault_end"}:
        return f" ({first.get('kind', '')} on {first.get('target') or 'nothing'})"
    if "probe_s" in first and "pass_s" in first:
        return _found_unknown(first)
    shared = {
        key: value
        for key, value in first.items()
        if key not in _NOT_AGAIN
        and value not in {None, False, ""}
        and all(e.detail.get(key) == value for e in together)
    }
    return f" ({', '.join(_detail(key, value) for key, value in shared.items())})" if shared else ""


def _found_unknown(detail: dict[str, Any]) -> str:
    """Return how old the last news was at the pass that gave up, and whether an old lease had passed for news."""
    quirk = "; an old lease had passed for news once more, rule N4" if detail.get("n4") else ""
    return f" (at the monitor pass {detail['pass_s'] - detail['probe_s']:.1f} s after the last that saw news{quirk})"


def _detail(key: str, value: Any) -> str:
    if key == "how":
        return str(value)
    if key == "node":
        return f"on {value}"
    if key.endswith("_s") and isinstance(value, int | float):
        return f"{key.removesuffix('_s').replace('_', ' ')} {value:.4g} s"
    return f"{key.replace('_', ' ')} {value}"

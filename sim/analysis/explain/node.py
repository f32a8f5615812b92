"""The story of a node: what befell it, how the control plane found out, where its pods went, how it came back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.analysis.explain.story import Story
from sim.analysis.explain.subject import known_names, require
from sim.analysis.explain.wording import event_lines
from sim.quantities import show_duration
from sim.record.rows import Event

if TYPE_CHECKING:
    from sim.record import Journal

__all__ = ["node_story"]

_CLUSTER = ("quorum_lost", "quorum_restored", "api_down", "api_up", "leader_lost", "leader_elected")


def node_story(journal: Journal, node: str) -> Story:
    """Return the story of a node; UsageError if the run has no such node.

    Told: events of the node and of the pods on it, the pods made in place of those, what the control plane as a whole
    went through meanwhile, and the faults that aim at the node. It begins with the first of them after the start.
    """
    require(node, "node", known_names(journal, "node"))
    start_s = -journal.info.warmup_s
    pods = _pods_on(journal.events, node)
    replacements = _replacements(journal.events, pods, start_s)
    faults = {e.subject for e in journal.events if e.kind == "fault_begin" and _aims_at(e, node)}
    told = [
        event
        for event in journal.events
        if event.t_s > start_s and _belongs(event, node, {**pods, **replacements}, faults)
    ]
    title = f"node {node}, option {journal.info.option}, seed {journal.info.seed}"
    at_start = _at_start(journal.events, node, start_s)
    if not told:
        return Story(title, 0.0, (), (at_start, "Nothing happened to it in this run."))
    return Story(title, told[0].t_s, tuple(event_lines(told)), (at_start, *_verdict(told, node)))


def _pods_on(events: list[Event], node: str) -> dict[str, str]:
    """Return pod → workload of every pod that was ever on the node."""
    return {
        event.subject.removeprefix("pod/"): str(event.detail.get("workload"))
        for event in events
        if event.subject.startswith("pod/") and event.detail.get("node") == node
    }


def _replacements(events: list[Event], pods: dict[str, str], start_s: float) -> dict[str, str]:
    """Return pod → workload of the pods that were made for those of the node: one for each that was deleted."""
    owed: dict[str, int] = {}
    found: dict[str, str] = {}
    for event in events:
        name = event.subject.removeprefix("pod/")
        workload = str(event.detail.get("workload") or pods.get(name))
        if event.kind == "pod_deleting" and name in pods:
            owed[pods[name]] = owed.get(pods[name], 0) + 1
        elif event.kind == "pod_created" and event.t_s > start_s and owed.get(workload, 0) > 0:
            owed[workload] -= 1
            found[name] = workload
    return found


def _aims_at(event: Event, node: str) -> bool:
    target = str(event.detail.get("target", ""))
    return any(node in part.split("--") for part in target.replace("+", ", ").split(", "))


def _belongs(event: Event, node: str, pods: dict[str, str], faults: set[str]) -> bool:
    kind, _, name = event.subject.partition("/")
    if kind == "node":
        return name == node
    if kind == "pod":
        return name in pods
    if kind == "service":
        return str(event.detail.get("pod")) in pods
    return event.subject in faults or event.kind in _CLUSTER


def _at_start(events: list[Event], node: str, start_s: float) -> str:
    names = [
        event.subject.removeprefix("pod/")
        for event in events
        if event.t_s <= start_s and event.subject.startswith("pod/") and event.detail.get("node") == node
    ]
    names = list(dict.fromkeys(names))
    return f"At the start of the run {len(names)} pods were on it: {', '.join(names) or 'none'}."


def _verdict(told: list[Event], node: str) -> tuple[str, ...]:
    """Return how long the node was away, and whether it came back."""
    gone = next((event.t_s for event in told if event.kind == "node_unknown"), None)
    if gone is None:
        return ()
    back = next((event.t_s for event in told if event.kind == "node_ready" and event.t_s > gone), None)
    if back is None:
        return (f"{node} did not come back within the run.",)
    return (f"{node} was Unknown for {show_duration(back - gone)}.",)

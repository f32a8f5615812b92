"""The story of a pod: made, placed, started, in and out of its service, told to go, gone, and who came after it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.analysis.explain.story import Story
from sim.analysis.explain.subject import known_names, require
from sim.analysis.explain.wording import event_lines
from sim.record.rows import Event

if TYPE_CHECKING:
    from sim.record import Journal

__all__ = ["pod_story"]


def pod_story(journal: Journal, pod: str) -> Story:
    """Return the story of a pod; UsageError if the run has no such pod.

    Told: its own events, its endpoints', those of the node it was on while it was there, and the making of its
    replacement. It begins with the pod's first event.
    """
    require(pod, "pod", known_names(journal, "pod"))
    own = [event for event in journal.events if _is_own(event, pod)]
    first_s, last_s = own[0].t_s, own[-1].t_s
    start_s = -journal.info.warmup_s  # what stands there at the start was put there, not made by a rule
    node = next((str(event.detail["node"]) for event in own if event.detail.get("node")), None)
    told = [
        event
        for event in journal.events
        if _is_own(event, pod) or (event.subject == f"node/{node}" and first_s < event.t_s <= last_s)
    ]
    title = f"pod {pod} on {node or 'no node'}, option {journal.info.option}, seed {journal.info.seed}"
    lines = [line if line.t_s > start_s else line._replace(rules=()) for line in event_lines(told)]
    return Story(title, first_s, tuple(lines), _successor(journal.events, own, pod))


def _is_own(event: Event, pod: str) -> bool:
    return event.subject == f"pod/{pod}" or (event.subject.startswith("service/") and event.detail.get("pod") == pod)


def _successor(events: list[Event], own: list[Event], pod: str) -> tuple[str, ...]:
    """Return a sentence about the pod that was made next for the same workload, if this one was told to go."""
    deleted_s = next((event.t_s for event in own if event.kind == "pod_deleting"), None)
    if deleted_s is None:
        return ("It was never told to terminate.",)
    workload = next((event.detail["workload"] for event in own if event.detail.get("workload")), None)
    ends = "" if own[-1].kind == "pod_gone" else f"{pod} is still Terminating at the end of the run. "
    for event in events:
        if event.kind == "pod_created" and event.t_s >= deleted_s and event.detail.get("workload") == workload:
            successor = event.subject.removeprefix("pod/")
            return (f"{ends}Its replacement is {successor} (--explain pod/{successor}).",)
    return (f"{ends}No replacement was made.",)

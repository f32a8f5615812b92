"""The story of one call, pod or node, told from a journal: what happened, when, and by which rule."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.analysis.explain.call import call_story
from sim.analysis.explain.node import node_story
from sim.analysis.explain.pod import pod_story
from sim.analysis.explain.subject import parse_subject

if TYPE_CHECKING:
    from sim.record import Journal

__all__ = ["explain", "parse_subject"]


def explain(journal: Journal, subject: str) -> str:
    """Return the timeline of `client#number`, `pod/NAME` or `node/NAME` as text.

    Each line has the instant on the run's clock and the seconds since the story began. Raises UsageError with the near
    names when the journal knows no such subject.
    """
    kind, name = parse_subject(subject)
    if kind == "pod":
        return pod_story(journal, name).render()
    if kind == "node":
        return node_story(journal, name).render()
    return call_story(journal, kind, int(name)).render()

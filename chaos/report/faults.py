"""Each fault of a run as its journal tells it: when it was planned, injected, undone and verified, and what went wrong.

The events are the runner's: `fault_begin`, `injected`, `undone`, `verified`, `undo_failed`, `not_injected`,
`no_effect`, `target_gone`, each with the subject `fault/NAME`. `case` in an event's detail names the occurrence:
`fault/NAME/0`, with one more number for a phase of a flap.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from sim.record import Event

__all__ = ["FaultStory", "Left", "Occurrence", "fault_stories"]

PROBLEMS = {"not_injected": "not-injected", "no_effect": "no-effect", "target_gone": "target-gone"}
"""Events by which a run says that a fault did not do what it should: each is an outcome of its own."""


@dataclass(slots=True)
class Occurrence:
    """One time that a fault was raised, in run seconds; None: that did not happen (or is not told).

    A fault of several deeds, or a flap of several phases, is injected with its first deed and undone with its last.
    """

    number: str
    planned_s: float | None = None
    injected_s: float | None = None
    undone_s: float | None = None
    verified_s: float | None = None
    deeds: list[str] = field(default_factory=list)

    def instants(self) -> dict[str, float | None]:
        """Return the four instants by name, in their order."""
        return {
            "planned": self.planned_s,
            "injected": self.injected_s,
            "undone": self.undone_s,
            "verified": self.verified_s,
        }

    @property
    def late_s(self) -> float | None:
        """Return how long after its planned instant it was injected, None if either is not known."""
        if self.planned_s is None or self.injected_s is None:
            return None
        return self.injected_s - self.planned_s


@dataclass(frozen=True, slots=True)
class Left:
    """A deed that nothing says is undone. `by_hand`: the commands that remove it, as the runner gave them."""

    deed: str
    why: str
    by_hand: tuple[str, ...]


@dataclass(slots=True)
class FaultStory:
    """One fault. `problem`: (outcome, reason) if it could not be raised as planned; `left`: what is not undone."""

    name: str
    kind: str
    target: str = ""
    occurrences: dict[str, Occurrence] = field(default_factory=dict)
    problem: tuple[str, str] | None = None
    is_unsupported: bool = False
    open: dict[tuple[str, str], Left] = field(default_factory=dict)

    @property
    def left(self) -> tuple[Left, ...]:
        """Return what is not undone."""
        return tuple(self.open.values())

    @property
    def took_s(self) -> float:
        """Return for how long it was on in all, as far as its occurrences tell both ends."""
        return sum(
            each.undone_s - each.injected_s for each in self.occurrences.values() if each.undone_s and each.injected_s
        )

    def hear(self, event: Event) -> None:
        """Take an event of this fault."""
        detail = event.detail
        if event.kind == "fault_begin":
            self.kind, self.target = str(detail.get("kind", self.kind)), str(detail.get("target", ""))
            self._of(event).planned_s = event.planned_s
        elif event.kind in PROBLEMS:
            self.problem = PROBLEMS[event.kind], str(detail.get("why", ""))
            self.is_unsupported = self.is_unsupported or bool(detail.get("unsupported"))
        elif event.kind in ("injected", "undone", "verified", "undo_failed"):
            self._deed(event)

    def _deed(self, event: Event) -> None:
        detail, of = event.detail, self._of(event)
        key = str(detail.get("case", "")), str(detail.get("deed", self.kind))
        if event.kind == "injected":
            if of.injected_s is None:  # a flap may begin with a phase that is up: the first deed has its own plan
                of.injected_s = event.t_s
                of.planned_s = of.planned_s if event.planned_s is None else event.planned_s
            of.deeds += [key[1]] if key[1] not in of.deeds else []
            self.open[key] = Left(key[1], "nothing says that it was undone", ())
        elif event.kind == "undo_failed":
            self.open[key] = Left(key[1], str(detail.get("why", "")), tuple(map(str, detail.get("by_hand", ()))))
        elif event.kind == "undone":
            of.undone_s = event.t_s
            self.open.pop(key, None)
        else:
            of.verified_s = event.t_s

    def _of(self, event: Event) -> Occurrence:
        """Return the occurrence that an event speaks of: by its case or number, else the latest."""
        parts = str(event.detail.get("case", "")).split("/")
        number = parts[2] if len(parts) > 2 else str(event.detail.get("number", ""))
        if not number:
            number = next(reversed(self.occurrences), "0")
        return self.occurrences.setdefault(number, Occurrence(number))


def fault_stories(as_run: dict[str, Any], events: list[Event]) -> dict[str, FaultStory]:
    """Return the story of every fault of a scenario (as plain values), and of any other that the events name."""
    planned = as_run.get("faults") or {}
    found = {name: FaultStory(name, str(fault.get("kind", ""))) for name, fault in planned.items()}
    for event in events:
        where, _, name = event.subject.partition("/")
        if where == "fault" and name:
            found.setdefault(name, FaultStory(name, "")).hear(event)
    return found

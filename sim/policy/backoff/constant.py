"""Pauses that do not grow: none, always the same, or written one by one."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from sim.policy.backoff.jittered import Jittered
from sim.policy.part import Part
from sim.policy.steps import Draw
from sim.quantities import Seconds, show_duration

__all__ = ["Fixed", "Immediate", "Steps"]


class Immediate(Part):
    """No pause."""

    kind: Literal["none"] = "none"

    def never_pauses(self) -> bool:
        """Tell that every pause is 0."""
        return True

    def pause_s(self, _retry: int, _previous_s: float, _draw: Draw) -> float:
        """Return 0."""
        return 0.0

    def words(self) -> str:
        """Return the pauses in words."""
        return "no pause"


class Fixed(Jittered):
    """The same pause each time."""

    kind: Literal["fixed"] = "fixed"
    wait: Seconds

    def nominal_s(self, _retry: int, /) -> float:
        """Return `wait`."""
        return self.wait

    def words(self) -> str:
        """Return the pauses in words."""
        return f"{show_duration(self.wait)} between tries{self.jitter_words()}"


class Steps(Jittered):
    """The pauses of a list, one after another; its last one for every retry after that."""

    kind: Literal["steps"] = "steps"
    waits: Annotated[tuple[Seconds, ...], Field(min_length=1, max_length=1000)]

    def nominal_s(self, retry: int, /) -> float:
        """Return the pause of that number, or the last one."""
        return self.waits[min(retry, len(self.waits)) - 1]

    def never_pauses(self) -> bool:
        """Tell whether every pause is 0 once the list is used up."""
        return self.waits[-1] == 0 and self.adds is None and not self.least

    def words(self) -> str:
        """Return the pauses in words."""
        shown = ", ".join(map(show_duration, self.waits[:6]))
        more = " …" if len(self.waits) > 6 else ""
        return f"pauses of {shown}{more}{self.jitter_words()}"

"""A fallback: when the call fails, answer with something else."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field

from sim.policy.once import MAYBE_DONE
from sim.policy.part import Part
from sim.policy.steps import FAILURES, Decisions, Draw, Outcome, Result, Try, Wait
from sim.quantities import Seconds, show_duration

__all__ = ["Fallback"]


class Fallback(Part):
    """One attempt; if it fails in one of the ways of `on`, the answer is made up, which takes `takes`.

    Such a call is ok with the failure that is hidden as its reason: degraded. It is of use as an outer layer, whose
    one attempt is a whole call of the next layer.
    """

    kind: Literal["fallback"] = "fallback"
    on: Annotated[tuple[Result, ...], Field(min_length=1)] = FAILURES
    takes: Seconds = 0.0

    @property
    def timers_s(self) -> tuple[float, ...]:
        """Nothing: its one attempt has no limit of its own."""
        return ()

    def problem(self) -> None:
        """Return None: one attempt always ends."""

    def new_shared(self) -> None:
        """Return None: nothing outlives a call."""

    def words(self) -> Iterator[str]:
        """Yield what it does, in words."""
        on = "any failure" if self.on == FAILURES else ", ".join(self.on)
        takes = "" if self.takes == 0 else f", which takes {show_duration(self.takes)}"
        yield f"after {on} a fallback answers{takes}"

    def call(self, now_s: float, draw: Draw, shared: object) -> Decisions:  # noqa: ARG002  (as every policy)
        """Decide one call: one try, and what stands in for its failure."""
        reply = yield Try(None)
        result = reply.result
        if result == "ok":
            return Outcome("ok", "ok", 1)
        if result in self.on:
            if self.takes > 0:
                yield Wait(self.takes)
            return Outcome("ok", result, 1)
        maybe = reply.wrote and result in MAYBE_DONE
        return Outcome("unknown" if maybe else "failed", result, 1)

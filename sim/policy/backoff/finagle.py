"""Finagle's three jittered backoffs, which are not those of the same names elsewhere."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from sim.policy.part import Part
from sim.policy.steps import Draw
from sim.quantities import Seconds, show_duration

__all__ = ["Finagle"]


class Finagle(Part):
    """The first pause is exactly `start`; none is longer than `cap`, which is kept once it is reached.

    `decorrelated`: U(p, min(cap, 3·p)), where p is the pause before: it never falls. `equal`: w + U(0, w), where
    w = `start`·2^(n−2) before retry n. `exponential`: U(0, p·2^(n−1)), where p is the pause before as drawn.
    Source: Finagle 24.2.0 `Backoff.scala` (DecorrelatedJittered, EqualJittered, ExponentialJittered).
    """

    kind: Literal["finagle"] = "finagle"
    jitter: Literal["decorrelated", "equal", "exponential"]
    start: Annotated[Seconds, Field(gt=0)]
    cap: Annotated[Seconds, Field(gt=0)]

    @model_validator(mode="after")
    def _cap_not_below_start(self) -> Finagle:
        if self.cap < self.start:
            raise ValueError("cap must be at least start")
        return self

    def never_pauses(self) -> bool:
        """Tell that there always is a pause."""
        return False

    def pause_s(self, retry: int, previous_s: float, draw: Draw, /) -> float:
        """Return the pause before retry number `retry`, in seconds; `previous_s` is what this returned last time."""
        if retry == 1:
            return self.start
        if previous_s >= self.cap:
            return self.cap
        u = draw(retry - 1)
        doubled = 2.0 ** min(retry - 2, 62)  # `MaxBitShift`
        match self.jitter:
            case "decorrelated":
                return previous_s + u * (min(self.cap, 3 * previous_s) - previous_s)
            case "equal":
                half_s = min(self.cap, self.start * doubled)
                return min(self.cap, half_s + u * half_s)
            case _:
                range_s = previous_s * 2 * doubled
                return self.cap if range_s >= self.cap else u * range_s

    def words(self) -> str:
        """Return the pauses in words."""
        return (
            f"pauses from {show_duration(self.start)} up to {show_duration(self.cap)}, Finagle's {self.jitter} jitter"
        )

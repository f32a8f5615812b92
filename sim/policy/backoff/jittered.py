"""What the growing and the constant pauses share: a jitter over a nominal pause."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from pydantic import Field, model_validator

from sim.policy.part import Part
from sim.policy.steps import Draw
from sim.quantities import Seconds, Share, show_duration

__all__ = ["LONGEST_S", "Jitter", "Jittered"]

LONGEST_S = 1e9
"""32 years: without a cap, doubling must not reach infinity, which no clock can wait for."""

Jitter: TypeAlias = Literal["none", "full", "equal", "proportional", "stretched", "additive"]


class Jittered(Part):
    """A pause around a nominal one, w, which is cut at the cap before its jitter.

    `full`: U(0, w). `equal`: w/2 + U(0, w/2). `proportional`: w·U(1 − spread, 1 + spread) (gRPC, Azure, cenkalti).
    `stretched`: w·U(1, 1 + spread) (client-go's `wait.Jitter`, Spring's random backoff, linkerd2-proxy). `additive`:
    w + U(0, adds) (tenacity, stamina, urllib3). What comes out is at least `least` (Stripe), and where `caps_jitter` is
    set at most the cap once more (Kafka, linkerd2-proxy); after an additive jitter that is always so.
    """

    jitter: Jitter = "none"
    spread: Annotated[Share, Field(gt=0)] | None = None
    adds: Annotated[Seconds, Field(gt=0)] | None = None
    least: Seconds | None = None
    caps_jitter: bool = False

    @model_validator(mode="after")
    def _fields_where_they_belong(self) -> Jittered:
        if (self.spread is not None) != (self.jitter in ("proportional", "stretched")):
            raise ValueError("`spread` goes with `jitter: proportional` or `stretched`, and only with them")
        if (self.adds is not None) != (self.jitter == "additive"):
            raise ValueError("`adds` goes with `jitter: additive`, and only with it")
        return self

    def nominal_s(self, retry: int, /) -> float:
        """Return the pause before its jitter."""
        raise NotImplementedError

    def most_s(self) -> float:
        """Return the longest pause there is, before a jitter that may pass it."""
        return LONGEST_S

    def never_pauses(self) -> bool:
        """Tell whether every pause is 0, so that an unlimited retry would stop the clock."""
        return self.nominal_s(2) == 0 and self.adds is None and not self.least

    def pause_s(self, retry: int, previous_s: float, draw: Draw, /) -> float:  # noqa: ARG002  (decorrelated needs it)
        """Return the pause before retry number `retry`, in seconds. Draws number `retry` − 1, if it jitters."""
        pause_s = self.nominal_s(retry)
        if self.jitter != "none":
            pause_s = self._jittered_s(pause_s, draw(retry - 1))
        return pause_s if self.least is None else max(self.least, pause_s)

    def _jittered_s(self, nominal_s: float, u: float) -> float:
        match self.jitter:
            case "full":
                pause_s = u * nominal_s
            case "equal":
                pause_s = (1 + u) * nominal_s / 2
            case "additive":
                return min(self.most_s(), nominal_s + u * (self.adds or 0.0))
            case "stretched":
                pause_s = nominal_s * (1 + (self.spread or 0.0) * u)
            case _:
                pause_s = nominal_s * (1 + (self.spread or 0.0) * (2 * u - 1))
        return min(self.most_s(), pause_s) if self.caps_jitter else pause_s

    def jitter_words(self) -> str:
        """Return the jitter in words, to stand behind those of the nominal pause."""
        match self.jitter:
            case "none":
                words = ""
            case "proportional":
                words = f", ± {100 * (self.spread or 0.0):g} %"
            case "stretched":
                words = f", up to {100 * (self.spread or 0.0):g} % longer"
            case "additive":
                words = f", and up to {show_duration(self.adds or 0.0)} more"
            case _:
                words = f", {self.jitter} jitter"
        return words if self.least is None else f"{words}, at least {show_duration(self.least)}"

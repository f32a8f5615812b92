"""Pauses that grow with the number of the retry: linear and exponential."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from sim.policy.backoff.jittered import LONGEST_S, Jittered
from sim.policy.steps import Draw
from sim.quantities import Seconds, show_duration

__all__ = ["Exponential", "Linear"]


class _Growing(Jittered):
    base: Seconds
    cap: Seconds | None = None

    def most_s(self) -> float:
        """Return the cap."""
        return LONGEST_S if self.cap is None else self.cap

    def _cap_words(self) -> str:
        return "" if self.cap is None else f" up to {show_duration(self.cap)}"


class Linear(_Growing):
    """`base`, 2·`base`, 3·`base` … up to `cap`."""

    kind: Literal["linear"] = "linear"

    def nominal_s(self, retry: int, /) -> float:
        """Return min(cap, retry·base)."""
        return min(self.most_s(), retry * self.base)

    def words(self) -> str:
        """Return the pauses in words."""
        return f"pauses of n × {show_duration(self.base)}{self._cap_words()}{self.jitter_words()}"


class Exponential(_Growing):
    """`base`·`factor`^(n−1) up to `cap` before retry n; the first pause is exactly `first` where that is given.

    `decorrelated`: min(cap, U(base, 3·previous)), where previous starts at `base` and is never reset within a call.
    """

    kind: Literal["exponential"] = "exponential"
    jitter: Literal["none", "full", "equal", "proportional", "stretched", "additive", "decorrelated"] = "none"  # type: ignore[assignment]
    factor: Annotated[float, Field(ge=1, le=1000)] = 2.0
    first: Seconds | None = None

    def nominal_s(self, retry: int, /) -> float:
        """Return min(cap, base·factor^(retry−1)), or `first` before the first retry."""
        if retry == 1 and self.first is not None:
            return self.first
        # Beyond 100 doublings every cap is reached; a float's range ends at 1023 and would raise.
        return min(self.most_s(), self.base * self.factor ** min(retry - 1, 100))

    def pause_s(self, retry: int, previous_s: float, draw: Draw, /) -> float:
        """Return the pause before retry number `retry`; `previous_s` is what this returned last time."""
        if retry == 1 and self.first is not None:
            return self.first
        if self.jitter != "decorrelated":
            return super().pause_s(retry, previous_s, draw)
        before_s = self.base if retry == 1 else previous_s
        return min(self.most_s(), self.base + draw(retry - 1) * (3 * before_s - self.base))

    def words(self) -> str:
        """Return the pauses in words."""
        words = f"pauses of {show_duration(self.base)} × {self.factor:g}^(n−1)"
        if self.first is not None:
            words += f", the first {show_duration(self.first)}"
        return f"{words}{self._cap_words()}{self.jitter_words()}"

"""Polly's exponential backoff with its "decorrelated jitter, version 2"."""

from __future__ import annotations

import math
from typing import Annotated, Literal

from pydantic import Field

from sim.policy.backoff.jittered import LONGEST_S
from sim.policy.part import Part
from sim.policy.steps import Draw
from sim.quantities import Seconds, show_duration

__all__ = ["Polly"]


class Polly(Part):
    """(x(n) − x(n−1))·`base`/1.4 up to `cap`, where x(n) = 2^t·tanh(√(4t)), t = n − 1 + U(0, 1), and x(0) = 0.

    Source: App-vNext/Polly v8 `Retry/RetryHelper.cs: DecorrelatedJitterBackoffV2` (its attempts count from 0). The x of
    the retry before is worked out again from its own draw, so nothing need be remembered.
    """

    kind: Literal["polly"] = "polly"
    base: Annotated[Seconds, Field(gt=0)] = 2.0
    cap: Seconds | None = None

    def never_pauses(self) -> bool:
        """Tell whether the cap leaves nothing of any pause."""
        return self.cap == 0

    def pause_s(self, retry: int, _previous_s: float, draw: Draw, /) -> float:
        """Return the pause before retry number `retry`, in seconds. Draws numbers `retry` − 1 and `retry` − 2."""
        before = _x(retry - 2 + draw(retry - 2)) if retry > 1 else 0.0
        pause_s = (_x(retry - 1 + draw(retry - 1)) - before) * self.base / 1.4
        return min(LONGEST_S if self.cap is None else self.cap, pause_s)

    def words(self) -> str:
        """Return the pauses in words."""
        cap = "" if self.cap is None else f" up to {show_duration(self.cap)}"
        return f"pauses around {show_duration(self.base)} × 2^(n−1){cap}, jittered as Polly does"


def _x(t: float) -> float:
    # Beyond 100 doublings every cap is reached; tanh is 1 there.
    return math.exp2(min(t, 100.0)) * math.tanh(math.sqrt(4 * t))

"""Circuit breakers: stop calling what keeps failing, try again after a rest, with a few trials.

`machine` is what all have in common, `counts` what they count, `kinds` how they stand in a file.
"""

from __future__ import annotations

from typing import Annotated, TypeAlias

from pydantic import Discriminator, Tag

from sim.policy.breaker.kinds import Consecutive, TimeWindow, Total, Window
from sim.policy.breaker.machine import NEXT, LiveBreaker, OnChange, Signal, State

__all__ = [
    "NEXT", "AnyBreaker", "Consecutive", "LiveBreaker", "OnChange", "Signal", "State", "TimeWindow", "Total", "Window",
]  # fmt: skip

AnyBreaker: TypeAlias = Annotated[
    Annotated[Consecutive, Tag("consecutive")]
    | Annotated[Total, Tag("total")]
    | Annotated[Window, Tag("window")]
    | Annotated[TimeWindow, Tag("time-window")],
    Discriminator("kind"),
]

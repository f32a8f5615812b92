"""Adaptive throttling by the client: when a backend refuses much, refuse some calls here, before they are sent.

It stands around a whole call: asked before the first try, told how the call ended. To have each try asked and told,
give the throttle to an inner layer.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from sim.policy.draws import THROTTLE
from sim.policy.part import Part
from sim.policy.recent import Recent
from sim.policy.steps import Draw
from sim.quantities import Seconds, Share, show_duration

__all__ = ["LiveThrottle", "Throttle"]


class Throttle(Part):
    """Refuses with probability (max(0, requests − accepts/`accepts`)/(requests + 1))^(1/`aggression`), at most `most`.

    Both are counted over the last `over`. Sources, with the values that make it theirs: Google SRE book (2016), ch. 21
    (K = 2 is `accepts: 50%`; 2 min; what is refused here is a request too); Envoy 1.40 `admission_control.proto`
    (`accepts: 95%, over: 30s, most: 80%, counts: replies`); failsafe-go 0.9.8 `adaptivethrottler` (`accepts: 90%,
    over: 1m, most: 90%, counts: replies`, twenty slices). Until `minimum` requests were counted nothing is refused.
    """

    accepts: Annotated[Share, Field(gt=0)] = 0.5
    over: Annotated[Seconds, Field(gt=0)] = 120.0
    most: Share = 1.0
    aggression: Annotated[float, Field(gt=0, le=100)] = 1.0
    counts: Literal["requests", "replies"] = "requests"
    minimum: Annotated[int, Field(ge=0)] = 0
    slices: Annotated[int, Field(ge=1, le=1000)] = 20

    def live(self) -> LiveThrottle:
        """Return one that has counted nothing."""
        return LiveThrottle(self)

    def words(self) -> str:
        """Return the throttle in words."""
        return f"refuses calls by itself while below {100 * self.accepts:g} % are ok within {show_duration(self.over)}"


class LiveThrottle:
    """One client's counts."""

    __slots__ = ("_accepts", "_counts_all", "_minimum", "_most", "_power", "_recent")

    def __init__(self, spec: Throttle) -> None:
        self._accepts, self._most, self._minimum = spec.accepts, spec.most, spec.minimum
        self._power = 1.0 / spec.aggression
        self._counts_all = spec.counts == "requests"
        self._recent = Recent(spec.over, spec.slices, 2)

    def refusal(self, at_s: float) -> float:
        """Return the probability with which a call is refused now."""
        self._recent.turn_to(at_s)
        requests, accepted = self._recent.sums
        excess = requests - accepted / self._accepts
        if excess <= 0 or requests < self._minimum:
            return 0.0
        return float(min(self._most, (excess / (requests + 1)) ** self._power))

    def admits(self, at_s: float, draw: Draw) -> bool:
        """Tell whether a call may begin; draws only where it might be refused."""
        refusal = self.refusal(at_s)
        if self._counts_all:
            self._recent.add(at_s, 0)
        return refusal == 0.0 or draw(THROTTLE) >= refusal

    def told(self, at_s: float, accepted: bool) -> None:
        """Take note of how an admitted call ended."""
        if not self._counts_all:
            self._recent.add(at_s, 0)
        if accepted:
            self._recent.add(at_s, 1)

    def snapshot(self) -> dict[str, Any]:
        """Return the state as plain values."""
        requests, accepted = self._recent.sums
        return {"requests": requests, "accepted": accepted}

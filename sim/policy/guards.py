"""What outlives a call of one client: its breaker, budget, rate, throttle and limit, and the latencies it has seen."""

from __future__ import annotations

from typing import Any

from sim.policy.breaker import AnyBreaker, LiveBreaker, OnChange
from sim.policy.budget import AnyBudget, LiveBudget
from sim.policy.gate import Gate
from sim.policy.latencies import Latencies
from sim.policy.limit import AnyLimit
from sim.policy.rate import AnyRate, LiveRate
from sim.policy.throttle import Throttle

__all__ = ["Guards", "guards"]


class Guards:
    """The shared state of one client; any part may be None."""

    __slots__ = ("breaker", "budget", "gate", "latencies", "rate")

    def __init__(
        self,
        breaker: LiveBreaker | None = None,
        budget: LiveBudget | None = None,
        gate: Gate | None = None,
        rate: LiveRate | None = None,
        latencies: Latencies | None = None,
    ) -> None:
        self.breaker, self.budget, self.gate, self.rate, self.latencies = breaker, budget, gate, rate, latencies

    @property
    def on_change(self) -> OnChange | None:
        """Called with (at_s, old state, new state) at each change of the breaker, if there is one."""
        return self.breaker.on_change if self.breaker is not None else None

    @on_change.setter
    def on_change(self, hears: OnChange | None) -> None:
        if self.breaker is not None:
            self.breaker.on_change = hears

    def snapshot(self) -> dict[str, Any]:
        """Return every state as plain values."""
        parts = {"breaker": self.breaker, "budget": self.budget, "rate": self.rate, "latencies": self.latencies}
        shown = {name: part.snapshot() for name, part in parts.items() if part is not None}
        return shown if self.gate is None else {**shown, **self.gate.snapshot()}


def guards(
    breaker: AnyBreaker | None,
    budget: AnyBudget | None,
    throttle: Throttle | None,
    limit: AnyLimit | None,
    rate: AnyRate | None = None,
    latencies: Latencies | None = None,
) -> Guards | None:
    """Return fresh state for one client, or None if its policy keeps none."""
    gate = None
    if throttle is not None or limit is not None:
        gate = Gate(None if throttle is None else throttle.live(), None if limit is None else limit.live())
    parts = (breaker, budget, gate, rate, latencies)
    if all(part is None for part in parts):
        return None
    return Guards(
        None if breaker is None else breaker.live(),
        None if budget is None else budget.live(),
        gate,
        None if rate is None else rate.live(),
        latencies,
    )

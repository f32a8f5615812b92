"""What outlives a call of a retrying client: its breaker and its budget."""

from __future__ import annotations

from typing import Any

from sim.policy.breaker import LiveBreaker, OnChange
from sim.policy.budget import LiveBudget

__all__ = ["Guards"]


class Guards:
    """The shared state of one client; either part may be None."""

    __slots__ = ("breaker", "budget")

    def __init__(self, breaker: LiveBreaker | None, budget: LiveBudget | None) -> None:
        self.breaker, self.budget = breaker, budget

    @property
    def on_change(self) -> OnChange | None:
        """Called with (at_s, old state, new state) at each change of the breaker, if there is one."""
        return self.breaker.on_change if self.breaker is not None else None

    @on_change.setter
    def on_change(self, hears: OnChange | None) -> None:
        if self.breaker is not None:
            self.breaker.on_change = hears

    def snapshot(self) -> dict[str, Any]:
        """Return both states as plain values."""
        parts = {"breaker": self.breaker, "budget": self.budget}
        return {name: part.snapshot() for name, part in parts.items() if part is not None}

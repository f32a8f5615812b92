"""Budgets that count what goes on now: at most so many retries at one time."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from sim.policy.budget.live import LiveBudget
from sim.policy.part import Part
from sim.policy.steps import Reply
from sim.quantities import Share

__all__ = ["Concurrent", "EnvoyBudget", "FailsafeBudget"]


class _Active(LiveBudget):
    """Counts the retries that were granted and are not over; a kind says when that is enough."""

    __slots__ = ("active",)

    def __init__(self) -> None:
        self.active = 0

    def is_full(self) -> bool:
        raise NotImplementedError

    def spend(self, _reply: Reply, /) -> float | None:
        if self.is_full():
            return None
        self.active += 1
        return 0.0

    def retry_ended(self) -> None:
        self.active -= 1


class Concurrent(Part):
    """At most `limit` retries of this client at one time, those that still wait for their turn included.

    Source: Envoy 1.40 `max_retries` (default 3 per cluster), `retry_state_impl.cc`.
    """

    kind: Literal["concurrent"] = "concurrent"
    limit: Annotated[int, Field(ge=1)] = 3

    def live(self) -> LiveBudget:
        """Return one with every place free."""
        return _Places(self.limit)

    def words(self) -> str:
        """Return the budget in words."""
        return f"at most {self.limit} retries at one time"


class _Places(_Active):
    __slots__ = ("_limit",)

    def __init__(self, limit: int) -> None:
        super().__init__()
        self._limit = limit

    def is_full(self) -> bool:
        return self.active >= self._limit


class EnvoyBudget(Part):
    """Retries at one time, waiting ones included, below `share` of the tries under way, rounded down, or `least`.

    Source: Envoy 1.40 `resource_manager_impl.h` `RetryBudgetImpl`, `circuit_breaker.proto` `RetryBudget` (20 %, 3):
    active retries < max(⌊share · (active + pending requests)⌋, least). A retry that waits is no request yet.
    """

    kind: Literal["envoy"] = "envoy"
    share: Annotated[Share, Field(ge=0)] = 0.2
    least: Annotated[int, Field(ge=0)] = 3

    def live(self) -> LiveBudget:
        """Return one with nothing under way."""
        return _OfTries(self.share, self.least)

    def words(self) -> str:
        """Return the budget in words."""
        return f"retries at one time at most {100 * self.share:g} % of the tries under way, or {self.least}"


class _OfTries(_Active):
    __slots__ = ("_least", "_share", "under_way")

    def __init__(self, share: float, least: int) -> None:
        super().__init__()
        self._share, self._least, self.under_way = share, least, 0

    def started(self, _at_s: float, /) -> None:
        self.under_way += 1

    def retry_sent(self) -> None:
        self.under_way += 1

    def _try_over(self, *_: float) -> None:
        self.under_way -= 1

    try_failed = answered = abandoned = succeeded = _try_over

    def is_full(self) -> bool:
        return self.active >= max(int(self._share * self.under_way), self._least)


class FailsafeBudget(Part):
    """No retry while `least` or more are under way that are more than `share` of all executions under way.

    Executions are the calls, waiting ones included, and the granted retries besides.
    Source: failsafe-go 0.9.8 `budget/budget.go` `TryAcquirePermit` (20 %, 3), `retrypolicy/retryexecutor.go`.
    """

    kind: Literal["failsafe"] = "failsafe"
    share: Annotated[Share, Field(ge=0)] = 0.2
    least: Annotated[int, Field(ge=0)] = 3

    def live(self) -> LiveBudget:
        """Return one with nothing under way."""
        return _OfExecutions(self.share, self.least)

    def words(self) -> str:
        """Return the budget in words."""
        return f"{self.least} retries at one time, or so many that they are {100 * self.share:g} % of what is under way"


class _OfExecutions(_Active):
    __slots__ = ("_least", "_share", "under_way")

    def __init__(self, share: float, least: int) -> None:
        super().__init__()
        self._share, self._least, self.under_way = share, least, 0

    def started(self, _at_s: float, /) -> None:
        self.under_way += 1

    def ended(self) -> None:
        self.under_way -= 1

    def is_full(self) -> bool:
        return self.active >= self._least and self.active > self._share * (self.under_way + self.active)

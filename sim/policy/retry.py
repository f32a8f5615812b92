"""The retrying policy: how often, how fast, within which bounds, and when not at all.

Order of the decisions after a failed try (grpc-go 1.85.0 `stream.go: shouldRetry`; AWS SDKs alike): is the failure one
to retry? → the budget hears of it → attempts left? → how long a pause? → does it end before the deadline? → does the
budget grant it? → pause → does the breaker let it through?
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cached_property
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import Field

from sim.policy.backoff import Backoff, Immediate
from sim.policy.breaker import AnyBreaker, LiveBreaker
from sim.policy.budget import AnyBudget, LiveBudget
from sim.policy.once import MAYBE_DONE
from sim.policy.part import Part
from sim.policy.steps import FAILURES, Decisions, Draw, Outcome, Reply, Result, Try, Wait
from sim.quantities import Seconds

__all__ = ["Guards", "Retry"]

RETRY_ON: tuple[Result, ...] = tuple(result for result in FAILURES if result != "rejected")
RETRY_STATUS = (429, 500, 502, 503, 504)  # what the AWS SDKs' standard mode retries; most libraries name these


class Guards:
    """What outlives a call of a retrying client: its breaker and its budget, either may be None."""

    __slots__ = ("breaker", "budget")

    def __init__(self, breaker: LiveBreaker | None, budget: LiveBudget | None) -> None:
        self.breaker, self.budget = breaker, budget

    @property
    def on_change(self) -> Callable[[float, str, str], object] | None:
        """Called with (at_s, old state, new state) at each change of the breaker, if there is one."""
        return self.breaker.on_change if self.breaker is not None else None

    @on_change.setter
    def on_change(self, hears: Callable[[float, str, str], object] | None) -> None:
        if self.breaker is not None:
            self.breaker.on_change = hears

    def snapshot(self) -> dict[str, Any]:
        """Return both states as plain values."""
        parts = {"breaker": self.breaker, "budget": self.budget}
        return {name: part.snapshot() for name, part in parts.items() if part is not None}


class _Constants(NamedTuple):
    """What a call needs of its policy, unpacked once: reading a field of a model in each call costs more."""

    whole_try: Try
    try_s: float
    deadline_s: float


class Retry(Part):
    """Try again, up to `attempts` tries in all.

    `try_timeout` bounds one try, connect to last byte. No try starts at or after `deadline` (counted from the call's
    start), try timeouts are cut to what is left of it, and a pause that would not end before it ends the call at once.
    `throttled`: the backoff after a status 429, where it differs. `retry_after`: whether a server's wish for a pause
    `wins` over the backoff, is the least (`at-least`, by at most `retry_after_adds` more than the backoff), or is
    ignored. `retry_status` says which status codes are failures worth a retry and a breaker's notice; the others are
    answers.
    """

    kind: Literal["retry"] = "retry"
    attempts: Annotated[int, Field(ge=1)] | Literal["unlimited"]
    try_timeout: Annotated[Seconds, Field(gt=0)] | None = None
    deadline: Annotated[Seconds, Field(gt=0)] | None = None
    backoff: Backoff = Immediate()
    throttled: Backoff | None = None
    retry_on: Annotated[tuple[Result, ...], Field(min_length=1)] = RETRY_ON
    retry_status: tuple[Annotated[int, Field(ge=400, le=599)], ...] = RETRY_STATUS
    retry_after: Literal["wins", "at-least", "ignored"] = "wins"
    retry_after_adds: Seconds | None = None
    breaker: AnyBreaker | None = None
    budget: AnyBudget | None = None

    def problem(self) -> str | None:
        """Return what makes this policy impossible to run, or None."""
        paused = not self.backoff.never_pauses() and (self.throttled is None or not self.throttled.never_pauses())
        if self.attempts != "unlimited" or paused:
            return None
        if self.deadline is None:
            return (
                "attempts: unlimited without a pause or a deadline would retry for ever in no time; "
                "give a backoff such as 1s, a deadline, or a number of attempts"
            )
        if "rejected" in self.retry_on:
            return (
                "retry_on: rejected without a pause would ask an open breaker for ever in no time; "
                "give a backoff such as 1s or a number of attempts"
            )
        return None

    def new_shared(self) -> Guards | None:
        """Return a closed breaker and a full budget, or None if the policy has neither."""
        if self.breaker is None and self.budget is None:
            return None
        return Guards(self.breaker and self.breaker.live(), self.budget and self.budget.live())

    @cached_property
    def constants(self) -> _Constants:
        """What every call needs, unpacked once."""
        return _Constants(
            Try(self.try_timeout),
            math.inf if self.try_timeout is None else self.try_timeout,
            math.inf if self.deadline is None else self.deadline,
        )

    def call(self, now_s: float, draw: Draw, shared: Guards | None) -> Decisions:
        """Decide one call that starts at `now_s`."""
        whole_try, try_s, deadline_s = self.constants
        if shared is None:
            breaker = budget = None
        else:
            breaker, budget = shared.breaker, shared.budget
            if budget is not None:
                budget.started(now_s)
        ...

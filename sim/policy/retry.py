"""The retrying policy: how often, how fast, within which bounds, and when not at all.

Order of the decisions after a failed try (grpc-go 1.85.0 `stream.go: shouldRetry`; the AWS SDKs alike): is the failure
one to retry? → the budget hears of it → attempts left? → how long a pause? → does it end before the deadline? → does
the budget grant it? → the pause → does the breaker let the try through?
"""

from __future__ import annotations

import math
from functools import cached_property
from typing import Annotated, Literal, NamedTuple

from pydantic import Field

from sim.policy.backoff import Backoff, Immediate
from sim.policy.breaker import AnyBreaker
from sim.policy.budget import AnyBudget, LiveBudget
from sim.policy.guards import Guards
from sim.policy.once import MAYBE_DONE
from sim.policy.part import Part
from sim.policy.steps import FAILURES, Decisions, Draw, Outcome, Reply, Result, Try, Wait
from sim.quantities import Seconds

__all__ = ["RETRY_ON", "RETRY_STATUS", "Retry"]

RETRY_ON: tuple[Result, ...] = tuple(result for result in FAILURES if result != "rejected")
RETRY_STATUS: tuple[int, ...] = (429, 500, 502, 503, 504)
"""The codes of the AWS SDKs' standard mode (botocore 1.44.8 `retries/standard.py`); most libraries name the same."""


class Retry(Part):
    """Try again, up to `attempts` tries in all.

    `try_timeout` bounds one try, connect to last byte. No try starts at or after `deadline` (counted from the call's
    start), try timeouts are cut to what is left of it, and a pause that would not end before it ends the call at once.
    `throttled`: the backoff after a status 429, where it differs. `retry_after`: a server's wish for a pause `wins`
    over the backoff, is the least (`at-least`; where `retry_after_adds` is given, at most that much more than the
    backoff), or is ignored. `retry_status`: the codes that are failures worth a retry and a breaker's notice; others
    are answers. `retry_on: rejected` counts an open breaker's refusal as a failed try; else it ends the call.
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
        """Return why this policy cannot be run, or None. A try that is refused locally takes no time at all."""
        paused = not self.backoff.never_pauses() and (self.throttled is None or not self.throttled.never_pauses())
        if self.attempts != "unlimited" or paused:
            return None
        if self.deadline is None:
            return (
                "attempts: unlimited with neither a pause nor a deadline would retry without end; "
                "give a backoff such as 1s, a deadline, or a number of attempts"
            )
        if "rejected" in self.retry_on:
            return (
                "retry_on: rejected without a pause would ask an open breaker without end; "
                "give a backoff such as 1s, or a number of attempts"
            )
        return None

    def new_shared(self) -> Guards | None:
        """Return a closed breaker and a full budget, or None if the policy has neither."""
        if self.breaker is None and self.budget is None:
            return None
        return Guards(
            None if self.breaker is None else self.breaker.live(),
            None if self.budget is None else self.budget.live(),
        )

    @cached_property
    def limits(self) -> _Limits:
        """What every call needs, unpacked once: reading the fields of a model in each call costs more than the call."""
        return _Limits(
            Try(self.try_timeout),
            math.inf if self.try_timeout is None else self.try_timeout,
            math.inf if self.deadline is None else self.deadline,
            math.inf if self.attempts == "unlimited" else self.attempts,
            frozenset(self.retry_on),
            frozenset(self.retry_status),
        )

    def call(self, now_s: float, draw: Draw, shared: Guards | None) -> Decisions:  # noqa: C901, PLR0912
        """Decide one call that starts at `now_s`.

        One flat generator, over the limit on branches: a call that succeeds at once touches neither a sub-generator
        nor an object of its own, which halves its cost.
        """
        limits = self.limits
        breaker, budget = (None, None) if shared is None else (shared.breaker, shared.budget)
        if budget is not None:
            budget.started(now_s)
        at_s, ends_s = now_s, now_s + limits.deadline_s
        trouble: _Trouble | None = None
        ticket: int | None = None
        sent = 0
        try:
            while True:
                if breaker is not None:
                    ticket = breaker.admit(at_s)
                if breaker is not None and ticket is None:
                    reply = Reply(at_s, "rejected", wrote=False)
                else:
                    sent += 1
                    left_s = ends_s - at_s
                    reply = yield limits.whole_try if left_s >= limits.try_s else Try(left_s)
                    at_s = reply.at_s
                    if breaker is not None and ticket is not None:
                        breaker.told(ticket, at_s, reply.result != "ok" and limits.is_failure(reply))
                        ticket = None
                if reply.result == "ok":
                    if budget is not None:
                        budget.succeeded(0.0 if trouble is None else trouble.last_cost)
                    return _OK_AT_ONCE if sent == 1 else Outcome("ok", "ok", sent)
                if trouble is None:
                    trouble = _Trouble(self, ends_s, draw, budget)
                pause_s = trouble.pause_s(reply)
                if pause_s is None:
                    return Outcome("unknown" if trouble.maybe_done else "failed", reply.result, sent)
                if pause_s > 0:
                    reply = yield Wait(pause_s)
                    at_s = reply.at_s
        finally:
            if breaker is not None and ticket is not None:
                breaker.abandoned(ticket)
            if trouble is not None:
                trouble.end_retry()


_OK_AT_ONCE = Outcome("ok", "ok", 1)


class _Limits(NamedTuple):
    whole_try: Try
    try_s: float
    deadline_s: float
    attempts: float
    retry_on: frozenset[Result]
    retry_status: frozenset[int]

    def is_failure(self, reply: Reply) -> bool:
        """Tell whether a try that was not ok failed: a code that is not on the list makes it an answer."""
        return reply.result != "status" or reply.status in self.retry_status

    def is_retried(self, reply: Reply) -> bool:
        """Tell whether a failed try is one to make again."""
        return reply.result in self.retry_on and self.is_failure(reply)


class _Trouble:
    """One call from its first failed try on: what was tried, and the pause before the next try, if there is one."""

    __slots__ = ("_backoff_s", "_budget", "_draw", "_ends_s", "_holds", "_policy", "_tries", "last_cost", "maybe_done")

    def __init__(self, policy: Retry, ends_s: float, draw: Draw, budget: LiveBudget | None) -> None:
        self._policy, self._ends_s, self._draw, self._budget = policy, ends_s, draw, budget
        self._tries = 0
        self._backoff_s = 0.0
        self._holds = False  # a retry that the budget granted and has not been told the end of
        self.last_cost = 0.0
        self.maybe_done = False

    def pause_s(self, reply: Reply) -> float | None:
        """Return the pause between this failed try and the next, or None if there is none to come."""
        limits, budget = self._policy.limits, self._budget
        self.end_retry()
        self._tries += 1
        if reply.wrote and reply.result in MAYBE_DONE:
            self.maybe_done = True
        if not limits.is_retried(reply):
            return None
        if budget is not None and reply.result != "rejected":
            budget.try_failed()
        if self._tries >= limits.attempts:
            return None
        pause_s = self._wished_s(reply)
        if reply.at_s + pause_s >= self._ends_s:
            return None
        if budget is not None:
            cost = budget.spend(reply)
            if cost is None:
                return None
            self.last_cost, self._holds = cost, True
        return pause_s

    def end_retry(self) -> None:
        """Tell the budget that the retry it granted is over."""
        if self._holds and self._budget is not None:
            self._budget.retry_ended()
        self._holds = False

    def _wished_s(self, reply: Reply) -> float:
        policy = self._policy
        backoff = policy.backoff
        if policy.throttled is not None and reply.result == "status" and reply.status == 429:
            backoff = policy.throttled
        self._backoff_s = pause_s = backoff.pause_s(self._tries, self._backoff_s, self._draw)
        asked_s = reply.retry_after_s
        if asked_s is None or policy.retry_after == "ignored":
            return pause_s
        if policy.retry_after == "wins":
            return asked_s
        adds_s = policy.retry_after_adds
        return max(pause_s, asked_s if adds_s is None else min(asked_s, pause_s + adds_s))

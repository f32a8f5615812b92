"""The retrying policy: how often, how fast, within which bounds, and when not at all.

What follows a failed try is decided in `sim.policy.trouble`; then the pause, then: does the rate let the try be sent
yet? does the breaker let it through?
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import cached_property, partial
from typing import Annotated, Literal, NamedTuple

from pydantic import Field, model_validator

from sim.policy.backoff import Backoff, Immediate
from sim.policy.breaker import AnyBreaker
from sim.policy.budget import AnyBudget
from sim.policy.gate import through
from sim.policy.guards import Guards, guards
from sim.policy.limit import AnyLimit
from sim.policy.part import Part
from sim.policy.rate import AnyRate, paced
from sim.policy.steps import FAILURES, Decisions, Draw, Outcome, Reply, Result, Try, Wait
from sim.policy.throttle import Throttle
from sim.policy.trouble import Trouble
from sim.policy.words import retry_words
from sim.quantities import Seconds

__all__ = ["RETRY_ON", "RETRY_STATUS", "Retry", "StatusCode"]

RETRY_ON: tuple[Result, ...] = tuple(result for result in FAILURES if result != "rejected")
RETRY_STATUS: tuple[int, ...] = (429, 500, 502, 503, 504)
"""The codes of the AWS SDKs' standard mode (botocore 1.44.8 `retries/standard.py`); most libraries name the same."""
StatusCode = Annotated[int, Field(ge=400, le=599)]


class Retry(Part):
    """Try again, up to `attempts` tries in all.

    `try_timeout` bounds one try, connect to last byte; try n has `try_timeout_factor`^(n−1) times as long, up to
    `try_timeout_max` (gax-java). No try starts at or after `deadline` (counted from the call's start), try timeouts are
    cut to what is left of it, and a pause that would not end before it ends the call at once. `no_try_after`: the same
    for the start of a try, but what has begun goes on (cenkalti). `stop_after`: no further try once so long has passed
    at a failure; the pause may go beyond (tenacity, stamina), unless it is cut to what is left (`cuts_last_pause`:
    Python's backoff).

    `throttled`: the backoff after a status 429, where it differs. `retry_after`: a server's wish for a pause `wins`
    over the backoff, is the least (`at-least`; where `retry_after_adds` is given, at most that much more than the
    backoff), or is ignored; it is cut at `retry_after_max`, and with `retry_after_resets` the backoff begins anew after
    it (gRPC, cenkalti). A negative wish forbids the retry (gRPC). `retry_status`: the codes that are failures worth a
    retry and a breaker's notice; others are answers. `retry_after_status`: codes that are so where the server names a
    pause. `retry_on: rejected` counts a refusal by the breaker, or by an inner layer, as a failed try; else it ends
    the call. `maybe_done: final`: what may have been carried out is not tried again (requests that are not idempotent).

    `rate` is waited for before every try, `throttle` and `limit` stand around the whole call.
    """

    kind: Literal["retry"] = "retry"
    attempts: Annotated[int, Field(ge=1)] | Literal["unlimited"]
    try_timeout: Annotated[Seconds, Field(gt=0)] | None = None
    try_timeout_factor: Annotated[float, Field(ge=1, le=1000)] = 1.0
    try_timeout_max: Annotated[Seconds, Field(gt=0)] | None = None
    deadline: Annotated[Seconds, Field(gt=0)] | None = None
    no_try_after: Seconds | None = None
    stop_after: Seconds | None = None
    cuts_last_pause: bool = False
    backoff: Backoff = Immediate()
    throttled: Backoff | None = None
    retry_on: Annotated[tuple[Result, ...], Field(min_length=1)] = RETRY_ON
    retry_status: tuple[StatusCode, ...] = RETRY_STATUS
    retry_after_status: tuple[StatusCode, ...] = ()
    retry_after: Literal["wins", "at-least", "ignored"] = "wins"
    retry_after_adds: Seconds | None = None
    retry_after_max: Seconds | None = None
    retry_after_resets: bool = False
    maybe_done: Literal["retried", "final"] = "retried"
    breaker: AnyBreaker | None = None
    budget: AnyBudget | None = None
    rate: AnyRate | None = None
    throttle: Throttle | None = None
    limit: AnyLimit | None = None

    @model_validator(mode="after")
    def _fields_where_they_belong(self) -> Retry:
        grows = self.try_timeout_factor > 1 or self.try_timeout_max is not None
        if grows and self.try_timeout is None:
            raise ValueError("`try_timeout_factor` and `try_timeout_max` go with `try_timeout`, and only with it")
        if self.cuts_last_pause and self.stop_after is None:
            raise ValueError("`cuts_last_pause` goes with `stop_after`, and only with it")
        return self

    @property
    def timers_s(self) -> tuple[float, ...]:
        """How long the timers are that calls start again and again, and mostly stop again."""
        return () if self.try_timeout is None else (self.try_timeout,)

    def problem(self) -> str | None:
        """Return why this policy cannot be run, or None. A try that is refused locally takes no time at all."""
        paused = not self.backoff.never_pauses() and (self.throttled is None or not self.throttled.never_pauses())
        if self.attempts != "unlimited" or paused:
            return None
        if self.deadline is None and self.no_try_after is None and self.stop_after is None:
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
        """Return a closed breaker, a full budget …, or None if the policy has nothing of the kind."""
        return guards(self.breaker, self.budget, self.throttle, self.limit, self.rate)

    @cached_property
    def limits(self) -> _Limits:
        """What every call needs, unpacked once: reading the fields of a model in each call costs more than the call."""
        return _Limits(
            Try(self.try_timeout),
            math.inf if self.try_timeout is None else self.try_timeout,
            self.try_timeout_factor,
            math.inf if self.try_timeout_max is None else self.try_timeout_max,
            math.inf if self.deadline is None else self.deadline,
            math.inf if self.no_try_after is None else self.no_try_after,
            math.inf if self.stop_after is None else self.stop_after,
            self.cuts_last_pause,
            math.inf if self.attempts == "unlimited" else self.attempts,
            frozenset(self.retry_on),
            frozenset(self.retry_status),
            frozenset(self.retry_after_status),
        )

    def words(self) -> Iterator[str]:
        """Yield what it does, in words."""
        return retry_words(self)

    def call(  # noqa: C901, PLR0912, PLR0915
        self, now_s: float, draw: Draw, shared: Guards | None, admitted_s: float | None = None
    ) -> Decisions:
        """Decide one call that starts at `now_s`; `admitted_s`: when its gate let it in.

        One flat generator, over the limits on branches and lines: a call that succeeds at once touches neither a
        sub-generator nor an object of its own, which halves its cost.
        """
        limits = self.limits
        step, try_s = limits.whole_try, limits.try_s
        at_s, ends_s = now_s, now_s + limits.deadline_s
        breaker = budget = rate = None
        if shared is not None:
            breaker, budget, rate = shared.breaker, shared.budget, shared.rate
            if admitted_s is not None:
                at_s = admitted_s
            elif shared.gate is not None:
                begin = partial(self.call, now_s, draw, shared)  # what is left open is `admitted_s`
                return (yield from through(shared.gate, begin, (now_s, ends_s), draw, limits.is_accepted))
            if budget is not None:
                budget.started(at_s)
        trouble: Trouble | None = None
        ticket: int | None = None
        pause_s: float | None = None
        sent = 0
        try:
            while True:
                barred = False
                if rate is not None:
                    at_s = yield from paced(rate, at_s, ends_s)
                    barred = at_s >= ends_s
                if breaker is not None and not barred:
                    ticket = breaker.admit(at_s)
                    barred = ticket is None
                if barred:
                    reply = Reply(at_s, "rejected", wrote=False)
                else:
                    sent += 1
                    left_s = ends_s - at_s
                    reply = yield step if left_s >= try_s else Try(left_s)
                    at_s = reply.at_s
                    if breaker is not None and ticket is not None:
                        failed = reply.result != "ok" and limits.is_failure(reply)
                        breaker.told(ticket, at_s, failed, reply.took_s, draw)
                        ticket = None
                    if rate is not None:
                        rate.told(reply)
                if reply.result == "ok":
                    if budget is not None:
                        budget.succeeded(0.0 if trouble is None else trouble.last_cost, at_s)
                    return _OK_AT_ONCE if sent == 1 else Outcome("ok", "ok", sent)
                if trouble is None:
                    trouble = Trouble(self, now_s, ends_s, draw, budget)
                pause_s = trouble.pause_s(reply)
                if pause_s is None:
                    return Outcome("unknown" if trouble.maybe_done else "failed", reply.result, sent)
                if pause_s > 0:
                    reply = yield Wait(pause_s)
                    at_s = reply.at_s
                pause_s = None
                if budget is not None:
                    budget.retry_sent()
                if limits.try_factor > 1:
                    step, try_s = limits.try_number(trouble.tries)
        except GeneratorExit:
            if budget is not None and pause_s is None:
                budget.abandoned()
            raise
        finally:
            if breaker is not None and ticket is not None:
                breaker.abandoned(ticket)
            if trouble is not None:
                trouble.end_retry()
            if budget is not None:
                budget.ended()


_OK_AT_ONCE = Outcome("ok", "ok", 1)


class _Limits(NamedTuple):
    whole_try: Try
    try_s: float
    try_factor: float
    try_most_s: float
    deadline_s: float
    no_try_s: float
    stop_s: float
    cuts_last_pause: bool
    attempts: float
    retry_on: frozenset[Result]
    retry_status: frozenset[int]
    retry_after_status: frozenset[int]

    def is_failure(self, reply: Reply) -> bool:
        """Tell whether a try that was not ok failed: a code that is not on the list makes it an answer."""
        if reply.result != "status" or reply.status in self.retry_status:
            return True
        return reply.retry_after_s is not None and reply.status in self.retry_after_status

    def is_accepted(self, reply: Reply) -> bool:
        """Tell whether a server took the request on: it was ok, or its status is an answer."""
        return reply.result == "ok" or not self.is_failure(reply)

    def is_retried(self, reply: Reply) -> bool:
        """Tell whether a failed try is one to make again."""
        return reply.result in self.retry_on and self.is_failure(reply)

    def try_number(self, before: int) -> tuple[Try, float]:
        """Return the try that comes after `before` others, and its timeout, where timeouts grow."""
        timeout_s = min(self.try_most_s, self.try_s * self.try_factor ** min(before, 100))
        return Try(timeout_s), timeout_s

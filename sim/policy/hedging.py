"""The hedging policy: when an answer is late, ask once more beside the first, and take whichever comes first."""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import cached_property, partial
from typing import Annotated, Any, Literal, NamedTuple, TypeAlias

from pydantic import Discriminator, Field, Tag

from sim.policy.breaker import AnyBreaker
from sim.policy.budget import AnyBudget
from sim.policy.gate import REFUSED, through
from sim.policy.guards import Guards, guards
from sim.policy.latencies import Percentile
from sim.policy.limit import AnyLimit
from sim.policy.part import Part
from sim.policy.race import Race
from sim.policy.retry import RETRY_ON, RETRY_STATUS, StatusCode
from sim.policy.steps import PASSED, Decisions, Draw, Hedge, Outcome, Reply, Result, Step, Try
from sim.policy.throttle import Throttle
from sim.policy.words import guard_words
from sim.quantities import Seconds, show_duration

__all__ = ["Hedging"]


def _after_tag(value: Any) -> str:
    return "learnt" if isinstance(value, dict | Percentile) else "fixed"


_After: TypeAlias = Annotated[
    Annotated[Seconds, Tag("fixed")] | Annotated[Percentile, Tag("learnt")], Discriminator(_after_tag)
]


class Hedging(Part):
    """Up to `attempts` copies of a request, the next one whenever nothing has ended for `after`. The first ok wins.

    `after`: a duration (0s: all at once), or a percentile of the client's own latencies. `next_at_once_on`: failures
    that start the next copy now, and end the call only with the last copy; any other failure ends the call at once
    (gRFC A6: non-fatal status codes). `retry_status`: which codes are such failures. No copy starts at or after
    `deadline`, and none has longer than `try_timeout` and what is left. Breaker and budget are asked before each copy;
    after a refusal there are no more copies. A server's wish for a pause is the time to the next copy, a negative one
    forbids more (gRFC A6, push-back). `throttle` and `limit` stand around the whole call.

    Envoy's `hedge_on_per_try_timeout` is this with `after` = the per-try timeout and no `try_timeout`.
    """

    kind: Literal["hedge"] = "hedge"
    attempts: Annotated[int, Field(ge=1, le=1000)] = 2
    after: _After
    next_at_once_on: tuple[Result, ...] = RETRY_ON
    retry_status: tuple[StatusCode, ...] = RETRY_STATUS
    try_timeout: Annotated[Seconds, Field(gt=0)] | None = None
    deadline: Annotated[Seconds, Field(gt=0)] | None = None
    breaker: AnyBreaker | None = None
    budget: AnyBudget | None = None
    throttle: Throttle | None = None
    limit: AnyLimit | None = None

    @property
    def timers_s(self) -> tuple[float, ...]:
        """How long the timers are that calls start again and again, and mostly stop again."""
        after = (self.after,) if isinstance(self.after, float | int) else ()
        return after if self.try_timeout is None else (*after, self.try_timeout)

    def problem(self) -> None:
        """Return None: a bounded number of copies always ends."""

    def new_shared(self) -> Guards | None:
        """Return a closed breaker, a full budget …, or None if the policy has nothing of the kind."""
        latencies = self.after.live() if isinstance(self.after, Percentile) else None
        return guards(self.breaker, self.budget, self.throttle, self.limit, latencies=latencies)

    def words(self) -> Iterator[str]:
        """Yield what it does, in words."""
        after = self.after.words() if isinstance(self.after, Percentile) else show_duration(self.after)
        yield f"up to {self.attempts} copies, the next after {after}"
        if self.try_timeout is not None:
            yield f"{show_duration(self.try_timeout)} a copy"
        if self.deadline is not None:
            yield f"{show_duration(self.deadline)} in all"
        if self.next_at_once_on != RETRY_ON:
            some = f"{', '.join(self.next_at_once_on)} starts the next"
            yield some if self.next_at_once_on else "any failure ends the call"
        yield from guard_words(self, "breaker", "budget", "throttle", "limit")

    @cached_property
    def limits(self) -> HedgeLimits:
        """What every call needs, unpacked once."""
        patience_s = self.after if isinstance(self.after, float | int) else math.inf
        whole = Try(self.try_timeout) if self.attempts == 1 else Hedge(self.try_timeout, patience_s)
        return HedgeLimits(
            whole,
            math.inf if self.try_timeout is None else self.try_timeout,
            patience_s,
            self.attempts,
            math.inf if self.deadline is None else self.deadline,
            frozenset(self.next_at_once_on),
            frozenset(self.retry_status),
        )

    def call(  # noqa: C901, PLR0912
        self, now_s: float, draw: Draw, shared: Guards | None, admitted_s: float | None = None
    ) -> Decisions:
        """Decide one call that starts at `now_s`; `admitted_s`: when its gate let it in.

        Over the limit on branches: a call whose first answer comes in time is over here, and makes no `Race`.
        """
        limits, ends_s = self.limits, now_s + self.limits.deadline_s
        breaker = budget = latencies = ticket = race = None
        at_s, patience_s = now_s, limits.patience_s
        if shared is not None:
            breaker, budget, latencies = shared.breaker, shared.budget, shared.latencies
            if admitted_s is not None:
                at_s = admitted_s
            elif shared.gate is not None:
                begin = partial(self.call, now_s, draw, shared)  # what is left open is `admitted_s`
                return (yield from through(shared.gate, begin, (now_s, ends_s), draw, limits.is_accepted))
            if breaker is not None and (ticket := breaker.admit(at_s)) is None:
                return REFUSED
            if latencies is not None:
                patience_s = latencies.patience_s()
            if budget is not None:
                budget.started(at_s)
        try:
            plain = ends_s == math.inf and latencies is None
            reply = yield limits.whole if plain else limits.copy(at_s, ends_s, patience_s, more=self.attempts > 1)
            if reply.result != "ok" or reply.attempt == PASSED:
                race = Race(limits, (at_s, ends_s), patience_s, draw, shared, ticket)
                return (yield from race.run(reply))
            if ticket is not None and breaker is not None:
                breaker.told(ticket, reply.at_s, False, reply.took_s, draw)
                ticket = None
            if budget is not None:
                budget.succeeded(0.0, reply.at_s)
            if latencies is not None:
                latencies.told(reply.took_s)
            return _OK_AT_ONCE
        except GeneratorExit:
            if race is None:
                Race(limits, (at_s, ends_s), patience_s, draw, shared, ticket).give_up(None)
            raise
        finally:
            if budget is not None:
                budget.ended()


_OK_AT_ONCE = Outcome("ok", "ok", 1)


class HedgeLimits(NamedTuple):
    """A hedging policy's fields as a call needs them."""

    whole: Step
    try_s: float
    patience_s: float
    attempts: int
    deadline_s: float
    next_at_once_on: frozenset[Result]
    retry_status: frozenset[int]

    def copy(self, at_s: float, ends_s: float, patience_s: float, *, more: bool) -> Step:
        """Return the step that sends a copy at `at_s`. `more`: whether another may follow when its time has come."""
        timeout_s = min(self.try_s, ends_s - at_s)
        limit_s = None if timeout_s == math.inf else timeout_s
        return Hedge(limit_s, patience_s) if more and patience_s < math.inf else Try(limit_s)

    def is_failure(self, reply: Reply) -> bool:
        """Tell whether a try that was not ok failed: a code that is not on the list makes it an answer."""
        return reply.result != "status" or reply.status in self.retry_status

    def is_accepted(self, reply: Reply) -> bool:
        """Tell whether a server took the request on: it was ok, or its status is an answer."""
        return reply.result == "ok" or not self.is_failure(reply)

    def is_fatal(self, reply: Reply) -> bool:
        """Tell whether a failed copy ends the call."""
        return reply.result not in self.next_at_once_on or not self.is_failure(reply)

"""The copies of one hedged call, from the moment at which the first was late or failed."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

from sim.policy.guards import Guards
from sim.policy.once import MAYBE_DONE
from sim.policy.steps import PASSED, Decisions, Draw, Outcome, Reply, Step, Wait

if TYPE_CHECKING:
    from sim.policy.hedging import HedgeLimits

__all__ = ["Race"]


class _Copy(NamedTuple):
    """A copy under way. `ticket`: the breaker's; `cost`: what the budget took for it, None for the first."""

    began_s: float
    ticket: int | None
    cost: float | None


class Race:
    """What is under way, and whether more may follow. `span_s`: the instants of the first copy and the deadline."""

    __slots__ = ("_breaker", "_budget", "_draw", "_ends_s", "_last_cost", "_latencies", "_limits", "_maybe_done",
                 "_patience_s", "_sent", "_stopped", "_under_way")  # fmt: skip

    def __init__(
        self,
        limits: HedgeLimits,
        span_s: tuple[float, float],
        patience_s: float,
        draw: Draw,
        shared: Guards | None,
        ticket: int | None,
    ) -> None:
        began_s, self._ends_s = span_s
        self._limits, self._patience_s, self._draw = limits, patience_s, draw
        self._breaker = self._budget = self._latencies = None
        if shared is not None:
            self._breaker, self._budget, self._latencies = shared.breaker, shared.budget, shared.latencies
        self._under_way = {0: _Copy(began_s, ticket, None)}
        self._sent = 1
        self._last_cost = 0.0
        self._stopped = self._maybe_done = False

    def run(self, reply: Reply) -> Decisions:
        """Go on from the first thing that was heard."""
        try:
            while True:
                step = self._next(reply) if reply.attempt == PASSED else self._ended(reply)
                if isinstance(step, Outcome):
                    return step
                reply = yield step
        finally:
            self.give_up(reply if reply.result == "ok" and reply.attempt != PASSED else None)

    def give_up(self, winner: Reply | None) -> None:
        """Give back what the copies under way hold. A first copy that was outrun tells how long it had run."""
        first = self._under_way.get(0)
        if winner is not None and first is not None and self._latencies is not None:
            self._latencies.told(winner.at_s - first.began_s)
        for copy in self._under_way.values():
            if copy.ticket is not None and self._breaker is not None:
                self._breaker.abandoned(copy.ticket)
            if self._budget is not None:
                self._budget.abandoned()
                if copy.cost is not None:
                    self._budget.retry_ended()
        self._under_way.clear()

    def _ended(self, reply: Reply) -> Step | Outcome:
        """Hear the end of a copy."""
        self._settle(reply)
        if reply.result == "ok":
            return Outcome("ok", "ok", self._sent)
        if reply.wrote and reply.result in MAYBE_DONE:
            self._maybe_done = True
        if self._limits.is_fatal(reply):
            return self._failed(reply)
        asked_s = reply.retry_after_s
        if asked_s is not None and asked_s > 0 and self._has_more(reply.at_s + asked_s):
            return Wait(asked_s)
        if asked_s is not None and asked_s < 0:
            self._stopped = True
        return self._next(reply)

    def _settle(self, reply: Reply) -> None:
        """Tell the guards how a copy ended."""
        copy, limits = self._under_way.pop(reply.attempt), self._limits
        ok = reply.result == "ok"
        if copy.ticket is not None and self._breaker is not None:
            failed = not ok and limits.is_failure(reply)
            self._breaker.told(copy.ticket, reply.at_s, failed, reply.took_s, self._draw)
        if ok and reply.attempt == 0 and self._latencies is not None:
            self._latencies.told(reply.took_s)
        budget = self._budget
        if budget is None:
            return
        if copy.cost is not None:
            budget.retry_ended()
        if ok:
            budget.succeeded(self._last_cost, reply.at_s)
        elif reply.result == "rejected":
            budget.abandoned()
        elif limits.is_fatal(reply):
            budget.answered(reply.at_s)
        else:
            budget.try_failed()

    def _has_more(self, at_s: float) -> bool:
        return not self._stopped and self._sent < self._limits.attempts and at_s < self._ends_s

    def _next(self, reply: Reply) -> Step | Outcome:
        """Return the next copy, or wait for those under way, or the end."""
        if self._has_more(reply.at_s) and self._granted(reply):
            more = self._sent < self._limits.attempts
            return self._limits.copy(reply.at_s, self._ends_s, self._patience_s, more=more)
        return Wait(math.inf) if self._under_way else self._failed(reply)

    def _granted(self, reply: Reply) -> bool:
        """Ask breaker and budget for one more copy; after a refusal there are no more."""
        ticket = cost = None
        if self._breaker is not None:
            ticket = self._breaker.admit(reply.at_s)
            self._stopped = ticket is None
        if self._budget is not None and not self._stopped:
            cost = self._budget.spend(reply)
            self._stopped = cost is None
        if self._stopped:
            if ticket is not None and self._breaker is not None:
                self._breaker.abandoned(ticket)
            return False
        if cost is not None and self._budget is not None:
            self._last_cost = cost
            self._budget.retry_sent()
        self._under_way[self._sent] = _Copy(reply.at_s, ticket, cost)
        self._sent += 1
        return True

    def _failed(self, reply: Reply) -> Outcome:
        maybe = self._maybe_done or bool(self._under_way)
        return Outcome("unknown" if maybe else "failed", reply.result, self._sent)

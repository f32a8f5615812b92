"""A call of the retrying policy from its first failed try on: is there another try, and after what pause?

Order of the decisions after a failed try (grpc-go 1.85.0 `stream.go: shouldRetry`; the AWS SDKs alike): is the failure
one to retry? → the budget hears of it → attempts left? → time left? → how long a pause? → does it end in time? → does
the budget grant it?
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.policy.budget import LiveBudget
from sim.policy.once import MAYBE_DONE
from sim.policy.steps import Draw, Reply

if TYPE_CHECKING:
    from sim.policy.retry import Retry

__all__ = ["Trouble"]


class Trouble:
    """What was tried, and what comes next. A call that succeeds at once never makes one."""

    __slots__ = ("_backoff_s", "_budget", "_draw", "_ends_s", "_holds", "_limits", "_policy", "_series_from",
                 "_starts_s", "last_cost", "maybe_done", "tries")  # fmt: skip

    def __init__(self, policy: Retry, now_s: float, ends_s: float, draw: Draw, budget: LiveBudget | None) -> None:
        self._policy, self._limits, self._draw, self._budget = policy, policy.limits, draw, budget
        self._starts_s, self._ends_s = now_s, ends_s
        self.tries = 0
        self._series_from = 0  # the try after which the backoff began anew
        self._backoff_s = 0.0
        self._holds = False  # a retry that the budget granted and has not been told the end of
        self.last_cost = 0.0
        self.maybe_done = False

    def pause_s(self, reply: Reply) -> float | None:
        """Return the pause between this failed try and the next, or None if there is none to come."""
        limits, budget, at_s = self._limits, self._budget, reply.at_s
        self.end_retry()
        self.tries += 1
        wants = self._is_retried(reply)
        if budget is not None:
            _tell(budget, reply, wants)
        if not wants or self.tries >= limits.attempts or at_s - self._starts_s >= limits.stop_s:
            return None
        pause_s = self._wished_s(reply)
        if pause_s is None:
            return None
        if limits.cuts_last_pause:
            pause_s = max(0.0, min(pause_s, self._starts_s + limits.stop_s - at_s))
        if at_s + pause_s >= self._ends_s or at_s + pause_s > self._starts_s + limits.no_try_s:
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

    def _is_retried(self, reply: Reply) -> bool:
        if reply.wrote and reply.result in MAYBE_DONE:
            self.maybe_done = True
            if self._policy.maybe_done == "final":
                return False
        return self._limits.is_retried(reply)

    def _wished_s(self, reply: Reply) -> float | None:
        """Return the pause that backoff and server ask for, or None if the server forbids a retry (gRPC)."""
        policy = self._policy
        backoff = policy.backoff
        if policy.throttled is not None and reply.result == "status" and reply.status == 429:
            backoff = policy.throttled
        since = self._series_from
        draw = _from(since, self._draw) if since else self._draw
        self._backoff_s = pause_s = backoff.pause_s(self.tries - since, self._backoff_s, draw)
        asked_s = reply.retry_after_s
        if asked_s is None or policy.retry_after == "ignored":
            return pause_s
        return None if asked_s < 0 else self._granted_s(pause_s, asked_s)

    def _granted_s(self, pause_s: float, asked_s: float) -> float:
        """Return the pause where the server has asked for one."""
        policy = self._policy
        if policy.retry_after_max is not None:
            asked_s = min(asked_s, policy.retry_after_max)
        if policy.retry_after_resets:
            self._series_from, self._backoff_s = self.tries, 0.0
        if policy.retry_after == "wins":
            return asked_s
        adds_s = policy.retry_after_adds
        return max(pause_s, asked_s if adds_s is None else min(asked_s, pause_s + adds_s))


def _tell(budget: LiveBudget, reply: Reply, wants: bool) -> None:
    """Tell a budget how a try ended that was not ok."""
    if reply.result == "rejected":
        budget.abandoned()
    elif wants:
        budget.try_failed()
    else:
        budget.answered(reply.at_s)


def _from(first: int, draw: Draw) -> Draw:
    """Return draws that go on where a series left off: no number is used twice."""
    return lambda n: draw(first + n)

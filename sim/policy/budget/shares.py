"""Budgets that hold retries to a share of what was asked: over a window, or since the client began."""

from __future__ import annotations

import math
from typing import Annotated, Any, Literal

from pydantic import Field

from sim.policy.budget.live import SLACK, LiveBudget
from sim.policy.part import Part
from sim.policy.recent import Recent
from sim.policy.steps import Reply
from sim.quantities import Seconds, Share, show_duration

__all__ = ["FailureShare", "RetryRate", "RetryShare", "ShareOfCalls"]


class ShareOfCalls(Part):
    """Retries are at most `share` of the calls of the last `over`, and `floor` a second besides.

    Ten slices; each call puts 1 into the current one, each retry takes 1/share out of it. `of: calls` puts it when a
    call begins: Finagle 24.2.0 `service/RetryBudget.scala` (20 %, 10/s, 10 s), util-core `TokenBucket.newLeakyBucket`.
    `of: answers` puts it when a try ends that is not to be made again: Linkerd's ServiceProfile (linkerd2-proxy
    `app/outbound/src/http/retry.rs`, tower 0.4 `retry/budget.rs`), with the same numbers.
    """

    kind: Literal["share"] = "share"
    share: Annotated[Share, Field(gt=0)] = 0.2
    floor: Annotated[float, Field(ge=0)] = 10.0  # retries a second, granted whatever the calls
    over: Annotated[Seconds, Field(gt=0)] = 10.0
    of: Literal["calls", "answers"] = "calls"

    def live(self) -> LiveBudget:
        """Return one that has seen no calls yet."""
        kind = _Slices if self.of == "calls" else _Answers
        return kind(self.over, 1.0 / self.share, self.floor * self.over / self.share)

    def words(self) -> str:
        """Return the budget in words."""
        calls = "calls" if self.of == "calls" else "calls that need no retry"
        return f"retries at most {100 * self.share:g} % of {calls}, and {self.floor:g} a second besides"


class _Slices(LiveBudget):
    __slots__ = ("_cost", "_recent", "_reserve")

    def __init__(self, over_s: float, cost: float, reserve: float) -> None:
        self._cost, self._reserve = cost, reserve
        self._recent = Recent(over_s, 10, 1)

    def started(self, at_s: float, /) -> None:
        self._recent.add(at_s, 0)

    def spend(self, reply: Reply, /) -> float | None:
        recent = self._recent
        recent.turn_to(reply.at_s)
        if recent.sums[0] + self._reserve < self._cost - SLACK:
            return None
        recent.add(reply.at_s, 0, -self._cost)
        return self._cost

    def snapshot(self) -> dict[str, Any]:
        return {"balance": self._recent.sums[0] + self._reserve}


class _Answers(_Slices):
    __slots__ = ()

    def started(self, _at_s: float, /) -> None:
        """Earn nothing yet."""

    def answered(self, at_s: float, /) -> None:
        self._recent.add(at_s, 0)

    def succeeded(self, _last_cost: float, at_s: float = 0.0, /) -> None:
        self._recent.add(at_s, 0)


class RetryShare(Part):
    """No retry while retries are `share` or more of all tries, since the client began or within the last `over`.

    Source: Google SRE book (2016), ch. 21, the per-client retry budget of 10 % (its window is not told there).
    """

    kind: Literal["retry-share"] = "retry-share"
    share: Annotated[Share, Field(gt=0)] = 0.1
    over: Annotated[Seconds, Field(gt=0)] | None = None

    def live(self) -> LiveBudget:
        """Return one that has seen no tries yet."""
        return _Ratio(self.share, math.inf if self.over is None else self.over)

    def words(self) -> str:
        """Return the budget in words."""
        over = "" if self.over is None else f" of the last {show_duration(self.over)}"
        return f"no retry while retries are {100 * self.share:g} % or more of all tries{over}"


class _Ratio(LiveBudget):
    __slots__ = ("_recent", "_share")

    def __init__(self, share: float, over_s: float) -> None:
        self._share = share
        self._recent = Recent(min(over_s, 1e15), 10, 2)  # tries, retries; 1e15 s: since the client began

    def started(self, at_s: float, /) -> None:
        self._recent.add(at_s, 0)

    def spend(self, reply: Reply, /) -> float | None:
        recent = self._recent
        recent.turn_to(reply.at_s)
        tries, retries = recent.sums
        if retries >= self._share * tries:
            return None
        recent.add(reply.at_s, 0)
        recent.add(reply.at_s, 1)
        return 0.0

    def snapshot(self) -> dict[str, Any]:
        return {"tries": self._recent.sums[0], "retries": self._recent.sums[1]}


class RetryRate(Part):
    """At most `retries` within any `over` (of sixty slices).

    Source: Google SRE book (2016), ch. 22, "a server-wide retry budget", whose example is 60 retries a minute.
    """

    kind: Literal["retry-rate"] = "retry-rate"
    retries: Annotated[int, Field(ge=1)] = 60
    over: Annotated[Seconds, Field(gt=0)] = 60.0

    def live(self) -> LiveBudget:
        """Return one that has granted nothing yet."""
        return _PerTime(self.retries, Recent(self.over, 60, 1))

    def words(self) -> str:
        """Return the budget in words."""
        return f"at most {self.retries} retries within {show_duration(self.over)}"


class _PerTime(LiveBudget):
    __slots__ = ("_limit", "_recent")

    def __init__(self, limit: int, recent: Recent) -> None:
        self._limit, self._recent = limit, recent

    def spend(self, reply: Reply, /) -> float | None:
        self._recent.turn_to(reply.at_s)
        if self._recent.sums[0] >= self._limit:
            return None
        self._recent.add(reply.at_s, 0)
        return 0.0

    def snapshot(self) -> dict[str, Any]:
        return {"retries": self._recent.sums[0]}


class FailureShare(Part):
    """A retry only while the failed tries so far are at most `share` of the calls so far, this failure included.

    Source: mbrooker/simulator_example `retry_sim` (commit bbfe394), its "circuit breaker" of 10 %.
    """

    kind: Literal["failure-share"] = "failure-share"
    share: Annotated[Share, Field(gt=0)] = 0.1

    def live(self) -> LiveBudget:
        """Return one that has seen nothing yet."""
        return _Failures(self.share)

    def words(self) -> str:
        """Return the budget in words."""
        return f"retries only while failed tries are at most {100 * self.share:g} % of calls"


class _Failures(LiveBudget):
    __slots__ = ("_share", "calls", "failed")

    def __init__(self, share: float) -> None:
        self._share = share
        self.calls = self.failed = 0

    def started(self, _at_s: float, /) -> None:
        self.calls += 1

    def try_failed(self) -> None:
        self.failed += 1

    def spend(self, _reply: Reply, /) -> float | None:
        return 0.0 if self.failed <= self._share * self.calls + SLACK else None

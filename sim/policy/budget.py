"""Retry budgets: what keeps a client's retries from multiplying a failure.

Each kind has a live state, one per client, told at the moments of a call: `started` (before the first try),
`try_failed` (each failure that could be retried, before attempts are counted), `spend` (before a retry: its cost, or
None for "no retry"), `retry_ended` (that retry's reply is in, or it will never be sent), `succeeded` (the call was ok).
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal, TypeAlias

from pydantic import Discriminator, Field, Tag

from sim.policy.part import Part
from sim.policy.steps import Reply
from sim.quantities import Seconds, Share

__all__ = ["AnyBudget", "AwsQuota", "Concurrent", "Grpc", "LiveBudget", "ShareOfCalls", "TokenBucket"]


_SLACK = 1e-9  # ten times 0.1 earned must buy what costs 1


class LiveBudget:
    """One client's budget; a kind overrides the moments that it cares about."""

    __slots__ = ()

    def started(self, at_s: float, /) -> None:
        """A call begins."""

    def try_failed(self) -> None:
        """A try failed in a way that the policy retries."""

    def spend(self, reply: Reply, /) -> float | None:
        """Return what a retry after `reply` has cost, or None: not granted, and nothing taken."""
        raise NotImplementedError

    def retry_ended(self) -> None:
        """A granted retry is over, or was never sent."""

    def succeeded(self, last_cost: float, /) -> None:
        """A call was ok; `last_cost` is what its last retry cost, 0 if there was none."""

    def snapshot(self) -> dict[str, Any]:
        """Return the state as plain values."""
        return {name: getattr(self, name) for kind in type(self).__mro__ for name in getattr(kind, "__slots__", ())}


class TokenBucket(Part):
    """A bucket, full at first: each call earns, each retry costs.

    Sources: mbrooker/simulator_example `retry_sim` (earn 0.1, cost 1, size 5); Google SRE book (2016), ch. 21.
    """

    kind: Literal["token-bucket"] = "token-bucket"
    size: Annotated[float, Field(gt=0)]
    earn: Annotated[float, Field(ge=0)] = 0.1
    cost: Annotated[float, Field(gt=0)] = 1.0

    def live(self) -> LiveBudget:
        """Return a full bucket."""
        return _Bucket(self.size, self.earn, self.cost)


class _Bucket(LiveBudget):
    __slots__ = ("_cost", "_earn", "_size", "tokens")

    def __init__(self, size: float, earn: float, cost: float) -> None:
        self._size, self._earn, self._cost = size, earn, cost
        self.tokens = size

    def started(self, _at_s: float, /) -> None:
        self.tokens = min(self._size, self.tokens + self._earn)

    def spend(self, _reply: Reply, /) -> float | None:
        if self.tokens < self._cost - _SLACK:
            return None
        self.tokens = max(0.0, self.tokens - self._cost)
        return self._cost


class AwsQuota(Part):
    """The retry quota of the AWS SDKs: `cost` a retry, `throttled` after status 429, `timed_out` after a timeout.

    A call that was ok gives back what its last retry cost, or 1 if it had none; a call that was not gives back nothing.
    Source: botocore 1.44.8 `retries/standard.py` `RetryQuotaChecker`, `retries/quota.py`.
    """

    kind: Literal["aws-quota"] = "aws-quota"
    size: Annotated[float, Field(gt=0)] = 500.0
    cost: Annotated[float, Field(gt=0)] = 14.0
    throttled: Annotated[float, Field(gt=0)] = 5.0
    timed_out: Annotated[float, Field(gt=0)] = 14.0

    def live(self) -> LiveBudget:
        """Return a full quota."""
        return _Quota(self.size, self.cost, self.throttled, self.timed_out)


class _Quota(LiveBudget):
    __slots__ = ("_cost", "_size", "_throttled", "_timed_out", "tokens")

    def __init__(self, size: float, cost: float, throttled: float, timed_out: float) -> None:
        self._size, self._cost, self._throttled, self._timed_out = size, cost, throttled, timed_out
        self.tokens = size

    def spend(self, reply: Reply, /) -> float | None:
        cost = self._cost
        if reply.result == "status" and reply.status == 429:
            cost = self._throttled
        elif reply.result in ("timeout", "dial_timeout"):
            cost = self._timed_out
        if self.tokens < cost:
            return None
        self.tokens -= cost
        return cost

    def succeeded(self, last_cost: float, /) -> None:
        self.tokens = min(self._size, self.tokens + (last_cost or 1.0))


class Grpc(Part):
    """gRPC's `retryThrottling`: a failed try takes 1, a call that was ok gives `ratio`; no retry at half or below.

    Source: gRFC A6 (`ratio` counts to three decimals, so tokens are kept in thousandths); grpc-go 1.85.0
    `clientconn.go` `retryThrottler` (charged before the attempts are counted).
    """

    kind: Literal["grpc"] = "grpc"
    tokens: Annotated[float, Field(gt=0, le=1000)] = 10.0
    ratio: Annotated[float, Field(ge=0.001)] = 0.1

    def live(self) -> LiveBudget:
        """Return a full one."""
        return _Throttle(self.tokens, self.ratio)


class _Throttle(LiveBudget):
    __slots__ = ("_ratio", "_size", "_thousandths")

    def __init__(self, size: float, ratio: float) -> None:
        self._size, self._ratio = round(1000 * size), int(1000 * ratio + _SLACK)
        self._thousandths = self._size

    @property
    def tokens(self) -> float:
        return self._thousandths / 1000

    def try_failed(self) -> None:
        self._thousandths = max(0, self._thousandths - 1000)

    def spend(self, _reply: Reply, /) -> float | None:
        return 0.0 if 2 * self._thousandths > self._size else None

    def succeeded(self, _last_cost: float, /) -> None:
        self._thousandths = min(self._size, self._thousandths + self._ratio)

    def snapshot(self) -> dict[str, Any]:
        return {"tokens": self.tokens}


class ShareOfCalls(Part):
    """Retries are at most `share` of the calls of the last `over`, and `floor` a second besides.

    Source: Finagle 24.2.0 `service/RetryBudget.scala` (20 %, 10/s, 10 s), util-core `TokenBucket.newLeakyBucket`: ten
    slices; each call puts 1 into the current one, each retry takes 1/share out of it. Linkerd's ServiceProfile uses
    the same numbers.
    """

    kind: Literal["share"] = "share"
    share: Annotated[Share, Field(gt=0)] = 0.2
    floor: Annotated[float, Field(ge=0)] = 10.0  # retries a second, granted whatever the calls
    over: Annotated[Seconds, Field(gt=0)] = 10.0

    def live(self) -> LiveBudget:
        """Return one that has seen no calls yet."""
        return _Slices(self.over, 1.0 / self.share, self.floor * self.over / self.share)


class _Slices(LiveBudget):
    SLICES: ClassVar[int] = 10
    __slots__ = ("_cost", "_now", "_reserve", "_slice_s", "_slices")

    def __init__(self, over_s: float, cost: float, reserve: float) -> None:
        self._slice_s = over_s / self.SLICES
        self._cost, self._reserve = cost, reserve
        self._slices = [0.0] * self.SLICES
        self._now: int | None = None

    def _turn_to(self, at_s: float) -> int:
        """Empty the slices that have run out; return the current one's index."""
        now = int(at_s // self._slice_s)
        last = now if self._now is None else self._now
        for number in range(max(last, now - self.SLICES) + 1, now + 1):
            self._slices[number % self.SLICES] = 0.0
        self._now = now
        return now % self.SLICES

    def started(self, at_s: float, /) -> None:
        self._slices[self._turn_to(at_s)] += 1.0

    def spend(self, reply: Reply, /) -> float | None:
        current = self._turn_to(reply.at_s)
        if sum(self._slices) + self._reserve < self._cost - _SLACK:
            return None
        self._slices[current] -= self._cost
        return self._cost

    def snapshot(self) -> dict[str, Any]:
        return {"balance": sum(self._slices) + self._reserve}


class Concurrent(Part):
    """At most `limit` retries of this client at one time, those that still wait for their turn included.

    Source: Envoy 1.40 `max_retries` (default 3 per cluster), `retry_state_impl.cc`.
    """

    kind: Literal["concurrent"] = "concurrent"
    limit: Annotated[int, Field(ge=1)] = 3

    def live(self) -> LiveBudget:
        """Return one with every place free."""
        return _Places(self.limit)


class _Places(LiveBudget):
    __slots__ = ("_limit", "active")

    def __init__(self, limit: int) -> None:
        self._limit, self.active = limit, 0

    def spend(self, _reply: Reply, /) -> float | None:
        if self.active >= self._limit:
            return None
        self.active += 1
        return 0.0

    def retry_ended(self) -> None:
        self.active -= 1


AnyBudget: TypeAlias = Annotated[
    Annotated[TokenBucket, Tag("token-bucket")]
    | Annotated[AwsQuota, Tag("aws-quota")]
    | Annotated[Grpc, Tag("grpc")]
    | Annotated[ShareOfCalls, Tag("share")]
    | Annotated[Concurrent, Tag("concurrent")],
    Discriminator("kind"),
]

"""Budgets that hold tokens: a plain bucket, the AWS SDKs' quota, gRPC's throttling."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from sim.policy.budget.live import SLACK, LiveBudget
from sim.policy.part import Part
from sim.policy.steps import Reply

__all__ = ["AwsQuota", "Grpc", "TokenBucket"]


class TokenBucket(Part):
    """A bucket, full at first: each call earns, each retry costs. `strict`: what it costs must not empty the bucket.

    Sources: mbrooker/simulator_example `retry_sim` (earn 0.1, cost 1, size 5, strict); Google SRE book (2016), ch. 21.
    """

    kind: Literal["token-bucket"] = "token-bucket"
    size: Annotated[float, Field(gt=0)]
    earn: Annotated[float, Field(ge=0)] = 0.1
    cost: Annotated[float, Field(gt=0)] = 1.0
    strict: bool = False

    def live(self) -> LiveBudget:
        """Return a full bucket."""
        return _Bucket(self.size, self.earn, self.cost, self.cost + SLACK if self.strict else self.cost - SLACK)

    def words(self) -> str:
        """Return the budget in words."""
        strict = ", never to the last" if self.strict else ""
        return f"retry budget: {self.size:g} tokens, + {self.earn:g} a call, − {self.cost:g} a retry{strict}"


class _Bucket(LiveBudget):
    __slots__ = ("_cost", "_earn", "_needs", "_size", "tokens")

    def __init__(self, size: float, earn: float, cost: float, needs: float) -> None:
        self._size, self._earn, self._cost, self._needs = size, earn, cost, needs
        self.tokens = size

    def started(self, _at_s: float, /) -> None:
        self.tokens = min(self._size, self.tokens + self._earn)

    def spend(self, _reply: Reply, /) -> float | None:
        if self.tokens < self._needs:
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
    throttled: Annotated[float, Field(ge=0)] = 5.0
    timed_out: Annotated[float, Field(ge=0)] = 14.0

    def live(self) -> LiveBudget:
        """Return a full quota."""
        return _Quota(self.size, self.cost, self.throttled, self.timed_out)

    def words(self) -> str:
        """Return the budget in words."""
        return f"AWS retry quota: {self.size:g}, a retry {self.cost:g}, given back if the call is ok"


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

    def succeeded(self, last_cost: float, _at_s: float = 0.0, /) -> None:
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

    def words(self) -> str:
        """Return the budget in words."""
        return f"gRPC throttling: {self.tokens:g} tokens, + {self.ratio:g} an ok call, − 1 a failed try"


class _Throttle(LiveBudget):
    __slots__ = ("_ratio", "_size", "_thousandths")

    def __init__(self, size: float, ratio: float) -> None:
        self._size, self._ratio = round(1000 * size), int(1000 * ratio + SLACK)
        self._thousandths = self._size

    @property
    def tokens(self) -> float:
        return self._thousandths / 1000

    def try_failed(self) -> None:
        self._thousandths = max(0, self._thousandths - 1000)

    def spend(self, _reply: Reply, /) -> float | None:
        return 0.0 if 2 * self._thousandths > self._size else None

    def succeeded(self, _last_cost: float, _at_s: float = 0.0, /) -> None:
        self._thousandths = min(self._size, self._thousandths + self._ratio)

    def snapshot(self) -> dict[str, Any]:
        return {"tokens": self.tokens}

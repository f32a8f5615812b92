"""Limits on how often a client sends: asked before every try, first ones too; a wait, never a refusal."""

from __future__ import annotations

import math
from collections.abc import Generator
from typing import Annotated, Any, Literal, Protocol, TypeAlias

from pydantic import Discriminator, Field, Tag

from sim.policy.part import Part
from sim.policy.steps import Reply, Step, Wait
from sim.quantities import Rate, show_duration

__all__ = ["AnyRate", "AwsAdaptive", "LiveRate", "Paced", "TokenRate", "paced"]

_SLACK = 1e-9  # a wait for one token must yield one, whatever its last bit

Paced: TypeAlias = Generator[Step, Reply, float]


class LiveRate(Protocol):
    """One client's rate."""

    def wait_s(self, at_s: float) -> float:
        """Return 0 and count a try, or return how long to wait before asking again."""
        ...

    def told(self, reply: Reply) -> None:
        """Hear of a reply."""
        ...

    def snapshot(self) -> dict[str, Any]:
        """Return the state as plain values."""
        ...


def paced(rate: LiveRate, at_s: float, ends_s: float) -> Paced:
    """Wait until a try may be sent; return that instant, without a wait if it is not before `ends_s`."""
    while (wait_s := rate.wait_s(at_s)) > 0:
        if at_s + wait_s >= ends_s:
            return at_s + wait_s
        reply = yield Wait(wait_s)
        at_s = reply.at_s
    return at_s


class _Tokens:
    """A bucket that fills by the second."""

    __slots__ = ("_at_s", "capacity", "fill_per_s", "tokens")

    def __init__(self, fill_per_s: float, capacity: float, tokens: float) -> None:
        self.fill_per_s, self.capacity, self.tokens = fill_per_s, capacity, tokens
        self._at_s: float | None = None

    def fill(self, at_s: float) -> None:
        if self._at_s is not None:
            self.tokens = min(self.capacity, self.tokens + max(0.0, at_s - self._at_s) * self.fill_per_s)
        self._at_s = at_s

    def wait_s(self, at_s: float) -> float:
        self.fill(at_s)
        if self.tokens < 1 - _SLACK:
            return (1 - self.tokens) / self.fill_per_s
        self.tokens = max(0.0, self.tokens - 1)
        return 0.0


class TokenRate(Part):
    """At most `rate` tries a second in the long run, `burst` at once.

    Source: client-go 0.37.2 `rest/config.go` (5/s, 10), `util/flowcontrol/throttle.go`.
    """

    kind: Literal["token-bucket"] = "token-bucket"
    rate: Rate
    burst: Annotated[float, Field(ge=1)] = 1.0

    def live(self) -> LiveRate:
        """Return a full bucket."""
        return _Steady(_Tokens(self.rate, self.burst, self.burst))

    def words(self) -> str:
        """Return the limit in words."""
        return f"waits so as to send at most {self.rate:g} tries a second, {self.burst:g} at once"


class _Steady:
    __slots__ = ("_tokens",)

    def __init__(self, tokens: _Tokens) -> None:
        self._tokens = tokens

    def wait_s(self, at_s: float) -> float:
        return self._tokens.wait_s(at_s)

    def told(self, _reply: Reply) -> None:
        """Hear nothing of interest."""

    def snapshot(self) -> dict[str, Any]:
        return {"tokens": self._tokens.tokens}


class AwsAdaptive(Part):
    """The rate limiter of the AWS SDKs' adaptive mode; off until the first throttling reply (status 429).

    Source: botocore 1.44.8 `retries/adaptive.py`, `retries/throttling.py`, `retries/bucket.py`: CUBIC with beta 0.7
    and scale 0.4; the rate of replies is measured in half seconds, smoothed with 0.8; at least 0.5/s is granted.
    """

    kind: Literal["aws-adaptive"] = "aws-adaptive"

    def live(self) -> LiveRate:
        """Return one that is off."""
        return _Cubic()

    def words(self) -> str:
        """Return the limit in words."""
        least = show_duration(1 / _LEAST_PER_S)
        return f"after a 429 waits so as to send as fast as AWS's CUBIC lets it, one try in {least} at least"


_BETA, _SCALE = 0.7, 0.4
_SMOOTHING, _BUCKET_S = 0.8, 0.5
_LEAST_PER_S = 0.5


class _Cubic:
    __slots__ = ("_bucket", "_count", "_failed_s", "_k_s", "_most", "_tokens", "measured_per_s", "on")

    def __init__(self) -> None:
        self._tokens = _Tokens(1.0, 1.0, 0.0)
        self.on = False
        self.measured_per_s = 0.0
        self._bucket: float | None = None
        self._count = 0
        self._failed_s = self._most = self._k_s = 0.0

    def wait_s(self, at_s: float) -> float:
        if self._bucket is None:  # botocore's clocks start with the client, these with its first try
            self._bucket, self._failed_s = float(math.floor(at_s)), at_s
            self._tokens.fill(at_s)
        return self._tokens.wait_s(at_s) if self.on else 0.0

    def told(self, reply: Reply) -> None:
        self._measure(reply.at_s)
        if reply.result == "status" and reply.status == 429:
            measured = self.measured_per_s
            self._most = min(measured, self._tokens.fill_per_s) if self.on else measured
            self._k_s = (self._most * (1 - _BETA) / _SCALE) ** (1 / 3)
            self._failed_s = reply.at_s
            self.on = True
            per_s = self._most * _BETA
        else:
            per_s = _SCALE * (reply.at_s - self._failed_s - self._k_s) ** 3 + self._most
        # Also while it is off: tokens are there when the first throttling comes.
        self._grant(reply.at_s, min(per_s, 2 * self.measured_per_s))

    def _measure(self, at_s: float) -> None:
        bucket = math.floor(at_s / _BUCKET_S) * _BUCKET_S
        self._count += 1
        if self._bucket is None:
            self._bucket = bucket
        elif bucket > self._bucket:
            rate = self._count / (bucket - self._bucket)
            self.measured_per_s = _SMOOTHING * rate + (1 - _SMOOTHING) * self.measured_per_s
            self._count, self._bucket = 0, bucket

    def _grant(self, at_s: float, per_s: float) -> None:
        tokens = self._tokens
        tokens.fill(at_s)
        tokens.fill_per_s, tokens.capacity = max(_LEAST_PER_S, per_s), max(1.0, per_s)
        tokens.tokens = min(tokens.tokens, tokens.capacity)

    def snapshot(self) -> dict[str, Any]:
        return {"on": self.on, "per_s": self._tokens.fill_per_s, "tokens": self._tokens.tokens}


AnyRate: TypeAlias = Annotated[
    Annotated[TokenRate, Tag("token-bucket")] | Annotated[AwsAdaptive, Tag("aws-adaptive")], Discriminator("kind")
]

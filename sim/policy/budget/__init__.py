"""Retry budgets: what keeps a client's retries from multiplying a failure.

Each kind has a live state, one per client, told at the moments of a call (`live.LiveBudget`). A kind is a class with
`live` and `words`, and a line in `AnyBudget`.
"""

from __future__ import annotations

from typing import Annotated, TypeAlias

from pydantic import Discriminator, Tag

from sim.policy.budget.live import LiveBudget
from sim.policy.budget.places import Concurrent, EnvoyBudget, FailsafeBudget
from sim.policy.budget.shares import FailureShare, RetryRate, RetryShare, ShareOfCalls
from sim.policy.budget.tokens import AwsQuota, Grpc, TokenBucket

__all__ = [
    "AnyBudget", "AwsQuota", "Concurrent", "EnvoyBudget", "FailsafeBudget", "FailureShare", "Grpc", "LiveBudget",
    "RetryRate", "RetryShare", "ShareOfCalls", "TokenBucket",
]  # fmt: skip

AnyBudget: TypeAlias = Annotated[
    Annotated[TokenBucket, Tag("token-bucket")]
    | Annotated[AwsQuota, Tag("aws-quota")]
    | Annotated[Grpc, Tag("grpc")]
    | Annotated[ShareOfCalls, Tag("share")]
    | Annotated[RetryShare, Tag("retry-share")]
    | Annotated[RetryRate, Tag("retry-rate")]
    | Annotated[FailureShare, Tag("failure-share")]
    | Annotated[Concurrent, Tag("concurrent")]
    | Annotated[EnvoyBudget, Tag("envoy")]
    | Annotated[FailsafeBudget, Tag("failsafe")],
    Discriminator("kind"),
]

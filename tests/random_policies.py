"""Policies, and ways in which attempts end, made up by hypothesis."""

from __future__ import annotations

from hypothesis import strategies as st
from scripted import End

from sim.policy import FAILURES, Fallback, Hedging, Layers, Once, Retry
from sim.policy.backoff import Exponential, Finagle, Fixed, Immediate, Linear, Polly, Steps
from sim.policy.breaker import Consecutive, TimeWindow, Total, Window
from sim.policy.budget import (
    AwsQuota,
    Concurrent,
    EnvoyBudget,
    FailsafeBudget,
    FailureShare,
    Grpc,
    RetryRate,
    RetryShare,
    ShareOfCalls,
    TokenBucket,
)
from sim.policy.latencies import Percentile
from sim.policy.limit import AimdLimit, Bulkhead, Gradient2Limit, VegasLimit
from sim.policy.rate import AwsAdaptive, TokenRate
from sim.policy.retry import RETRY_ON
from sim.policy.throttle import Throttle

__all__ = ["BACKOFFS", "BREAKERS", "BUDGETS", "ENDS", "HEDGES", "LAYERS", "LIMITS", "RETRIES", "SCRIPTS", "UNIFORM"]

UNIFORM = st.floats(0.0, 1.0, exclude_min=True, exclude_max=True)
_TIME = st.floats(0.01, 3.0)
_COUNT = st.integers(1, 4)


def _maybe(strategy):
    return st.none() | strategy


_JITTERS = st.sampled_from([
    {}, {"jitter": "full"}, {"jitter": "equal"}, {"jitter": "proportional", "spread": 0.2},
    {"jitter": "stretched", "spread": 0.5}, {"jitter": "additive", "adds": 0.5}, {"least": 0.2}, {"caps_jitter": True},
])  # fmt: skip

BACKOFFS = st.one_of(
    st.builds(Immediate),
    st.builds(lambda wait, jitter: Fixed(wait=wait, **jitter), _TIME, _JITTERS),
    st.builds(lambda base, cap, jitter: Linear(base=base, cap=cap, **jitter), _TIME, _maybe(_TIME), _JITTERS),
    st.builds(lambda base, cap, jitter: Exponential(base=base, cap=cap, **jitter), _TIME, _maybe(_TIME), _JITTERS),
    st.builds(Exponential, base=_TIME, cap=_TIME, jitter=st.just("decorrelated")),
    st.builds(Steps, waits=st.lists(_TIME, min_size=1, max_size=3).map(tuple)),
    st.builds(Polly, base=_TIME, cap=_maybe(_TIME)),
    st.builds(
        Finagle, jitter=st.sampled_from(["decorrelated", "equal", "exponential"]), start=_TIME, cap=st.floats(3.0, 9.0)
    ),
)

BUDGETS = st.one_of(
    st.builds(TokenBucket, size=st.floats(0.5, 5), earn=st.floats(0, 1), strict=st.booleans()),
    st.builds(AwsQuota, size=st.floats(1, 40)),
    st.builds(Grpc, tokens=st.floats(1, 6), ratio=st.floats(0.01, 1)),
    st.builds(ShareOfCalls, floor=st.floats(0, 1), over=_TIME, of=st.sampled_from(["calls", "answers"])),
    st.builds(RetryShare, share=st.floats(0.1, 1), over=_maybe(_TIME)),
    st.builds(RetryRate, retries=_COUNT, over=_TIME),
    st.builds(FailureShare, share=st.floats(0.1, 1)),
    st.builds(Concurrent, limit=_COUNT),
    st.builds(EnvoyBudget, share=st.floats(0, 1), least=st.integers(0, 3)),
    st.builds(FailsafeBudget, share=st.floats(0, 1), least=st.integers(0, 3)),
)

_REST = _TIME | st.builds(Exponential, base=_TIME, cap=_TIME, jitter=st.just("equal"))
BREAKERS = st.one_of(
    st.builds(Consecutive, failures=_COUNT, rest=_REST, trials=_COUNT, every=_maybe(_TIME)),
    st.builds(Total, failures=_COUNT, rest=_REST, trials=_COUNT, every=_maybe(_TIME)),
    st.builds(Window, size=_COUNT, share=st.floats(0.1, 1), rest=_REST, trials=_COUNT, slower_than=_maybe(_TIME)),
    st.builds(TimeWindow, over=_TIME, minimum=_COUNT, rest=_REST, trials=_COUNT, slower_than=_maybe(_TIME)),
)

LIMITS = st.one_of(
    st.builds(Bulkhead, limit=_COUNT),
    st.builds(Bulkhead, limit=_COUNT, queue=_COUNT, waits=st.floats(0.01, 0.05)),
    st.builds(AimdLimit, start=_COUNT, least=st.just(1), window=st.sampled_from([0.0, 1.0])),
    st.builds(Gradient2Limit, start=_COUNT, least=st.just(1), window=st.sampled_from([0.0, 1.0])),
    st.builds(VegasLimit, start=_COUNT, window=st.sampled_from([0.0, 1.0])),
)
_THROTTLES = st.builds(Throttle, over=_TIME, accepts=st.floats(0.1, 1), counts=st.sampled_from(["requests", "replies"]))
_RATES = st.builds(TokenRate, rate=st.floats(0.5, 20), burst=st.floats(1, 5)) | st.builds(AwsAdaptive)
_REASONS = (
    st.just(RETRY_ON) | st.just(RETRY_ON) | st.lists(st.sampled_from(FAILURES), min_size=1, unique=True).map(tuple)
)
_GUARDS = {
    "breaker": _maybe(BREAKERS), "budget": _maybe(BUDGETS), "throttle": st.none() | st.none() | _THROTTLES,
    "limit": st.none() | st.none() | LIMITS, "deadline": _maybe(_TIME), "try_timeout": _maybe(_TIME),
}  # fmt: skip

RETRIES = st.builds(
    Retry, attempts=_COUNT, backoff=BACKOFFS, throttled=_maybe(BACKOFFS), rate=st.none() | st.none() | _RATES,
    retry_on=_REASONS, no_try_after=st.none() | st.none() | _TIME, stop_after=st.none() | st.none() | _TIME,
    maybe_done=st.sampled_from(["retried", "retried", "final"]), retry_after_resets=st.booleans(),
    retry_after=st.sampled_from(["wins", "at-least", "ignored"]), **_GUARDS,
)  # fmt: skip
HEDGES = st.builds(
    Hedging, attempts=_COUNT, next_at_once_on=_REASONS, **_GUARDS,
    after=st.sampled_from([0.0, 0.1, 1.0])
    | st.builds(Percentile, percentile=st.floats(0.1, 0.9), of_last=_COUNT, known_after=_COUNT),
)  # fmt: skip
LAYERS = st.recursive(
    RETRIES
    | HEDGES
    | st.builds(Once, try_timeout=_maybe(_TIME))
    | st.builds(Fallback, on=_REASONS, takes=st.sampled_from([0.0, 0.1])),
    lambda inner: st.builds(Layers, layers=st.lists(inner, min_size=2, max_size=3).map(tuple)),
    max_leaves=4,
)
"""Any policy of the language that ends, layers of layers included."""

_BAD = st.builds(
    End,
    took_s=st.floats(0.001, 2.0),
    result=st.sampled_from([r for r in FAILURES if r != "rejected"]),
    status=st.sampled_from([404, 429, 500, 503]),
    retry_after_s=_maybe(st.sampled_from([-1.0, 0.0, 0.5])),
    wrote=st.booleans(),
)
ENDS = _BAD | _BAD | st.builds(End, took_s=st.floats(0.001, 2.0))
SCRIPTS = st.lists(ENDS, max_size=6).map(lambda ends: [*ends, End(0.01)])
"""How attempts end; after so many of them all are ok, so that an endless retry has an end."""

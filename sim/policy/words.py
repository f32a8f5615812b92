"""A policy in words, for tables, reports and `policies show`."""

from __future__ import annotations

from collections.abc import Iterator

from sim.policy.backoff import Backoff, Exponential, Fixed, Immediate, Linear
from sim.policy.breaker import AnyBreaker, Consecutive
from sim.policy.budget import AnyBudget, AwsQuota, Concurrent, Grpc, ShareOfCalls, TokenBucket
from sim.policy.once import Once
from sim.policy.retry import RETRY_ON, RETRY_STATUS, Retry
from sim.quantities import show_duration

__all__ = ["describe"]


def describe(policy: Once | Retry) -> str:
    """Return what the policy does, in one line: what is as usual is not said."""
    return "; ".join(_once(policy) if isinstance(policy, Once) else _retry(policy))


def _once(policy: Once) -> Iterator[str]:
    yield "one attempt"
    if policy.try_timeout is not None:
        yield f"{show_duration(policy.try_timeout)} long at most"


def _retry(policy: Retry) -> Iterator[str]:
    yield "one attempt" if policy.attempts == 1 else f"{policy.attempts} attempts"
    if policy.try_timeout is not None:
        yield f"{show_duration(policy.try_timeout)} a try"
    if policy.deadline is not None:
        yield f"{show_duration(policy.deadline)} in all"
    if policy.attempts != 1:
        yield _backoff(policy.backoff)
    if policy.throttled is not None:
        yield f"after a 429 {_backoff(policy.throttled)}"
    if policy.retry_on != RETRY_ON:
        yield f"retries after {', '.join(policy.retry_on)}"
    if "status" in policy.retry_on and policy.retry_status != RETRY_STATUS:
        yield f"status {', '.join(map(str, policy.retry_status)) or 'of any code is an answer'}"
    if policy.breaker is not None:
        yield _breaker(policy.breaker)
    if policy.budget is not None:
        yield _budget(policy.budget)


def _backoff(backoff: Backoff) -> str:
    match backoff:
        case Immediate():
            return "no pause"
        case Fixed():
            words = f"{show_duration(backoff.wait)} between tries"
        case Linear():
            words = f"pauses of n × {show_duration(backoff.base)}"
        case Exponential():
            words = f"pauses of {show_duration(backoff.base)} × {backoff.factor:g}^(n−1)"
            if backoff.first is not None:
                words += f", the first {show_duration(backoff.first)}"
    if not isinstance(backoff, Fixed) and backoff.cap is not None:
        words += f" up to {show_duration(backoff.cap)}"
    if backoff.jitter == "proportional":
        return f"{words}, ± {100 * (backoff.spread or 0.0):g} %"
    return words if backoff.jitter == "none" else f"{words}, {backoff.jitter} jitter"


def _breaker(breaker: AnyBreaker) -> str:
    if isinstance(breaker, Consecutive):
        opens = f"{breaker.failures} failures in a row"
    else:
        least = "" if breaker.minimum is None else f" (of {breaker.minimum} at least)"
        opens = f"{100 * breaker.share:g} % failures in the last {breaker.size} tries{least}"
    trials = "one trial" if breaker.trials == 1 else f"{breaker.trials} trials"
    return f"breaker opens after {opens}, rests {show_duration(breaker.rest)}, then {trials}"


def _budget(budget: AnyBudget) -> str:
    match budget:
        case TokenBucket():
            return f"retry budget: {budget.size:g} tokens, + {budget.earn:g} a call, − {budget.cost:g} a retry"
        case AwsQuota():
            return f"AWS retry quota: {budget.size:g}, a retry {budget.cost:g}, given back if the call is ok"
        case Grpc():
            return f"gRPC throttling: {budget.tokens:g} tokens, + {budget.ratio:g} an ok call, − 1 a failed try"
        case ShareOfCalls():
            return f"retries at most {100 * budget.share:g} % of calls, and {budget.floor:g} a second besides"
        case Concurrent():
            return f"at most {budget.limit} retries at one time"

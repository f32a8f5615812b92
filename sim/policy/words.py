"""A policy in words, for tables, reports and `policies show`. What is as usual is not said."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from sim.policy.part import Part
from sim.quantities import show_duration

if TYPE_CHECKING:
    from sim.policy.base import AnyPolicy
    from sim.policy.retry import Retry

__all__ = ["describe", "guard_words", "retry_words"]


def describe(policy: AnyPolicy) -> str:
    """Return what the policy does, in one line."""
    return "; ".join(policy.words())


def guard_words(policy: Part, *names: str) -> Iterator[str]:
    """Yield the words of those of a policy's parts that it has."""
    for name in names:
        part = getattr(policy, name)
        if part is not None:
            yield part.words()


def retry_words(policy: Retry) -> Iterator[str]:
    """Yield what a retrying policy does: how often, how long, how far apart, after what, behind which guards."""
    yield "one attempt" if policy.attempts == 1 else f"{policy.attempts} attempts"
    yield from _times(policy)
    if policy.attempts != 1:
        yield policy.backoff.words()
    if policy.throttled is not None:
        yield f"after a 429 {policy.throttled.words()}"
    yield from _reasons(policy)
    yield from guard_words(policy, "breaker", "budget", "rate", "throttle", "limit")


def _times(policy: Retry) -> Iterator[str]:
    if policy.try_timeout is not None:
        grows = "" if policy.try_timeout_factor == 1 else f", each × {policy.try_timeout_factor:g}"
        most = "" if policy.try_timeout_max is None else f" up to {show_duration(policy.try_timeout_max)}"
        yield f"{show_duration(policy.try_timeout)} a try{grows}{most}"
    if policy.deadline is not None:
        yield f"{show_duration(policy.deadline)} in all"
    if policy.no_try_after is not None:
        yield f"none begun after {show_duration(policy.no_try_after)}"
    if policy.stop_after is not None:
        cut = ", the last pause cut to fit" if policy.cuts_last_pause else ""
        yield f"stops once {show_duration(policy.stop_after)} have passed{cut}"


def _reasons(policy: Retry) -> Iterator[str]:
    usual = type(policy).model_fields
    if policy.retry_on != usual["retry_on"].default:
        yield f"retries after {', '.join(policy.retry_on)}"
    if "status" in policy.retry_on and policy.retry_status != usual["retry_status"].default:
        yield f"status {', '.join(map(str, policy.retry_status)) or 'of any code is an answer'}"
    if policy.retry_after_status:
        yield f"status {', '.join(map(str, policy.retry_after_status))} where the server names a pause"
    if policy.maybe_done == "final":
        yield "what may have been done is not tried again"

"""Policies in words."""

from __future__ import annotations

import pytest

from sim.policy import Fallback, Hedging, Layers, Once, Retry, describe, policy_presets
from sim.policy.backoff import Exponential, Finagle, Fixed, Linear, Polly, Steps
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
from sim.policy.throttle import Throttle


@pytest.mark.parametrize(
    ("policy", "words"),
    [
        (Once(), "one attempt"),
        (Once(try_timeout=2.0), "one attempt; 2s long at most"),
        (
            Retry(attempts=6, deadline=60.0, backoff=Exponential(base=0.1, cap=10.0, jitter="full")),
            "6 attempts; 1m in all; pauses of 100ms × 2^(n−1) up to 10s, full jitter",
        ),
        (Retry(attempts=3, retry_on=("refused",)), "3 attempts; no pause; retries after refused"),
        (
            Retry(attempts=1, breaker=Window(size=10, share=0.5, minimum=5, rest=30.0, trials=2)),
            "one attempt; "
            "breaker opens after 50 % failures in the last 10 tries (of 5 at least), rests 30s, then 2 trials",
        ),
        (
            Retry(attempts=2, backoff="1s", budget=TokenBucket(size=5)),
            "2 attempts; 1s between tries; retry budget: 5 tokens, + 0.1 a call, − 1 a retry",
        ),
        (
            Retry(
                attempts="unlimited", try_timeout=1.0, try_timeout_factor=2.0, try_timeout_max=9.0, no_try_after=60.0
            ),
            "unlimited attempts; 1s a try, each × 2 up to 9s; none begun after 1m; no pause",
        ),
        (
            Retry(attempts=2, stop_after=45.0, cuts_last_pause=True, maybe_done="final", retry_after_status=(503,)),
            "2 attempts; stops once 45s have passed, the last pause cut to fit; no pause; "
            "status 503 where the server names a pause; what may have been done is not tried again",
        ),
        (Hedging(after=0.01, deadline=2.0), "up to 2 copies, the next after 10ms; 2s in all"),
        (
            Hedging(after=Percentile(percentile=0.95), attempts=3, next_at_once_on=(), try_timeout=1.0),
            "up to 3 copies, the next after the 95 % quantile of its latencies (at least 1ms); 1s a copy; "
            "any failure ends the call",
        ),
        (
            Hedging(after=0.0, next_at_once_on=("refused",)),
            "up to 2 copies, the next after 0s; refused starts the next",
        ),
        (Fallback(), "after any failure a fallback answers"),
        (Fallback(on=("rejected",), takes=0.1), "after rejected a fallback answers, which takes 100ms"),
        (Layers(layers=(Once(try_timeout=30.0), Once())), "[one attempt; 30s long at most] ⟶ [one attempt]"),
    ],
)
def test_a_policy_says_what_it_does(policy, words):
    """What is as usual is not said."""
    assert describe(policy) == words


@pytest.mark.parametrize(
    ("backoff", "words"),
    [
        (Fixed(wait=1.0, jitter="proportional", spread=0.2), "1s between tries, ± 20 %"),
        (Linear(base=1.0, cap=5.0, jitter="stretched", spread=0.5), "pauses of n × 1s up to 5s, up to 50 % longer"),
        (Exponential(base=0.1, jitter="additive", adds=1.0), "pauses of 100ms × 2^(n−1), and up to 1s more"),
        (Exponential(base=0.5, first=0.0, least=0.5), "pauses of 500ms × 2^(n−1), the first 0s, at least 500ms"),
        (Steps(waits=(1.0, 2.0)), "pauses of 1s, 2s"),
        (Steps(waits=(1.0,) * 9), "pauses of 1s, 1s, 1s, 1s, 1s, 1s …"),
        (Polly(cap=9.0), "pauses around 2s × 2^(n−1) up to 9s, jittered as Polly does"),
        (Finagle(jitter="equal", start=5.0, cap=300.0), "pauses from 5s up to 5m, Finagle's equal jitter"),
    ],
)
def test_pauses_in_words(backoff, words):
    """What a person would say who reads the schedule aloud."""
    assert backoff.words() == words


@pytest.mark.parametrize(
    ("breaker", "words"),
    [
        (Consecutive(failures=5, rest=30.0), "5 failures in a row, rests 30s, then one trial"),
        (Consecutive(failures=5, every=60.0, rest=30.0), "5 failures in a row within 1m, rests 30s, then one trial"),
        (Total(failures=5, rest=30.0), "5 failures since it was closed, rests 30s, then one trial"),
        (
            TimeWindow(over=30.0, share=0.1, minimum=100, rest=5.0, slower_than=1.0),
            "10 % failures or 100 % slower than 1s within 30s (of 100 at least), rests 5s, then one trial",
        ),
        (
            Consecutive(failures=7, rest=Exponential(base=1.0, cap=60.0)),
            "7 failures in a row, rests with pauses of 1s × 2^(n−1) up to 1m, then one trial",
        ),
    ],
)
def test_breakers_in_words(breaker, words):
    """When it opens, how long it rests, and how it comes back."""
    assert breaker.words() == f"breaker opens after {words}"


GUARDS = [
    *({"budget": kind()} for kind in (AwsQuota, Grpc, ShareOfCalls, RetryShare, RetryRate, FailureShare, Concurrent)),
    {"budget": ShareOfCalls(of="answers")}, {"budget": EnvoyBudget()}, {"budget": FailsafeBudget()},
    {"budget": TokenBucket(size=5)}, {"budget": TokenBucket(size=5, strict=True)}, {"throttle": Throttle()},
    {"limit": Bulkhead(limit=25)}, {"limit": Bulkhead(limit=25, queue=5, waits=1.0)}, {"limit": AimdLimit()},
    {"limit": Gradient2Limit()}, {"limit": VegasLimit()}, {"rate": AwsAdaptive()}, {"rate": TokenRate(rate=5.0)},
]  # fmt: skip


def test_every_guard_has_words_of_its_own():
    """Two policies that differ in a guard are told apart, and the words stand behind those of the policy."""
    plain = describe(Retry(attempts=2))
    said = [describe(Retry(attempts=2, **guard)) for guard in GUARDS]
    assert all(words.startswith(f"{plain}; ") for words in said)
    assert len(set(said)) == len(GUARDS)


def test_presets_that_behave_differently_read_differently():
    """Each description is one line, and equal words mean equal policies but for what the words leave out."""
    words = {name: describe(policy) for name, policy in policy_presets().items()}
    assert all("\n" not in line for line in words.values())
    assert words["aws-standard"] != words["aws-standard-old"]
    assert words["none"] == words["busybox-wget"] == "one attempt"

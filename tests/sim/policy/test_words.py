"""Policies in words."""

from __future__ import annotations

import pytest

from sim.policy import Once, Retry, describe, policy_presets
from sim.policy.backoff import Exponential
from sim.policy.breaker import Window
from sim.policy.budget import Concurrent, Grpc, ShareOfCalls, TokenBucket


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
    ],
)
def test_a_policy_says_what_it_does(policy, words):
    """What is as usual is not said."""
    assert describe(policy) == words


@pytest.mark.parametrize("budget", [Grpc(), ShareOfCalls(), Concurrent()])
def test_every_budget_has_its_words(budget):
    """Two policies that differ in their budget are told apart."""
    assert describe(Retry(attempts=2, budget=budget)).startswith(describe(Retry(attempts=2)) + "; ")


def test_presets_that_behave_differently_read_differently():
    """Each description is one line, and equal words mean equal policies but for what the words leave out."""
    words = {name: describe(policy) for name, policy in policy_presets().items()}
    assert all("\n" not in line for line in words.values())
    assert words["aws-standard"] != words["aws-standard-old"]
    assert words["none"] == words["busybox-wget"] == "one attempt"

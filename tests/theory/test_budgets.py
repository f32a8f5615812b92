"""Retry budgets against exact values: the stationary state of each chain, at several parameters."""

from __future__ import annotations

import numpy as np
import pytest
from exact import REPLICATIONS, assert_agrees, flips, play, stationary

from sim.policy import Retry
from sim.policy.budget import Grpc, ShareOfCalls, TokenBucket


def bucket_chain(size: int, cost: int, loss: float) -> float:
    """Return P(balance after the deposit ≥ cost), from the stationary distribution over the balance between calls."""
    step = np.zeros((size + 1, size + 1))
    for balance in range(size + 1):
        after = min(size, balance + 1)
        step[balance, after] += 1 - loss
        step[balance, after - cost if after >= cost else after] += loss
    return float(sum(p for balance, p in enumerate(stationary(step)) if min(size, balance + 1) >= cost))


@pytest.mark.parametrize(("cost", "size", "loss"), [(5, 100, 0.1), (5, 100, 0.3), (10, 50, 0.5), (4, 12, 0.4)])
def test_token_bucket(cost, size, loss):
    """+1 a call, −m a retry, one retry: attempts 1 + p·P(balance ≥ m), share ok 1 − p + p(1−p)·P(balance ≥ m)."""
    granted = bucket_chain(size, cost, loss)
    policy = Retry(attempts=2, budget=TokenBucket(size=size, earn=1.0, cost=cost))
    tries, oks = [], []
    for seed in range(REPLICATIONS):
        attempt, shared = flips(seed, loss), policy.new_shared()
        ends = [play(policy, attempt, shared=shared)[0] for _ in range(1500)][600:]  # from a full to a settled bucket
        tries.append(np.mean([end.attempts for end in ends]))
        oks.append(np.mean([end.outcome == "ok" for end in ends]))
    assert_agrees(tries, 1 + loss * granted)
    assert_agrees(oks, 1 - loss + loss * (1 - loss) * granted)


@pytest.mark.parametrize(("ratio", "loss"), [(0.2, 0.1), (0.2, 0.6), (0.1, 0.95), (0.5, 0.3)])
def test_budget_as_a_share_of_calls(ratio, loss):
    """Fluid limit of a budget with unlimited attempts: 1 + min(r, p/(1−p)); within 2 % (finite windows)."""
    policy = Retry(attempts="unlimited", deadline=1.0, budget=ShareOfCalls(share=ratio, floor=0.0, over=10.0))
    samples = []
    for seed in range(REPLICATIONS):
        attempt, shared = flips(seed, loss), policy.new_shared()
        ends = [play(policy, attempt, shared=shared, now_s=n / 100)[0].attempts for n in range(2500)]
        samples.append(np.mean(ends[1000:]))
    assert np.mean(samples) == pytest.approx(1 + min(ratio, loss / (1 - loss)), rel=0.02)


def throttle_chain(tokens: int, tenths: int, loss: float) -> float:
    """Return the share of calls that make a second try, by the chain over tenths of tokens; two attempts a call."""
    size = 10 * tokens
    step, second = np.zeros((size + 1, size + 1)), np.zeros(size + 1)
    for balance in range(size + 1):
        step[balance, min(size, balance + tenths)] += 1 - loss
        failed = max(0, balance - 10)
        if 2 * failed <= size:
            step[balance, failed] += loss
            continue
        second[balance] = loss
        step[balance, min(size, failed + tenths)] += loss * (1 - loss)
        step[balance, max(0, failed - 10)] += loss * loss
    return float(stationary(step) @ second)


@pytest.mark.parametrize(("tokens", "ratio", "loss"), [(10, 0.1, 0.05), (10, 0.5, 0.2), (4, 0.3, 0.1)])
def test_grpc_throttling(tokens, ratio, loss):
    """Attempts per call 1 + Σ π_b p 1{tokens after the failure > max/2}, π the chain's stationary distribution."""
    policy = Retry(attempts=2, budget=Grpc(tokens=tokens, ratio=ratio))
    extra = []
    for seed in range(REPLICATIONS):
        attempt, shared = flips(seed, loss), policy.new_shared()
        ends = [play(policy, attempt, shared=shared)[0].attempts - 1 for _ in range(2000)]
        extra.append(np.mean(ends[500:]))
    assert_agrees(extra, throttle_chain(tokens, round(10 * ratio), loss), power=0.05)


def test_grpc_throttling_switches_retries_off_for_good():
    """At 30 % failures the tokens never stay above the half: 1.9·10⁻¹⁰ retries a call, so none in 40 000."""
    policy = Retry(attempts=2, budget=Grpc(tokens=10, ratio=0.1))
    assert throttle_chain(10, 1, 0.3) == pytest.approx(1.87e-10, rel=0.01)
    attempt, shared = flips(1, 0.3), policy.new_shared()
    ends = [play(policy, attempt, shared=shared)[0].attempts for _ in range(40_000)]
    assert set(ends[1000:]) == {1}


def test_the_chains_come_to_the_reference_values():
    """The tests' own chains, at parameters whose values were computed by a second route elsewhere."""
    assert [1 + p * bucket_chain(size, cost, p) for cost, size, p in ((5, 100, 0.1), (5, 100, 0.3), (10, 50, 0.5))] == (
        pytest.approx([1.0999999999999903, 1.1999999999842852, 1.0999999999999905], rel=1e-10)
    )
    assert 1 + throttle_chain(10, 1, 0.05) == pytest.approx(1.0495376947824262, rel=1e-10)

"""Retry budgets."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.policy import Reply
from sim.policy.budget import AwsQuota, Concurrent, Grpc, ShareOfCalls, TokenBucket

FAILED = Reply(0.0, "refused")


def test_a_token_bucket_starts_full_earns_by_calls_and_pays_for_retries():
    """Two retries from a bucket of two, a third only after ten calls at 0.1 each."""
    budget = TokenBucket(size=2, earn=0.1, cost=1).live()
    assert [budget.spend(FAILED) for _ in range(3)] == [1.0, 1.0, None]
    for _ in range(10):
        budget.started(0.0)
    assert (budget.spend(FAILED), budget.spend(FAILED), budget.tokens) == (1.0, None, 0.0)


def test_an_aws_quota_charges_by_the_kind_of_failure_and_refunds_the_last_cost():
    """A throttled retry costs less, a timeout may cost more, success gives the last cost back, else 1."""
    budget = AwsQuota(size=100, cost=14, throttled=5, timed_out=20).live()
    costs = [budget.spend(reply) for reply in (FAILED, Reply(0.0, "status", 429), Reply(0.0, "timeout"))]
    assert (costs, budget.tokens) == ([14, 5, 20], 61)
    budget.succeeded(20.0)
    budget.succeeded(0.0)
    assert budget.tokens == 82
    assert AwsQuota(size=10).live().spend(FAILED) is None


def test_grpc_throttling_stops_at_half_and_recovers_by_successes():
    """Ten tokens: five failures reach the half, from which only successes lead back."""
    budget = Grpc(tokens=10, ratio=0.5).live()
    granted = []
    for _ in range(5):
        budget.try_failed()
        granted.append(budget.spend(FAILED))
    assert granted == [0.0, 0.0, 0.0, 0.0, None]
    budget.succeeded(0.0)
    assert (budget.spend(FAILED), budget.tokens) == (0.0, 5.5)


def test_a_share_of_calls_forgets_what_is_older_than_its_window():
    """A fifth of 20 calls is 4 retries; ten seconds later those calls no longer count."""
    budget = ShareOfCalls(share=0.2, floor=0, over=10.0).live()
    for _ in range(20):
        budget.started(0.5)
    assert [budget.spend(Reply(5.0, "refused")) is not None for _ in range(5)] == [True] * 4 + [False]
    later = ShareOfCalls(share=0.2, floor=0, over=10.0).live()
    for _ in range(20):
        later.started(0.5)
    assert later.spend(Reply(9.9, "refused")) is not None
    assert later.spend(Reply(10.1, "refused")) is None


def test_the_floor_grants_retries_without_calls():
    """Ten a second over ten seconds: a hundred retries in any window (Finagle's reserve)."""
    budget = ShareOfCalls(share=0.2, floor=10, over=10.0).live()
    assert sum(budget.spend(FAILED) is not None for _ in range(200)) == 100


def test_a_gap_longer_than_the_window_empties_it_once():
    """A silence of a million windows costs no more than one, and leaves nothing behind."""
    budget = ShareOfCalls(share=0.5, floor=0, over=1.0).live()
    for _ in range(8):
        budget.started(-3.0)
    budget.started(1e6)
    assert budget.snapshot() == {"balance": 1.0}


def test_concurrent_places_are_held_until_the_retry_is_over():
    """Three at one time; the fourth only when one has ended."""
    budget = Concurrent(limit=3).live()
    assert [budget.spend(FAILED) for _ in range(4)] == [0.0, 0.0, 0.0, None]
    budget.retry_ended()
    assert (budget.spend(FAILED), budget.snapshot()["active"]) == (0.0, 3)


@pytest.mark.parametrize("kind", [TokenBucket(size=3), AwsQuota(size=30), Grpc(tokens=3, ratio=0.7)])
@given(moments=st.lists(st.sampled_from(["started", "failed", "spend", "ok"]), max_size=100))
def test_tokens_stay_between_nothing_and_the_size(kind, moments):
    """Whatever happens in whatever order, no bucket is overdrawn and none overflows."""
    budget = kind.live()
    size = budget.tokens
    for moment in moments:
        match moment:
            case "started":
                budget.started(0.0)
            case "failed":
                budget.try_failed()
            case "spend":
                budget.spend(FAILED)
            case "ok":
                budget.succeeded(14.0)
        assert 0 <= budget.tokens <= size

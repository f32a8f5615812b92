"""Retry budgets."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.policy import Reply
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


def test_a_strict_bucket_never_gives_its_last_token():
    """The simulator of the source asks for more than one token: a bucket of 2 grants one retry, not two."""
    assert [TokenBucket(size=2, strict=strict).live().spend(FAILED) for strict in (True, False)] == [1.0, 1.0]
    strict = TokenBucket(size=2, strict=True).live()
    strict.spend(FAILED)
    assert strict.spend(FAILED) is None


def test_a_service_profile_earns_by_answers_not_by_calls():
    """Linkerd deposits when a response is not to be retried: ok, or a failure that no retry is made of."""
    budget = ShareOfCalls(share=0.5, floor=0, over=10.0, of="answers").live()
    for _ in range(4):
        budget.started(0.0)
    assert budget.spend(FAILED) is None
    budget.succeeded(0.0, 0.0)
    budget.answered(0.0)
    assert (budget.spend(FAILED), budget.spend(FAILED)) == (2.0, None)


def test_a_share_of_retries_counts_retries_among_the_tries():
    """The SRE book's client: one retry among ten tries is a tenth and no more; with the eleventh it is below."""
    budget = RetryShare(share=0.1).live()
    granted = []
    for calls in (1, 8, 1):
        for _ in range(calls):
            budget.started(0.0)
        granted.append([budget.spend(FAILED) is not None for _ in range(2)])
    assert granted == [[True, False], [False, False], [True, False]]
    windowed = RetryShare(share=0.1, over=10.0).live()
    windowed.started(0.0)
    windowed.spend(FAILED)
    windowed.started(20.0)
    assert windowed.spend(FAILED._replace(at_s=20.0)) is not None


def test_a_rate_of_retries_is_that_of_a_minute():
    """Two a minute: the third waits until the first is a minute old."""
    budget = RetryRate(retries=2, over=60.0).live()
    asked = [FAILED._replace(at_s=at_s) for at_s in (0.5, 30.5, 59.5, 60.5, 61.5, 90.5)]
    assert [budget.spend(reply) is not None for reply in asked] == [True, True, False, True, False, True]


def test_a_share_of_failures_ends_retries_when_many_fail():
    """Failed tries at most a tenth of the calls, this failure included."""
    budget = FailureShare(share=0.1).live()
    for _ in range(10):
        budget.started(0.0)
    budget.try_failed()
    assert budget.spend(FAILED) == 0.0
    budget.try_failed()
    assert budget.spend(FAILED) is None


@pytest.mark.parametrize(("tries", "granted"), [(0, 3), (19, 3), (20, 4), (24, 4), (25, 5)])
def test_envoys_budget_is_a_share_of_the_tries_under_way(tries, granted):
    """20 % of active requests, rounded down, but three at least; a retry that waits is no request yet."""
    budget = EnvoyBudget(share=0.2, least=3).live()
    for _ in range(tries):
        budget.started(0.0)
    assert sum(budget.spend(FAILED) is not None for _ in range(10)) == granted
    assert budget.snapshot()["under_way"] == tries


def test_envoys_budget_follows_each_try():
    """Sent, it counts as a request; ended, given up or never sent, it does not."""
    budget = EnvoyBudget(share=1.0, least=0).live()
    counts = []
    for moment in (
        lambda: budget.started(0.0), lambda: budget.started(0.0), budget.try_failed, lambda: budget.spend(FAILED),
        budget.retry_sent, lambda: budget.succeeded(0.0, 0.0), budget.retry_ended, budget.abandoned,
    ):  # fmt: skip
        moment()
        counts.append((budget.under_way, budget.active))
    assert counts == [(1, 0), (2, 0), (1, 0), (1, 1), (2, 1), (1, 1), (1, 0), (0, 0)]


@pytest.mark.parametrize(("calls", "granted"), [(1, 3), (11, 3), (12, 4), (19, 5)])
def test_failsafes_budget_is_a_share_of_the_executions(calls, granted):
    """Three, and further ones while retries are at most 20 % of the executions under way, themselves included."""
    budget = FailsafeBudget(share=0.2, least=3).live()
    for _ in range(calls):
        budget.started(0.0)
    assert sum(budget.spend(FAILED) is not None for _ in range(20)) == granted
    budget.ended()
    assert budget.snapshot()["under_way"] == calls - 1


def test_a_budget_of_executions_counts_what_is_beside_what():
    """With none of the least, a first retry is always granted: no share is above 20 % of one call."""
    assert FailsafeBudget(share=0.2, least=0).live().spend(FAILED) == 0.0


@given(calls=st.integers(0, 300), failing=st.floats(0, 1), size=st.integers(1, 9), earn=st.floats(0.01, 1))
def test_a_bucket_bounds_the_retries_of_any_traffic(calls, failing, size, earn):
    """However many calls fail, there are at most size + earn · calls retries."""
    budget, retries = TokenBucket(size=size, earn=earn).live(), 0
    for _ in range(calls):
        budget.started(0.0)
        while budget.spend(FAILED) is not None:
            retries += 1
    assert retries <= size + earn * calls + 1e-6


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

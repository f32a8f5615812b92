"""What outlives a call."""

from __future__ import annotations

from sim.policy import Guards, Reply, Retry
from sim.policy.breaker import Consecutive
from sim.policy.budget import TokenBucket

BREAKER = Consecutive(failures=1, rest=10.0)


def test_a_policy_with_neither_breaker_nor_budget_shares_nothing():
    """Nothing to share is None."""
    assert Retry(attempts=3).new_shared() is None


def test_every_client_gets_its_own_state(play):
    """One client's open breaker says nothing to another's."""
    policy = Retry(attempts=1, breaker=BREAKER)
    mine, other = policy.new_shared(), policy.new_shared()
    play(policy, [Reply(0.0, "refused")], shared=mine)
    assert (mine.breaker.state, other.breaker.state) == ("open", "closed")


def test_changes_of_the_breaker_can_be_heard(play):
    """`on_change` gets the instant, the old and the new state."""
    policy = Retry(attempts=1, breaker=BREAKER)
    shared, heard = policy.new_shared(), []
    shared.on_change = lambda *change: heard.append(change)
    play(policy, [Reply(0.0, "refused", took_s=2.0)], shared=shared, now_s=5.0)
    assert heard == [(7.0, "closed", "open")]
    assert shared.on_change is not None


def test_without_a_breaker_there_is_nothing_to_hear():
    """Setting the ear of a client without a breaker is harmless."""
    shared = Guards(None, TokenBucket(size=1).live())
    shared.on_change = print
    assert shared.on_change is None


def test_a_snapshot_holds_what_there_is():
    """Both states as plain values."""
    shared = Retry(attempts=2, breaker=BREAKER, budget=TokenBucket(size=5)).new_shared()
    snapshot = shared.snapshot()
    assert snapshot["breaker"]["state"] == "closed"
    assert snapshot["budget"]["tokens"] == 5

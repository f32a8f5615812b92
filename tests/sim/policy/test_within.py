"""Calls cut to what is left."""

from __future__ import annotations

import math

import pytest
from scripted import End, middle, run

from sim.policy import Hedge, Hedging, Once, Retry, Try, Wait, cut_to
from sim.policy.breaker import Consecutive
from sim.policy.budget import Concurrent

REFUSED, NEVER = End(0.1, "refused", wrote=False), End(math.inf)


def cut(policy, script, left_s, shared=None, now_s=10.0):
    """Play a call cut to what is left; return outcome, steps and the instant of its end."""
    decisions = cut_to(policy.call(now_s, middle, shared), now_s, left_s)
    outcome, log = run(decisions, script, now_s=now_s)
    return outcome, [heard.step for heard in log], log[-1].reply.at_s - now_s


def test_a_call_that_ends_by_itself_is_as_it_was():
    """Only its attempts have a limit now."""
    assert cut(Retry(attempts=3), [REFUSED, End(0.1)], 5.0) == (
        ("ok", "ok", 2), [Try(5.0), Try(pytest.approx(4.9))], pytest.approx(0.2),
    )  # fmt: skip
    assert cut(Retry(attempts=2), [REFUSED], 5.0)[0] == ("failed", "refused", 2)


def test_a_shorter_timeout_of_its_own_stays():
    """What is left is a limit, not a wish."""
    assert cut(Once(try_timeout=1.0), [NEVER], 5.0) == (("unknown", "timeout", 1), [Try(1.0)], 1.0)


def test_an_attempt_is_cut_off():
    """Silence until the end: unknown if a byte was written."""
    assert cut(Once(), [NEVER], 2.0) == (("unknown", "timeout", 1), [Try(2.0)], 2.0)
    assert cut(Once(), [NEVER._replace(wrote=False)], 2.0)[0] == ("failed", "dial_timeout", 1)


def test_a_pause_is_cut_off():
    """The call ends in the middle of its pause; nothing was carried out, and that is known."""
    outcome, steps, took_s = cut(Retry(attempts=3, backoff="5s"), [REFUSED], 2.0)
    assert (outcome, steps[-1], took_s) == (("failed", "timeout", 1), Wait(pytest.approx(1.9)), pytest.approx(2.0))
    assert cut(Retry(attempts=3, backoff="5s"), [End(0.1, "reset")], 2.0)[0] == ("unknown", "timeout", 1)


def test_every_copy_of_a_hedge_is_cut_off():
    """At one moment; the copies under way may have been carried out."""
    outcome, steps, took_s = cut(Hedging(after=1.5), [NEVER], 2.0)
    assert (outcome, steps, took_s) == (("unknown", "timeout", 2), [Hedge(2.0, 1.5), Try(0.5)], pytest.approx(2.0))
    patient = cut(Hedging(after=9.0), [NEVER], 2.0)
    assert patient[:2] == (("unknown", "timeout", 1), [Hedge(2.0, 2.0)])


def test_an_answer_at_the_last_moment_counts():
    """Ok at the very end is ok."""
    assert cut(Once(), [End(2.0 - 1e-9)], 2.0)[0] == ("ok", "ok", 1)


def test_what_is_cut_off_tells_its_guards_nothing_and_gives_back_what_it_held():
    """As if the caller had gone away: no failure for the breaker, no place of the budget."""
    policy = Retry(attempts=3, backoff="1s", breaker=Consecutive(failures=2, rest=9.0), budget=Concurrent(limit=1))
    shared = policy.new_shared()
    assert cut(policy, [REFUSED, NEVER], 2.0, shared)[0] == ("unknown", "timeout", 2)
    assert (shared.breaker.state, shared.budget.active) == ("closed", 0)
    assert cut(policy, [REFUSED], 0.5, shared)[0] == ("failed", "timeout", 1)
    assert (shared.breaker.state, shared.budget.active) == ("open", 0)


@pytest.mark.parametrize("left_s", [1e-12, 1e-9, 1e-6, 1e-3])
def test_however_little_is_left_time_goes_on(left_s):
    """A call with next to nothing left still makes its attempt, so that no loop around it stands still."""
    outcome, steps, _ = cut(Once(), [NEVER], left_s, now_s=0.0)
    assert (outcome, len(steps)) == (("unknown", "timeout", 1), 1)


def test_a_caller_that_goes_away_closes_what_is_inside():
    """The breaker's trial is free again."""
    policy = Retry(attempts=1, breaker=Consecutive(failures=1, rest=1.0))
    shared = policy.new_shared()
    run(policy, [REFUSED], shared=shared)
    decisions = cut_to(policy.call(5.0, middle, shared), 5.0, 1.0)
    next(decisions)
    assert shared.breaker.snapshot()["trials_under_way"] == 1
    decisions.close()
    assert shared.breaker.snapshot()["trials_under_way"] == 0

"""Shared state is told at the right moments (reference table "What shared state a faithful policy object needs")."""

from __future__ import annotations

import pytest
from scripted import End, Playing, middle, run

from sim.policy import Guards, Hedging, Retry
from sim.policy.gate import Gate
from sim.policy.limit import Place

REFUSED, OK = End(0.1, "refused", wrote=False), End(0.1)
ANSWER = End(0.1, "status", 404)


class Ear:
    """Stands for any shared state; writes down what it is told, and answers as it is bidden."""

    def __init__(self, **answers):
        self.heard, self._answers = [], answers

    def __getattr__(self, moment):
        def hear(*_args):
            self.heard.append(moment)
            return self._answers.get(moment)

        return hear


def budget():
    """Return a budget that grants everything at a price of 7."""
    return Ear(spend=7.0)


def heard(policy, script, ear):
    """Return what a budget hears in one call."""
    run(policy, script, shared=Guards(budget=ear))
    return ear.heard


RETRY = Retry(attempts=2, backoff="1s")


@pytest.mark.parametrize(
    ("script", "moments"),
    [
        ([OK], ["started", "succeeded", "ended"]),
        ([ANSWER], ["started", "answered", "ended"]),
        ([REFUSED, OK], ["started", "try_failed", "spend", "retry_sent", "succeeded", "retry_ended", "ended"]),
        (
            [REFUSED, REFUSED],
            ["started", "try_failed", "spend", "retry_sent", "retry_ended", "try_failed", "ended"],
        ),
        (
            [REFUSED, ANSWER],
            ["started", "try_failed", "spend", "retry_sent", "retry_ended", "answered", "ended"],
        ),
    ],
)
def test_a_budget_hears_of_start_failures_retries_and_end(script, moments):
    """Call start, each try's end before attempts are counted, the decision to retry, its start, its end, the end."""
    assert heard(RETRY, script, budget()) == moments


def test_a_success_is_told_with_the_cost_of_the_last_retry():
    """AWS gives back what the last retry cost; a call without one is told 0."""
    costs = []

    class Told(Ear):
        def succeeded(self, last_cost, _at_s):
            costs.append(last_cost)

    for script in ([OK], [REFUSED, OK]):
        run(RETRY, script, shared=Guards(budget=Told(spend=7.0)))
    assert costs == [0.0, 7.0]


def test_a_refused_retry_is_not_sent():
    """After the budget's no there is neither a start nor an end of a retry."""
    assert heard(RETRY, [REFUSED], Ear(spend=None)) == ["started", "try_failed", "spend", "ended"]


@pytest.mark.parametrize(
    ("steps", "moments"),
    [
        (0, ["started", "abandoned", "ended"]),
        (1, ["started", "try_failed", "spend", "retry_ended", "ended"]),
        (2, ["started", "try_failed", "spend", "retry_sent", "abandoned", "retry_ended", "ended"]),
    ],
)
def test_a_caller_that_goes_away_is_told_too(steps, moments):
    """During the first try, during the pause (the retry was never sent), during the retry."""
    ear = budget()
    call = Playing(RETRY.call(0.0, middle, Guards(budget=ear)), [REFUSED])
    for _ in range(steps):
        call.go_on()
    call.close()
    assert ear.heard == moments


def test_a_try_that_a_breaker_refuses_was_never_made():
    """It is neither a failure nor an answer of the server."""
    assert heard_with_a_closed_door(RETRY) == ["started", "abandoned", "ended"]


def heard_with_a_closed_door(policy):
    """Return what a budget hears in a call that the breaker refuses."""
    ear = budget()
    run(policy, [OK], shared=Guards(Ear(admit=None), ear))
    return ear.heard


def test_a_hedge_is_a_retry_to_the_budget():
    """Asked before each further copy; the loser is abandoned, and its place given back."""
    assert heard(Hedging(after=1.0), [End(5.0), End(0.5)], budget()) == [
        "started", "spend", "retry_sent", "retry_ended", "succeeded", "abandoned", "ended",
    ]  # fmt: skip
    assert heard(Hedging(after=1.0), [End(1.2), End(5.0)], budget()) == [
        "started", "spend", "retry_sent", "succeeded", "abandoned", "retry_ended", "ended",
    ]  # fmt: skip


@pytest.mark.parametrize("policy", [RETRY, Hedging(after=1.0)])
def test_a_breaker_is_asked_before_each_try_and_told_after_it(policy):
    """Ticket by ticket, with how long the try took."""
    told = []

    class Breaker(Ear):
        def told(self, ticket, at_s, failed, took_s, _draw):
            told.append((ticket, pytest.approx(at_s), failed, took_s))

    ear = Breaker(admit=3)
    run(policy, [REFUSED, OK], shared=Guards(ear))
    assert ear.heard == ["admit", "admit"]
    assert told[0] == (3, 0.1, True, 0.1)
    assert told[1][2:] == (False, 0.1)


def test_a_rate_is_asked_before_every_try_and_told_every_reply():
    """First tries too; the pauses come before the rate is asked."""
    ear = Ear(wait_s=0.0)
    run(RETRY, [REFUSED, OK], shared=Guards(rate=ear))
    assert ear.heard == ["wait_s", "told", "wait_s", "told"]


class Limit(Ear):
    """A limit with places."""

    def enter(self, at_s, _ends_s):
        self.heard.append("enter")
        return Place(at_s, 1)
        yield


@pytest.mark.parametrize("policy", [RETRY, Hedging(after=1.0)])
def test_what_stands_around_a_call_is_asked_once_and_told_once(policy):
    """Throttle first, then the limit; at the end both, whatever tries there were in between."""
    throttle, limit = Ear(admits=True), Limit()
    run(policy, [REFUSED, OK], shared=Guards(gate=Gate(throttle, limit)))
    assert (throttle.heard, limit.heard) == (["admits", "told"], ["enter", "leave"])


def test_whom_the_throttle_refuses_nobody_else_hears_of():
    """Neither limit nor budget nor breaker is asked."""
    limit, ear = Limit(), budget()
    outcome, log = run(RETRY, [OK], shared=Guards(budget=ear, gate=Gate(Ear(admits=False), limit)))
    assert (outcome, log) == (("failed", "rejected", 0), [])
    assert (limit.heard, ear.heard) == ([], [])


def test_a_caller_that_goes_away_gives_its_place_back_and_teaches_nothing():
    """No sample, no told."""
    throttle, limit = Ear(admits=True), Limit()
    call = Playing(RETRY.call(0.0, middle, Guards(gate=Gate(throttle, limit))), [OK])
    call.close()
    assert (throttle.heard, limit.heard) == (["admits"], ["enter", "gone"])


def test_a_hedge_that_is_closed_in_its_first_copy_gives_back_all():
    """The budget's try is abandoned, the breaker's ticket too."""
    ear, breaker = budget(), Ear(admit=3)
    Playing(Hedging(after=1.0).call(0.0, middle, Guards(breaker, ear)), [OK]).close()
    assert ear.heard == ["started", "abandoned", "ended"]
    assert breaker.heard == ["admit", "abandoned"]

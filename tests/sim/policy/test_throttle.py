"""Adaptive throttling by the client."""

from __future__ import annotations

import pytest
from scripted import End, run

from sim.plan.streams import Stream
from sim.policy import Layers, Retry
from sim.policy.throttle import Throttle

SRE = Throttle()
ENVOY = Throttle(accepts=0.95, over=30.0, most=0.8, counts="replies")
FAILSAFE = Throttle(accepts=0.9, over=60.0, most=0.9, counts="replies", minimum=10)


def fed(spec, accepted, refused, at_s=0.0):
    """Return a throttle that has seen so many calls end."""
    throttle = spec.live()
    for ok in [True] * accepted + [False] * refused:
        assert throttle.admits(at_s, lambda n: 1 - 2**-53)
        throttle.told(at_s, ok)
    return throttle


@pytest.mark.parametrize(
    ("spec", "accepted", "refused", "refusal"),
    [
        (SRE, 50, 50, 0.0),
        (SRE, 25, 75, 50 / 101),
        (SRE, 0, 9, 9 / 10),
        (ENVOY, 95, 5, 0.0),
        (ENVOY, 57, 43, 40 / 101),
        (ENVOY, 0, 99, 0.8),
        (Throttle(accepts=0.95, aggression=2.0), 57, 43, (40 / 101) ** 0.5),
        (FAILSAFE, 0, 9, 0.0),
        (FAILSAFE, 0, 10, 0.9),
        (FAILSAFE, 45, 45, 40 / 91),
    ],
)
def test_the_chance_of_a_refusal(spec, accepted, refused, refusal):
    """(requests − accepts/threshold)/(requests + 1) to the power 1/aggression, between 0 and the most."""
    assert fed(spec, accepted, refused).refusal(0.0) == pytest.approx(refusal)


def test_what_is_refused_here_is_a_request_in_the_book_and_none_in_envoy():
    """The SRE book's throttle goes on to tighten by its own refusals."""
    for spec, grows in ((SRE, True), (ENVOY, False)):
        throttle = fed(spec, 0, 9)
        before = throttle.refusal(0.0)
        assert not throttle.admits(0.0, lambda n: 0.0)
        assert (throttle.refusal(0.0) > before) is grows


def test_it_forgets():
    """After its window nothing is refused."""
    assert fed(SRE, 0, 50).refusal(200.0) == 0.0


def test_it_draws_only_where_it_may_refuse():
    """One number, far above those of the pauses."""
    throttle, drawn = SRE.live(), []
    throttle.admits(0.0, lambda n: drawn.append(n) or 0.5)
    assert drawn == []
    throttle.admits(0.0, lambda n: drawn.append(n) or 0.5)
    assert drawn == [1 << 41]


@pytest.mark.parametrize(("k", "demand", "local"), [(2.0, 30, 1 / 3), (2.0, 100, 0.8), (1.1, 30, 0.6333)])
def test_the_share_refused_here_is_the_books(k, demand, local):
    """A backend that can serve 10/s and refuses the rest: 1 − K·C/D of the demand D never leaves the client."""
    throttle, stream = Throttle(accepts=1 / k, over=20.0).live(), Stream(1, "demand")
    refused, credit = 0, 0.0
    for number in range(demand * 100):
        at_s, credit = number / demand, min(20.0, credit + 10 / demand)
        if throttle.admits(at_s, stream.row(number)):
            throttle.told(at_s, credit >= 1)
            credit -= credit >= 1
        elif at_s >= 40:
            refused += 1
    assert refused / (demand * 60) == pytest.approx(local, abs=0.04)


def test_a_dead_backend_gets_about_one_request_a_window():
    """Without a single accept n requests in the window let 1/(n + 1) through: one in W seconds, whatever the demand."""
    throttle, stream = Throttle(over=20.0).live(), Stream(2, "dead")
    sent = [n / 50 for n in range(50 * 400) if throttle.admits(n / 50, stream.row(n))]
    assert 10 <= sum(at_s >= 100 for at_s in sent) <= 20  # 15 windows


def test_around_a_retrying_policy_it_hears_of_calls_and_inside_of_tries():
    """Two refused tries and an ok one are one accepted call outside, and one accept in three inside."""
    script = [End(0.1, "status", 503), End(0.1, "status", 503), End(0.1)]
    outside = Retry(attempts=3, throttle=SRE)
    shared = outside.new_shared()
    run(outside, script, shared=shared)
    assert shared.snapshot()["throttle"] == {"requests": 1.0, "accepted": 1.0}
    inside = Layers(layers=(Retry(attempts=3), Retry(attempts=1, throttle=SRE)))
    shared = inside.new_shared()
    run(inside, script, shared=shared, draw=lambda n: 1 - 2**-53)
    assert shared.snapshot() == {"layer 2": {"throttle": {"requests": 3.0, "accepted": 1.0}}}


def test_a_code_that_is_an_answer_is_an_accept():
    """A 404 was accepted, a 503 was not."""
    policy = Retry(attempts=1, throttle=SRE)
    for status, accepted in ((404, 1.0), (503, 0.0)):
        shared = policy.new_shared()
        run(policy, [End(0.1, "status", status)], shared=shared)
        assert shared.gate.throttle.snapshot() == {"requests": 1.0, "accepted": accepted}

"""Concurrency limits."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from random_policies import LIMITS
from scripted import End, Playing, middle, run, together

from sim.policy import Hedging, Reply, Retry, Wait
from sim.policy.limit import AimdLimit, Bulkhead, Gradient2Limit, VegasLimit, ending

FULL = ("failed", "rejected", 0)


def sizes(spec, samples):
    """Return the limit after each (rtt, in flight, dropped), told one by one."""
    size = spec.model_copy(update={"window": 0.0}).live()._size
    seen = []
    for rtt_s, in_flight, dropped in samples:
        size.sample(0.0, rtt_s, in_flight, dropped, middle)
        seen.append(size.limit)
    return seen


def test_the_call_beyond_the_limit_is_refused_at_once():
    """Two places: the third call sends nothing, and one that comes when a place is free again goes through."""
    policy = Retry(attempts=1, limit=Bulkhead(limit=2))
    calls = together(policy, [(0.0, [End(1.0)]), (0.1, [End(1.0)]), (0.2, [End(1.0)]), (1.05, [End(1.0)])])
    assert [call.outcome for call in calls] == [("ok", "ok", 1), ("ok", "ok", 1), FULL, ("ok", "ok", 1)]


def test_a_limit_holds_its_place_through_the_pauses():
    """It stands around the call, not around a try."""
    policy = Retry(attempts=2, backoff="5s", limit=Bulkhead(limit=1))
    calls = together(policy, [(0.0, [End(0.1, "refused"), End(0.1)]), (3.0, [End(0.1)])])
    assert calls[1].outcome == FULL


def test_who_waits_in_line_goes_in_the_order_of_coming():
    """One place, two in line, a fourth is refused; each enters when the one before has left, a few ms late at most."""
    policy = Retry(attempts=1, limit=Bulkhead(limit=1, queue=2))
    calls = together(policy, [(n * 0.01, [End(1.0)]) for n in range(4)])
    assert [call.outcome for call in calls] == [("ok", "ok", 1)] * 3 + [FULL]
    assert [call.at_s for call in calls[:3]] == [1.0, pytest.approx(2.0, abs=0.005), pytest.approx(3.0, abs=0.01)]


def test_nobody_overtakes_the_line():
    """A place is free since 1 s, whoever waits looks a moment later: a call that comes in between is not let past."""
    policy = Retry(attempts=1, limit=Bulkhead(limit=1, queue=1))
    calls = together(policy, [(0.0, [End(1.0)]), (0.0005, [End(1.0)]), (1.0002, [End(1.0)])])
    assert [call.outcome for call in calls] == [("ok", "ok", 1), ("ok", "ok", 1), FULL]
    assert calls[1].at_s == pytest.approx(2.0, abs=0.001)


def test_a_wait_in_line_has_an_end():
    """Half a second, or the call's deadline if that is sooner; nobody is left in line."""
    for deadline, given_up_s in ((None, 0.6), (0.2, 0.3)):
        policy = Retry(attempts=1, deadline=deadline, limit=Bulkhead(limit=1, queue=5, waits=0.5))
        shared = policy.new_shared()
        first = Playing(policy.call(0.0, middle, shared), [End(9.0)])
        outcome, log = run(policy, [End(1.0)], shared=shared, now_s=0.1)
        assert outcome == FULL
        assert log[-1].reply.at_s == pytest.approx(given_up_s)
        first.close()
        assert shared.snapshot() == {"limit": {"limit": 1, "in_flight": 0, "waiting": 0}}


def test_a_deadline_counts_the_wait_in_line():
    """It is the call's: what is left after the wait bounds the try."""
    policy = Retry(attempts=1, deadline=2.0, limit=Bulkhead(limit=1, queue=1))
    calls = together(policy, [(0.0, [End(1.5)]), (0.0, [End(5.0)])])
    assert calls[1].outcome == ("unknown", "timeout", 1)
    assert calls[1].at_s == pytest.approx(2.0)


def test_a_hedged_call_is_one_call():
    """Its copies need no places of their own."""
    policy = Hedging(after=0.1, limit=Bulkhead(limit=1))
    assert run(policy, [End(5.0), End(0.1)])[0] == ("ok", "ok", 2)


def test_waits_need_a_queue():
    """Without a queue nobody waits."""
    with pytest.raises(ValidationError, match="`waits` goes with a `queue`"):
        Bulkhead(limit=1, waits=1.0)


def test_aimd_goes_up_by_one_and_down_by_a_tenth():
    """Up only while at least half full; a drop and a call beyond five seconds bring it down; within its bounds."""
    samples = [(0.1, 10, False), (0.1, 11, False), (0.1, 5, False), (0.1, 20, True), (5.1, 20, False), (0.1, 1, True)]
    assert sizes(AimdLimit(start=20, least=18), samples) == [21, 22, 22, 19, 18, 18]
    assert sizes(AimdLimit(start=20, least=20, most=21), [(0.1, 20, False)] * 3) == [21, 21, 21]


def test_gradient2_follows_the_latency():
    """Constant latency: L ← L + 0.2·4 while half full. Twice the tolerated latency: the gradient is a half at least."""
    assert sizes(Gradient2Limit(), [(0.1, 20, False)] * 3) == [20, 21, 22]
    assert sizes(Gradient2Limit(), [(0.1, 9, False)] * 3) == [20, 20, 20]
    size = Gradient2Limit(start=100, least=10, window=0.0).live()._size
    for _ in range(10):
        size.sample(0.0, 0.1, 1, False, middle)
    size.sample(0.0, 10.0, 100, False, middle)
    assert size._estimate == pytest.approx(0.8 * 100 + 0.2 * (100 * 0.5 + 4))


def test_gradient2_lets_its_long_average_fall_when_latency_is_back():
    """More than twice the latest latency, it loses 5 % a sample, besides what the average itself moves."""
    size = Gradient2Limit(window=0.0).live()._size
    for rtt_s in [1.0] * 10 + [0.1]:
        size.sample(0.0, rtt_s, 1, False, middle)
    moved = 1.0 + (0.1 - 1.0) * 2 / 601
    assert size._long_s == pytest.approx(moved * 0.95)


def test_vegas_keeps_a_few_calls_waiting():
    """In steps of log10(L): up six while none waits, up one below three, down beyond six, and down after a drop."""
    base = [(0.1, 20, False)]
    cases = [(0.1, 26), (0.111, 21), (0.125, 20), (0.2, 19)]
    assert [sizes(VegasLimit(), [*base, (rtt_s, 20, False)])[-1] for rtt_s, _ in cases] == [size for _, size in cases]
    assert sizes(VegasLimit(), [*base, (0.1, 1, False)])[-1] == 20
    assert sizes(VegasLimit(), [*base, (0.1, 20, True)])[-1] == 19


def test_vegas_takes_the_least_latency_anew_now_and_then():
    """After 0.75·30·L samples the latest one becomes the measure: the same latency no longer means a queue."""
    samples = [(0.1, 1, False)] + [(0.2, 1, False)] * int(0.75 * 30 * 20) + [(0.2, 20, False)]
    assert sizes(VegasLimit(), samples)[-1] == 26


def test_samples_are_averaged_over_a_window():
    """Windows of a second with fewer than ten samples teach nothing; of the others one sample each, with any drop."""
    size, seen = AimdLimit(start=20, least=1).live()._size, []
    seldom = [(number * 0.2, False) for number in range(12)]
    often = [(10.0 + number * 0.05, number == 30) for number in range(50)]
    for at_s, dropped in (*seldom, *often):
        size.sample(at_s, 0.1, 20, dropped, middle)
        seen.append(size.limit)
    assert list(dict.fromkeys(seen[:12])) == [20]
    assert list(dict.fromkeys(seen[12:])) == [20, 21, 18]


@pytest.mark.parametrize(
    ("reply", "how"),
    [
        (Reply(0.0), "ok"),
        (Reply(0.0, "timeout"), "dropped"),
        (Reply(0.0, "dial_timeout"), "dropped"),
        (Reply(0.0, "status", 503), "dropped"),
        (Reply(0.0, "status", 429), "dropped"),
        (Reply(0.0, "status", 500), "ignored"),
        (Reply(0.0, "refused"), "ignored"),
        (Reply(0.0, "rejected"), "ignored"),
    ],
)
def test_only_load_teaches_a_limit(reply, how):
    """Ok, too late, refused for load; any other failure says nothing about load."""
    assert ending(reply) == how


@given(spec=LIMITS, gaps=st.lists(st.floats(0.0, 1.0), max_size=15), took_s=st.floats(0.01, 3.0))
def test_never_more_calls_at_one_time_than_the_limit(spec, gaps, took_s):
    """Whenever a call is sent, the calls under way are at most what the limit was then."""
    policy, over = Retry(attempts=1, limit=spec), []
    shared = policy.new_shared()

    def script(_):
        limit = shared.gate.limit
        over.append(limit.in_flight - limit.limit)
        return End(took_s)

    starts = [sum(gaps[: n + 1]) for n in range(len(gaps))]
    together(policy, [(at_s, script) for at_s in starts], shared=shared)
    assert all(n <= 0 for n in over)


def test_a_limit_that_learns_stays_in_order():
    """Least, start and most must be in order."""
    with pytest.raises(ValidationError, match="least ≤ start ≤ most"):
        AimdLimit(start=10, least=20)


def test_waiting_costs_few_steps():
    """The first in line looks each millisecond, the others more seldom."""
    policy = Retry(attempts=1, limit=Bulkhead(limit=1, queue=50))
    calls = together(policy, [(0.0, [End(0.1)])] * 20)
    looks = [sum(isinstance(heard.step, Wait) for heard in call.log) for call in calls]
    assert looks[1] == pytest.approx(100, abs=2)
    assert sum(looks) < 8000

"""Limits on how often a client sends."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scripted import End, run, together, waits

from sim.policy import Reply, Retry, Try, Wait
from sim.policy.rate import AwsAdaptive, TokenRate

OK, THROTTLED = End(0.01), End(0.01, "status", 429)


def sends(calls):
    """Return the instants of all attempts."""
    return sorted(heard.at_s for call in calls for heard in call.log if isinstance(heard.step, Try))


def test_beyond_the_burst_tries_are_paced():
    """Five a second, two at once: further tries 0.2 s apart (client-go waits so)."""
    policy = Retry(attempts=1, rate=TokenRate(rate=5.0, burst=2))
    assert sends(together(policy, [(0.0, [OK])] * 5)) == pytest.approx([0.0, 0.0, 0.2, 0.4, 0.6])


def test_retries_need_tokens_too():
    """The rate is asked before every try."""
    policy = Retry(attempts=3, rate=TokenRate(rate=1.0, burst=1))
    _, log = run(policy, [End(0.25, "refused")])
    assert waits(log) == pytest.approx([0.75, 0.75])


def test_a_turn_that_comes_too_late_is_not_waited_for():
    """The call ends at once, as rejected, with nothing sent."""
    policy = Retry(attempts=3, deadline=1.0, rate=TokenRate(rate=0.5, burst=1))
    shared = policy.new_shared()
    assert run(policy, [OK], shared=shared)[0] == ("ok", "ok", 1)
    assert run(policy, [OK], shared=shared, now_s=0.5) == (("failed", "rejected", 0), [])


@given(starts=st.lists(st.floats(0, 10), max_size=30).map(sorted), rate=st.floats(0.5, 10), burst=st.floats(1, 5))
def test_no_interval_has_more_tries_than_the_bucket_allows(starts, rate, burst):
    """Between any two tries, at most burst + rate · time of them."""
    policy = Retry(attempts=1, rate=TokenRate(rate=rate, burst=burst))
    sent = sends(together(policy, [(at_s, [OK]) for at_s in starts]))
    assert len(sent) == len(starts)
    for i, first_s in enumerate(sent):
        for j in range(i, len(sent)):
            assert j - i + 1 <= burst + rate * (sent[j] - first_s) + 1e-6


def fed(rate, replies):
    """Tell a live rate of replies (instant, status)."""
    for at_s, status in replies:
        rate.told(Reply(at_s, "ok" if status == 200 else "status", status))
    return rate


def test_adaptive_mode_is_off_until_the_first_throttling_reply():
    """Any number of calls passes; the first 429 switches it on."""
    rate = AwsAdaptive().live()
    assert [rate.wait_s(0.0) for _ in range(1000)] == [0.0] * 1000
    fed(rate, [(0.1, 200), (0.2, 429)])
    assert rate.snapshot()["on"]
    assert rate.wait_s(0.2) > 0


def test_adaptive_mode_measures_replies_by_the_half_second():
    """Ten replies a half second are 20/s; the measure keeps a fifth of the one before."""
    rate = AwsAdaptive().live()
    fed(rate, [(n * 0.05 + 0.001, 200) for n in range(11)])
    assert rate.measured_per_s == pytest.approx(0.8 * 11 / 0.5)
    fed(rate, [(n * 0.05 + 0.001, 200) for n in range(11, 21)])
    assert rate.measured_per_s == pytest.approx(0.8 * 10 / 0.5 + 0.2 * 0.8 * 11 / 0.5)


def test_adaptive_mode_is_cubic():
    """After a 429 at rate r it grants 0.7·r, r again after K = (0.3·r/0.4)^(1/3) s, and in the end twice r at most."""
    rate = fed(AwsAdaptive().live(), [(n * 0.05 + 0.001, 200) for n in range(200)])
    measured = rate.measured_per_s
    fed(rate, [(9.999, 429)])
    assert rate.snapshot()["per_s"] == pytest.approx(0.7 * measured)
    k_s = (0.3 * measured / 0.4) ** (1 / 3)
    rate._bucket, rate._count = 1e9, 0  # the measure stays as it is
    fed(rate, [(9.999 + k_s, 200)])
    assert rate.snapshot()["per_s"] == pytest.approx(measured)
    fed(rate, [(9.999 + 10 * k_s, 200)])
    assert rate.snapshot()["per_s"] == pytest.approx(2 * measured)


def test_adaptive_mode_grants_one_try_in_two_seconds_at_least():
    """Throttled without end, it still sends."""
    policy = Retry(attempts=1, rate=AwsAdaptive())
    shared = policy.new_shared()
    calls = together(policy, [(n * 0.1, [THROTTLED]) for n in range(50)], shared=shared)
    assert shared.snapshot()["rate"]["per_s"] >= 0.5
    assert all(call.outcome.attempts == 1 for call in calls)
    gaps = [b - a for a, b in zip(sends(calls), sends(calls)[1:], strict=False)]
    assert max(gaps) == pytest.approx(2.0, abs=0.01)


def test_a_rate_has_its_wait_before_the_first_try():
    """It is a wait of the call, seen as one."""
    policy = Retry(attempts=1, rate=TokenRate(rate=1.0, burst=1))
    shared = policy.new_shared()
    run(policy, [OK], shared=shared)
    _, log = run(policy, [OK], shared=shared)
    assert [type(heard.step) for heard in log] == [Wait, Try]

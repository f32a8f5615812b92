"""The hedging policy."""

from __future__ import annotations

import math

import pytest
from pydantic import TypeAdapter, ValidationError
from scripted import End, run, together

from sim.policy import AnyPolicy, Hedge, Hedging, Try, Wait
from sim.policy.breaker import Consecutive
from sim.policy.budget import Concurrent, Grpc, TokenBucket
from sim.policy.latencies import Latencies, Percentile

NEVER = End(math.inf)
REFUSED, FATAL = End(0.1, "refused", wrote=False), End(0.1, "status", 400)


def steps(log):
    """Return what was asked for, and when."""
    return [(pytest.approx(heard.at_s), heard.step) for heard in log]


def test_an_answer_in_time_needs_no_second_copy():
    """One step, one attempt."""
    outcome, log = run(Hedging(after=0.5, try_timeout=3.0), [End(0.4)])
    assert (outcome, steps(log)) == (("ok", "ok", 1), [(0.0, Hedge(3.0, 0.5))])


def test_a_late_answer_gets_a_second_copy_and_the_first_ok_wins():
    """Whichever copy it is."""
    for first, second, took_s in ((2.0, 0.2, 0.7), (0.6, 2.0, 0.6)):
        outcome, log = run(Hedging(after=0.5), [End(first), End(second)])
        assert (outcome, log[-1].reply.at_s) == (("ok", "ok", 2), pytest.approx(took_s))


def test_each_further_copy_waits_for_its_own_patience():
    """Copies at 0, 0.5 and 1.0; the last one is waited for without a limit."""
    outcome, log = run(Hedging(after=0.5, attempts=3), [NEVER, NEVER, End(4.0)])
    assert (outcome, steps(log)) == (
        ("ok", "ok", 3), [(0.0, Hedge(None, 0.5)), (0.5, Hedge(None, 0.5)), (1.0, Try(None))],
    )  # fmt: skip


def test_no_patience_at_all_sends_every_copy_at_once():
    """gRPC's hedging delay of 0."""
    outcome, log = run(Hedging(after=0.0, attempts=3), [NEVER, End(1.0), End(2.0)])
    assert (outcome, [heard.at_s for heard in log]) == (("ok", "ok", 3), [0.0, 0.0, 0.0])


def test_a_failure_that_is_not_fatal_starts_the_next_copy_now():
    """At 0.1, not at 0.5; the patience begins anew with that copy."""
    outcome, log = run(Hedging(after=0.5, attempts=3), [REFUSED, NEVER, End(0.2)])
    assert outcome == ("ok", "ok", 3)
    assert steps(log) == [(0.0, Hedge(None, 0.5)), (0.1, Hedge(None, 0.5)), (0.6, Try(None))]


def test_the_call_fails_with_its_last_copy():
    """Two copies fail while the first is still under way: its end is the call's."""
    outcome, log = run(Hedging(after=0.5), [End(3.0, "reset"), REFUSED])
    assert outcome == ("unknown", "reset", 2)
    assert steps(log)[-1] == (0.6, Wait(math.inf))
    assert run(Hedging(after=0.5), [REFUSED])[0] == ("failed", "refused", 2)


@pytest.mark.parametrize("policy", [Hedging(after=0.5, attempts=3), Hedging(after=0.5, next_at_once_on=("timeout",))])
def test_a_fatal_failure_ends_the_call(policy):
    """A code that is an answer, or a failure that is not on the list; nobody is waited for."""
    end = FATAL if policy.attempts == 3 else REFUSED
    assert run(policy, [end])[0] == ("failed", end.result, 1)
    outcome, log = run(policy, [NEVER, end])
    assert (outcome, log[-1].reply.at_s) == (("unknown", end.result, 2), 0.6)


def test_no_copy_begins_at_the_deadline_and_all_end_with_it():
    """Copies at 0 and 0.5 of one second; a third would begin at its very end."""
    outcome, log = run(Hedging(after=0.5, attempts=9, deadline=1.0), [NEVER])
    assert (outcome, log[-1].reply.at_s) == (("unknown", "timeout", 2), 1.0)
    assert [heard.step for heard in log[:2]] == [Hedge(1.0, 0.5), Hedge(0.5, 0.5)]


def test_a_hedge_at_the_try_timeout_leaves_the_first_try_alone():
    """Envoy's `hedge_on_per_try_timeout`: patience is the per-try timeout, and there is no other."""
    outcome, log = run(Hedging(after=0.25, deadline=15.0), [End(0.6), End(1.0)])
    assert (outcome, log[-1].reply.at_s) == (("ok", "ok", 2), 0.6)


def test_a_refused_budget_ends_the_hedging_not_the_call():
    """The copy under way is waited for; no further one is asked for."""
    policy = Hedging(after=0.5, attempts=4, budget=TokenBucket(size=1, earn=0.0))
    outcome, log = run(policy, [NEVER, End(3.0)])
    assert (outcome, len(log)) == (("ok", "ok", 2), 3)
    assert run(policy, [REFUSED])[0] == ("failed", "refused", 2)


def test_a_concurrent_budget_counts_copies_under_way():
    """One hedge at one time: the second call has none until the first one's is over."""
    policy = Hedging(after=0.1, budget=Concurrent(limit=1))
    calls = together(policy, [(0.0, [End(1.0)]), (0.05, [End(1.0)]), (5.0, [End(1.0)])])
    assert [call.outcome.attempts for call in calls] == [2, 1, 2]


def test_grpc_throttling_stops_hedges():
    """Each failed copy costs a token; at half and below there is no further copy."""
    policy = Hedging(after=0.5, attempts=9, budget=Grpc(tokens=4))
    shared = policy.new_shared()
    assert run(policy, [REFUSED], shared=shared)[0] == ("failed", "refused", 2)
    assert shared.budget.tokens == 2.0
    assert run(policy, [REFUSED], shared=shared)[0] == ("failed", "refused", 1)


def test_push_back_moves_the_next_copy_or_forbids_it():
    """A wish is the time to the next copy instead of at once; a negative one ends the hedging."""
    asked = End(0.1, "status", 503, retry_after_s=2.0)
    outcome, log = run(Hedging(after=0.5, attempts=3), [asked, End(0.1)])
    assert (outcome, steps(log)[1:]) == (("ok", "ok", 2), [(0.1, Wait(2.0)), (2.1, Hedge(None, 0.5))])
    assert run(Hedging(after=0.5, attempts=3), [asked._replace(retry_after_s=-1.0)])[0] == ("failed", "status", 1)


def test_an_open_breaker_refuses_the_call_and_further_copies():
    """The first copy's failure opens it: no second one, and the next call sends nothing."""
    policy = Hedging(after=0.5, breaker=Consecutive(failures=1, rest=30.0))
    shared = policy.new_shared()
    assert run(policy, [REFUSED], shared=shared)[0] == ("failed", "refused", 1)
    assert run(policy, [REFUSED], shared=shared, now_s=1.0) == (("failed", "rejected", 0), [])


def test_a_copy_that_is_given_up_tells_the_breaker_nothing():
    """The loser of a race is neither a success nor a failure, and its trial's place is free again."""
    policy = Hedging(after=0.5, breaker=Consecutive(failures=1, rest=1.0, trials=2))
    shared = policy.new_shared()
    run(policy, [REFUSED], shared=shared)
    assert run(policy, [NEVER, End(0.1)], shared=shared, now_s=5.0)[0] == ("ok", "ok", 2)
    assert shared.breaker.snapshot()["trials_under_way"] == 0
    assert shared.breaker.state == "half-open"


def test_a_percentile_is_learnt_from_the_clients_own_answers():
    """Nothing is known at first, so nothing is hedged; then the second copy starts at the percentile."""
    policy = Hedging(after=Percentile(percentile=0.9, known_after=10))
    shared = policy.new_shared()
    for number in range(10):
        assert run(policy, [End(0.1 * (number + 1))], shared=shared)[1][0].step == Try(None)
    _, log = run(policy, [NEVER, End(0.1)], shared=shared)
    assert log[0].step == Hedge(None, pytest.approx(1.0))


def test_a_loser_counts_with_the_time_it_ran():
    """First tries at a latency of 1 s, one of ten hung: the 80 % quantile stays at 1 s and does not sink."""
    policy = Hedging(after=Percentile(percentile=0.8, of_last=50, known_after=10))
    shared = policy.new_shared()
    for number in range(300):
        run(policy, [NEVER, End(0.05)] if number > 20 and number % 10 == 0 else [End(1.0)], shared=shared)
    assert shared.latencies.patience_s() == pytest.approx(1.0)


def test_latencies_are_those_of_the_latest_tries():
    """A sorted window: what falls out of it no longer counts, and the least is the least."""
    known = Percentile(percentile=0.5, of_last=4, at_least=0.3, known_after=2).live()
    seen = []
    for took_s in (5.0, 4.0, 0.1, 0.1, 0.2, 0.2):
        known.told(took_s)
        seen.append(known.patience_s())
    assert seen == [math.inf, 5.0, 4.0, 4.0, 0.3, 0.3]
    assert known.snapshot() == {"known": 4, "patience_s": 0.3}
    assert isinstance(known, Latencies)


def test_one_copy_is_no_hedge():
    """With `attempts: 1` nothing but the try is asked for."""
    assert run(Hedging(after=0.5, attempts=1), [End(9.0)])[1][0].step == Try(None)


def test_as_it_stands_in_a_file():
    """`after` is a duration or a percentile; anything else is refused with what is accepted."""
    adapter = TypeAdapter(AnyPolicy)
    given = {"kind": "hedge", "after": {"percentile": "95%", "of_last": 1000, "at_least": "1ms"}}
    assert adapter.validate_python(given, context={"file": True}).after == Percentile(percentile=0.95)
    assert adapter.validate_python({"kind": "hedge", "after": "10ms"}, context={"file": True}).after == 0.01
    with pytest.raises(ValidationError, match="a duration such as 5s"):
        adapter.validate_python({"kind": "hedge", "after": "soon"}, context={"file": True})
    with pytest.raises(ValidationError, match="percentile"):
        adapter.validate_python({"kind": "hedge", "after": {}}, context={"file": True})

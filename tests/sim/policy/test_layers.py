"""Policies around policies."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError
from random_policies import HEDGES, RETRIES, SCRIPTS
from scripted import End, middle, run, together, waits

from sim.plan.streams import Stream
from sim.policy import AnyPolicy, Fallback, Hedging, Layers, Once, Retry, Try, Wait, policy_preset
from sim.policy.backoff import Fixed
from sim.policy.breaker import Consecutive
from sim.policy.budget import TokenBucket
from sim.policy.limit import Bulkhead
from sim.policy.multiplex import child

REFUSED, NEVER = End(0.1, "refused", wrote=False), End(math.inf)
UNAVAILABLE = End(0.1, "status", 503)
ADAPTER = TypeAdapter(AnyPolicy)


def layers(*policies):
    """Return the layers, outermost first."""
    return Layers(layers=policies)


@pytest.mark.parametrize("counts", [(4, 4, 4), (3, 3), (3, 3, 3, 3, 3), (1, 5)])
def test_retries_at_every_layer_multiply(counts):
    """A backend that always fails gets the product of the attempts (SRE book: 3 layers of 4 are 64)."""
    policy = layers(*(Retry(attempts=count) for count in counts))
    assert run(policy, [UNAVAILABLE])[0] == ("failed", "status", math.prod(counts))


def test_layers_without_effect_change_nothing():
    """A single try around and inside a policy leaves its schedule as it was."""
    alone = Retry(attempts=4, backoff=Fixed(wait=1.0))
    outcome, log = run(layers(Once(), alone, Once()), [REFUSED, REFUSED, End(0.1)])
    assert outcome == ("ok", "ok", 3)
    assert [heard.step for heard in log] == [Try(None), Wait(1.0), Try(None), Wait(1.0), Try(None)]


def test_an_outer_timeout_bounds_all_that_is_inside():
    """30 s around retries of 10 s each: three whole tries, and the pauses count."""
    policy = layers(Once(try_timeout=30.0), Retry(attempts=9, backoff="1s"), Once(try_timeout=10.0))
    outcome, log = run(policy, [NEVER])
    assert outcome == ("unknown", "timeout", 3)
    assert [heard.step.timeout_s for heard in log if isinstance(heard.step, Try)] == [10.0, 10.0, 8.0]
    assert log[-1].reply.at_s == 30.0


def test_an_outer_timeout_is_a_failure_that_the_layer_around_it_may_retry():
    """Cut off after 0.3 s and tried again; the second call is quick enough."""
    policy = layers(Retry(attempts=2), Once(try_timeout=0.3), Retry(attempts=9, backoff="150ms"))
    outcome, log = run(policy, [REFUSED, REFUSED, End(0.1)])
    assert outcome == ("ok", "ok", 3)
    assert [heard.at_s for heard in log if isinstance(heard.step, Try)] == pytest.approx([0.0, 0.25, 0.3])


def test_the_order_of_timeout_and_breaker_matters():
    """A breaker outside a timeout counts it as a failure; one inside never hears of what is cut off."""
    breaker, timeout = Retry(attempts=1, breaker=Consecutive(failures=1, rest=60.0)), Once(try_timeout=1.0)
    states = []
    for policy in (layers(breaker, timeout), layers(timeout, breaker)):
        shared = policy.new_shared()
        run(policy, [NEVER], shared=shared)
        states.append([part.breaker.state for part in shared.parts if part is not None])
    assert states == [["open"], ["closed"]]


def test_a_refusal_inside_is_a_failed_try_outside():
    """The breaker of the inner layer is open: the outer retries it after its pauses, if it lists refusals."""
    inner = Retry(attempts=1, breaker=Consecutive(failures=1, rest=1.5))
    outer = Retry(attempts=5, backoff="1s", retry_on=("refused", "rejected"))
    outcome, log = run(layers(outer, inner), [REFUSED, End(0.1)])
    assert (outcome, waits(log)) == (("ok", "ok", 2), [1.0, 1.0])
    assert run(layers(Retry(attempts=5, backoff="1s"), inner), [REFUSED])[0] == ("failed", "rejected", 1)


def test_many_refusals_in_a_row_are_no_recursion():
    """Thousands of calls that send nothing, each at the same instant."""
    closed_door = Retry(attempts=1, limit=Bulkhead(limit=1))
    policy = layers(Retry(attempts=5000, retry_on=("rejected",)), closed_door)
    shared = policy.new_shared()
    shared.parts[1].gate.limit.in_flight = 1
    assert run(policy, [End(0.1)], shared=shared) == (("failed", "rejected", 0), [])


def test_status_and_wish_of_the_last_reply_come_through():
    """An outer layer judges the code, and waits as the server asks."""
    outer = Retry(attempts=2, retry_status=(503,))
    outcome, log = run(layers(outer, Once()), [UNAVAILABLE._replace(retry_after_s=7.0), End(0.1)])
    assert (outcome, waits(log)) == (("ok", "ok", 2), [7.0])
    assert run(layers(outer, Once()), [End(0.1, "status", 500)])[0] == ("failed", "status", 1)


def test_what_may_have_been_done_stays_unknown_through_the_layers():
    """A reset, then a refusal: the inner call is unknown, so the outer hears of the reset."""
    policy = layers(Retry(attempts=1), Retry(attempts=2))
    assert run(policy, [End(0.1, "reset"), REFUSED])[0] == ("unknown", "reset", 2)
    assert run(layers(Once(try_timeout=9.0), Retry(attempts=2)), [End(0.1, "reset"), REFUSED])[0] == (
        "unknown", "refused", 2,
    )  # fmt: skip
    final = layers(Retry(attempts=3, maybe_done="final"), Retry(attempts=2))
    assert run(final, [End(0.1, "reset"), REFUSED])[0] == ("unknown", "reset", 2)
    assert run(layers(Retry(attempts=2), Retry(attempts=2)), [End(0.1, "reset"), REFUSED, End(0.1)])[0] == (
        "ok", "ok", 3,
    )  # fmt: skip


def test_an_outer_hedge_runs_whole_inner_calls_beside_each_other():
    """At 0.15 s the first inner call is in its pause; a second one starts, and both go on until one is ok."""
    policy = layers(Hedging(after=0.15), Retry(attempts=3, backoff="100ms"))
    outcome, log = run(policy, [End(0.1, "refused"), End(0.4, "refused"), End(0.1, "refused"), End(0.1)])
    assert outcome == ("ok", "ok", 4)
    tries = [(heard.at_s, heard.step) for heard in log if not isinstance(heard.step, Wait)]
    assert [at_s for at_s, _ in tries] == pytest.approx([0.0, 0.15, 0.2, 0.4])
    assert log[-1].reply.at_s == pytest.approx(0.5)


def test_an_outer_hedge_at_once_starts_all_inner_calls_at_one_instant():
    """Three calls, three attempts at 0; the quickest wins."""
    policy = layers(Hedging(after=0.0, attempts=3), Once())
    outcome, log = run(policy, [End(3.0), End(1.0), End(2.0)])
    assert (outcome, [heard.at_s for heard in log]) == (("ok", "ok", 3), [0.0] * 3)
    assert log[-1].reply.at_s == 1.0


def test_a_hedge_inside_a_retry():
    """Both copies fail, the outer pauses, and hedges again."""
    policy = layers(Retry(attempts=2, backoff="1s"), Hedging(after=0.5, try_timeout=1.0))
    outcome, log = run(policy, [NEVER, NEVER, End(0.7), NEVER])
    assert outcome == ("ok", "ok", 4)
    assert [heard.at_s for heard in log if not isinstance(heard.step, Wait)] == [0.0, 0.5, 2.5, 3.0]
    assert log[-1].reply.at_s == 3.2


def test_an_inner_call_that_is_over_is_heard_of_no_more():
    """A fatal failure ends the inner hedge while a copy is under way; its late answer means nothing to the next one."""
    inner = Hedging(after=0.1, next_at_once_on=("timeout",))
    outcome, log = run(layers(Retry(attempts=2, backoff="1s"), inner), [End(0.5), REFUSED, End(2.0), End(2.0)])
    assert (outcome, log[-1].reply.at_s) == (("ok", "ok", 4), pytest.approx(3.2))


def test_every_layer_has_its_own_state():
    """A breaker and a budget of two layers do not know each other; a layer without state has none."""
    outer, inner = (Retry(attempts=2, budget=TokenBucket(size=size)) for size in (9, 5))
    policy = layers(Once(), outer, inner)
    shared = policy.new_shared()
    run(policy, [REFUSED], shared=shared)
    tokens = {name: part["budget"]["tokens"] for name, part in shared.snapshot().items()}
    assert tokens == {"layer 2": 8.0, "layer 3": pytest.approx(3.1)}
    assert layers(Once(), Retry(attempts=2)).new_shared() is None


def test_changes_of_every_breaker_are_heard_with_the_layers_name():
    """Layers within layers have both names."""
    breaker = Retry(attempts=1, breaker=Consecutive(failures=1, rest=60.0))
    policy, heard = layers(breaker, layers(Once(), breaker)), []
    shared = policy.new_shared()
    shared.on_change = lambda *change: heard.append(change)
    run(policy, [REFUSED], shared=shared)
    assert heard == [(0.1, "closed", "open", "layer 2, layer 2"), (0.1, "closed", "open", "layer 1")]
    shared.on_change = None
    assert shared.parts[0].on_change is None


def test_each_inner_call_draws_its_own_numbers():
    """No two of outer policy, first and second inner call, and their inner calls, draw at one address."""
    drawn = []

    def draw(n):
        drawn.append(n)
        return 0.5

    jittered = Retry(attempts=3, backoff=Fixed(wait=1.0, jitter="full"))
    run(layers(jittered, jittered, jittered), [REFUSED], draw=draw)
    assert len(set(drawn)) == len(drawn) == 26
    assert [n for n in drawn if n < 1 << 40] == [0, 1]


@given(numbers=st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50)), unique=True, max_size=200))
def test_addresses_of_inner_calls_hardly_meet(numbers):
    """Different (call, number) have different addresses of 41 bits."""
    seen = []
    for number, n in numbers:
        child(lambda address: seen.append(address) or 0.5, number)(n)
    assert len(set(seen)) == len(numbers)
    assert all(1 << 40 <= address < 1 << 41 for address in seen)


@given(outer=RETRIES | HEDGES, inner=RETRIES | HEDGES, script=SCRIPTS, seed=st.integers(0, 99))
def test_nesting_in_another_way_decides_alike(outer, inner, script, seed):
    """[a, b, c] and [a, [b, c]] are one policy, draw for draw."""
    draw = Stream(seed, "nested").row(0)
    flat = run(layers(outer, inner, Once()), script, draw=draw)
    assert flat == run(layers(outer, layers(inner, Once())), script, draw=draw)


def test_a_client_over_a_mesh():
    """Three client tries over Istio's three: nine attempts at a dead service, one budget a layer."""
    policy = layers(Retry(attempts=3), policy_preset("istio").policy)
    calls = together(policy, [(float(n), [UNAVAILABLE]) for n in range(3)])
    assert [call.outcome.attempts for call in calls] == [9, 9, 9]


def test_as_layers_stand_in_a_file():
    """A layer is a policy, `none`, or the name of a preset."""
    given = {"kind": "layers", "layers": ["none", "istio", {"kind": "none", "try_timeout": "30s"}]}
    assert ADAPTER.validate_python(given, context={"file": True}) == layers(
        Once(), policy_preset("istio").policy, Once(try_timeout=30.0)
    )
    with pytest.raises(ValidationError, match="'istoi' is no policy; accepted: a policy of the file, a preset"):
        ADAPTER.validate_python({"kind": "layers", "layers": ["istoi"]})
    with pytest.raises(ValidationError, match="a list of 1 to 20 policies"):
        ADAPTER.validate_python({"kind": "layers", "layers": []})


def test_a_problem_of_a_layer_is_a_problem():
    """An endless loop is one wherever it stands."""
    endless = Retry(attempts="unlimited")
    assert layers(Once(), endless).problem().startswith("layer 2: attempts: unlimited with neither")
    assert layers(Once(), Fallback()).problem() is None


def test_timers_that_come_again_are_those_of_all_layers():
    """The simulator keeps a line for each."""
    policy = layers(Hedging(after=0.5, try_timeout=9.0), Retry(attempts=2, try_timeout=2.0), Once(), Fallback())
    assert policy.timers_s == (0.5, 9.0, 2.0)


def test_a_caller_that_goes_away_closes_every_layer():
    """From the outside in: trials of both breakers are free again."""
    breaker = Retry(attempts=1, breaker=Consecutive(failures=1, rest=1.0))
    policy = layers(breaker, breaker)
    shared = policy.new_shared()
    run(policy, [REFUSED], shared=shared)
    call = policy.call(5.0, middle, shared)
    next(call)
    trials = [part.breaker.snapshot()["trials_under_way"] for part in shared.parts]
    call.close()
    assert (trials, [part.breaker.snapshot()["trials_under_way"] for part in shared.parts]) == ([1, 1], [0, 0])

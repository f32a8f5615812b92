"""The retrying policy."""

from __future__ import annotations

import math
from itertools import cycle, repeat

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from scripted import End, run, waits

from sim.policy import FAILURES, Outcome, Reply, Retry, Try, Wait
from sim.policy.backoff import Exponential, Fixed, Immediate, Linear
from sim.policy.breaker import Consecutive
from sim.policy.budget import Concurrent, Grpc, TokenBucket

OK, REFUSED = Reply(0.0), Reply(0.0, "refused", took_s=0.001, wrote=False)
SLOW = Reply(0.0, "ok", took_s=100.0)


def status(code, retry_after_s=None):
    """Return an answer that says no, at once."""
    return Reply(0.0, "status", code, retry_after_s=retry_after_s)


def test_it_tries_until_the_first_success(play):
    """Two failures, a pause after each, then ok: three attempts."""
    log, outcome = play(Retry(attempts=5, backoff=Fixed(wait=1.0)), [REFUSED, REFUSED, OK])
    assert log == [
        (0.0, Try()), (0.001, Wait(1.0)), (1.001, Try()),
        (pytest.approx(1.002), Wait(1.0)), (pytest.approx(2.002), Try()),
    ]  # fmt: skip
    assert outcome == Outcome("ok", "ok", 3)


def test_it_gives_up_after_its_attempts(play):
    """The last attempt's result is the reason; no pause follows it."""
    log, outcome = play(Retry(attempts=3), repeat(REFUSED))
    assert [step for _, step in log] == [Try()] * 3
    assert outcome == Outcome("failed", "refused", 3)


def test_only_what_is_listed_is_retried(play):
    """A failure that is not on the list ends the call."""
    assert play(Retry(attempts=9, retry_on=("dial_timeout",)), [REFUSED])[1] == Outcome("failed", "refused", 1)
    assert play(Retry(attempts=9), [status(404)])[1] == Outcome("failed", "status", 1)
    assert play(Retry(attempts=2), [status(503), OK])[1] == Outcome("ok", "ok", 2)


def test_once_perhaps_done_stays_unknown(play):
    """A timeout followed by refusals leaves the call unknown; an ok answer settles it."""
    timeout = Reply(0.0, "timeout", took_s=1.0)
    assert play(Retry(attempts=3), [timeout, REFUSED, REFUSED])[1] == Outcome("unknown", "refused", 3)
    assert play(Retry(attempts=3), [timeout, OK])[1] == Outcome("ok", "ok", 2)
    assert play(Retry(attempts=2), repeat(timeout._replace(wrote=False)))[1] == Outcome("failed", "timeout", 2)


def test_a_deadline_cuts_the_last_try_and_starts_none_after_it(play):
    """Five seconds, two a try: two whole tries and one of one second."""
    log, outcome = play(Retry(attempts=9, try_timeout=2.0, deadline=5.0), repeat(SLOW), now_s=10.0)
    assert log == [(10.0, Try(2.0)), (12.0, Try(2.0)), (14.0, Try(1.0))]
    assert outcome == Outcome("unknown", "timeout", 3)


def test_a_pause_that_would_outlast_the_deadline_is_not_made(play):
    """The call ends at the failure, not at the deadline."""
    log, outcome = play(Retry(attempts=9, deadline=5.0, backoff=Fixed(wait=4.0)), repeat(REFUSED))
    assert log == [(0.0, Try(5.0)), (0.001, Wait(4.0)), (4.001, Try(pytest.approx(0.999)))]
    assert outcome.attempts == 2


@pytest.mark.parametrize(
    ("mode", "adds", "pause"),
    [("wins", None, 9.0), ("at-least", None, 9.0), ("at-least", 5.0, 7.0), ("ignored", None, 2.0)],
)
def test_a_servers_wish_for_a_pause(play, mode, adds, pause):
    """Nine seconds asked against a backoff of two: it wins, is bounded, or is ignored."""
    policy = Retry(attempts=2, backoff="2s", retry_after=mode, retry_after_adds=adds)
    assert play(policy, [status(503, 9.0), OK])[0][1][1] == Wait(pause)
    shorter = play(policy, [status(503, 1.0), OK])[0][1][1]
    assert shorter == Wait(1.0 if mode == "wins" else 2.0)


def test_throttling_may_have_its_own_backoff(play):
    """After a 429 the other series is used, at the same number of the retry."""
    policy = Retry(attempts=4, backoff=Exponential(base=1.0), throttled=Exponential(base=10.0))
    log, _ = play(policy, [status(503), status(429), status(503), OK])
    assert [step for _, step in log if isinstance(step, Wait)] == [Wait(1.0), Wait(20.0), Wait(4.0)]


def test_an_open_breaker_rejects_before_anything_is_sent(play):
    """The call that opened it ends as it failed; the next one sends nothing and takes no time."""
    policy = Retry(attempts=1, breaker=Consecutive(failures=1, rest=30.0))
    shared = policy.new_shared()
    assert play(policy, [REFUSED], shared=shared)[1] == Outcome("failed", "refused", 1)
    assert play(policy, [], shared=shared, now_s=1.0) == ([], Outcome("failed", "rejected", 0))


def test_a_breaker_that_opens_within_a_call_ends_it(play):
    """Two failures open it, so the third try is rejected; a timeout before leaves the call unknown."""
    policy = Retry(attempts=5, backoff="1s", breaker=Consecutive(failures=2, rest=30.0))
    timeout = Reply(0.0, "timeout", took_s=1.0)
    log, outcome = play(policy, [timeout, REFUSED], shared=policy.new_shared())
    assert [type(step) for _, step in log] == [Try, Wait, Try, Wait]
    assert outcome == Outcome("unknown", "rejected", 2)


def test_a_rejection_can_be_retried_until_the_rest_is_over(play):
    """Listed in `retry_on` a refusal is a failed try like any other, but nothing is sent."""
    policy = Retry(
        attempts=5, backoff="1s", retry_on=("refused", "rejected"), breaker=Consecutive(failures=1, rest=1.5)
    )
    log, outcome = play(policy, [REFUSED, OK], shared=policy.new_shared())
    assert [step for _, step in log] == [Try(), Wait(1.0), Wait(1.0), Try()]
    assert outcome == Outcome("ok", "ok", 2)


def test_a_code_that_is_an_answer_is_no_failure_to_the_breaker(play):
    """A 404 keeps the breaker closed, a 503 opens it."""
    policy = Retry(attempts=1, breaker=Consecutive(failures=1, rest=30.0))
    shared = policy.new_shared()
    play(policy, [status(404)], shared=shared)
    assert shared.breaker.state == "closed"
    play(policy, [status(503)], shared=shared)
    assert shared.breaker.state == "open"


def test_an_empty_budget_ends_the_call_with_its_last_failure(play):
    """Two tokens, two retries: the third failure is final."""
    policy = Retry(attempts=9, budget=TokenBucket(size=2, earn=0.0))
    shared = policy.new_shared()
    assert play(policy, repeat(REFUSED), shared=shared)[1] == Outcome("failed", "refused", 3)
    assert play(policy, repeat(REFUSED), shared=shared)[1] == Outcome("failed", "refused", 1)


def test_grpc_charges_the_last_attempt_too(play):
    """The throttle hears of a failure before attempts are counted: three attempts, three tokens."""
    policy = Retry(attempts=3, budget=Grpc(tokens=10, ratio=0.1))
    shared = policy.new_shared()
    play(policy, repeat(REFUSED), shared=shared)
    assert shared.budget.tokens == 7.0


def test_a_try_that_was_never_sent_costs_no_budget(play):
    """A refusal by the breaker is no failure of the server: gRPC's tokens fall by the one real failure only."""
    policy = Retry(
        attempts=4, backoff="1s", retry_on=("refused", "rejected"), budget=Grpc(tokens=10),
        breaker=Consecutive(failures=1, rest=60.0),
    )  # fmt: skip
    shared = policy.new_shared()
    assert play(policy, [REFUSED], shared=shared)[1] == Outcome("failed", "rejected", 1)
    assert shared.budget.tokens == 9.0


@pytest.mark.parametrize("ended_by", ["success", "failure", "deadline", "caller gone", "caller gone while waiting"])
def test_a_place_of_the_budget_is_given_back_however_the_call_ends(play, ended_by):
    """Retries in flight return to zero."""
    policy = Retry(attempts=2, backoff="1s", deadline=3.0, budget=Concurrent(limit=1))
    shared = policy.new_shared()
    if ended_by.startswith("caller gone"):
        call = policy.call(0.0, float, shared)
        next(call)
        call.send(REFUSED)
        assert shared.budget.active == 1
        if ended_by == "caller gone":
            call.send(Reply(1.0))
        call.close()
    else:
        second = {"success": OK, "failure": REFUSED, "deadline": SLOW}[ended_by]
        play(policy, [REFUSED, second], shared=shared)
    assert shared.budget.active == 0


def test_a_trial_whose_caller_went_away_is_no_trial(play):
    """Closing the generator gives the half-open place back."""
    policy = Retry(attempts=1, breaker=Consecutive(failures=1, rest=1.0))
    shared = policy.new_shared()
    play(policy, [REFUSED], shared=shared)
    trial = policy.call(2.0, float, shared)
    next(trial)
    assert play(policy, [], shared=shared, now_s=2.0)[1].reason == "rejected"
    trial.close()
    assert play(policy, [OK], shared=shared, now_s=2.0)[1].outcome == "ok"


@pytest.mark.parametrize(
    ("policy", "said"),
    [
        (Retry(attempts="unlimited"), "neither a pause nor a deadline"),
        (Retry(attempts="unlimited", backoff="1s", throttled="none"), "neither a pause nor a deadline"),
        (Retry(attempts="unlimited", deadline=1.0, retry_on=("rejected",)), "retry_on: rejected without a pause"),
        (Retry(attempts="unlimited", deadline=1.0), None),
        (Retry(attempts="unlimited", backoff="1s"), None),
        (Retry(attempts=1000), None),
    ],
)
def test_a_loop_that_would_stop_the_clock_is_a_problem(policy, said):
    """Unlimited attempts need a pause or a deadline."""
    problem = policy.problem()
    assert problem is None if said is None else said in problem


SECONDS = st.floats(0.01, 20)
BACKOFFS = st.one_of(
    st.just(Immediate()),
    st.builds(Fixed, wait=SECONDS, jitter=st.sampled_from(["none", "full", "equal"])),
    st.builds(Linear, base=SECONDS, cap=SECONDS),
    st.builds(
        Exponential, base=SECONDS, cap=SECONDS, jitter=st.sampled_from(["none", "full", "equal", "decorrelated"])
    ),
)
POLICIES = st.builds(
    Retry,
    attempts=st.integers(1, 12),
    try_timeout=st.none() | SECONDS,
    deadline=st.none() | SECONDS,
    backoff=BACKOFFS,
    breaker=st.none() | st.builds(Consecutive, failures=st.integers(1, 5), rest=SECONDS),
    budget=st.none() | st.builds(TokenBucket, size=st.floats(0.5, 5), earn=st.floats(0, 1)),
)
ENDS = st.lists(
    st.builds(
        Reply,
        at_s=st.just(0.0),
        result=st.sampled_from(("ok", *FAILURES[:-1])),
        status=st.sampled_from([429, 500, 503, 404]),
        took_s=st.floats(0.0, 30),
        wrote=st.booleans(),
        retry_after_s=st.none() | st.floats(0, 10),
    ),
    min_size=12,
    max_size=12,
)
UNIFORMS = st.lists(st.floats(0, 1, exclude_min=True, exclude_max=True), min_size=12, max_size=12)


@given(policy=POLICIES, ends=ENDS, uniforms=UNIFORMS, now_s=st.floats(-100, 100))
def test_no_attempt_outlives_its_limits(play, policy, ends, uniforms, now_s):
    """No attempt starts at or after the deadline or may run beyond it, and there are never more than `attempts`."""
    log, outcome = play(policy, ends, draw=uniforms.__getitem__, shared=policy.new_shared(), now_s=now_s)
    ends_s = now_s + (policy.deadline or float("inf"))
    tries = [(at_s, step) for at_s, step in log if isinstance(step, Try)]
    assert outcome.attempts == len(tries) <= policy.attempts
    for at_s, step in tries:
        assert at_s < ends_s
        limits = [limit for limit in (policy.try_timeout, ends_s - at_s) if limit is not None]
        assert step.timeout_s is None if min(limits) == float("inf") else step.timeout_s == min(limits)
    assert all(at_s + step.for_s < ends_s and step.for_s > 0 for at_s, step in log if isinstance(step, Wait))


@given(policy=POLICIES, ends=ENDS, uniforms=UNIFORMS)
def test_the_same_draws_and_ends_make_the_same_schedule(play, policy, ends, uniforms):
    """A policy has no memory but its shared state and no chance but its draws."""
    first = play(policy, ends, draw=uniforms.__getitem__, shared=policy.new_shared())
    assert first == play(policy, ends, draw=uniforms.__getitem__, shared=policy.new_shared())


@given(ends=ENDS, size=st.floats(0.5, 5), earn=st.floats(0, 1), calls=st.integers(1, 20))
def test_a_budget_bounds_the_amplification(play, ends, size, earn, calls):
    """Retries of any number of calls never exceed the bucket's size and what the calls earned."""
    policy = Retry(attempts=12, budget=TokenBucket(size=size, earn=earn, cost=1.0))
    shared, retries, replies = policy.new_shared(), 0, cycle(ends)
    for _ in range(calls):
        retries += play(policy, replies, shared=shared)[1].attempts - 1
        assert shared.budget.tokens >= 0
    assert retries <= size + earn * calls + 1e-6


@given(ends=ENDS)
def test_the_outcome_follows_from_the_attempts(play, ends):
    """ok: the last attempt was; unknown: some attempt may have been carried out; failed: none may."""
    log, outcome = play(Retry(attempts=12), ends)
    seen = ends[: sum(isinstance(step, Try) for _, step in log)]
    maybe = any(reply.wrote and reply.result in ("timeout", "reset", "cut", "stale") for reply in seen)
    expected = "ok" if seen[-1].result == "ok" else "unknown" if maybe else "failed"
    assert outcome == Outcome(expected, seen[-1].result, len(seen))


BAD = End(0.1, "refused", wrote=False)


def test_no_try_begins_after_a_soft_end_but_what_runs_goes_on():
    """Ten seconds: the try that begins at 9 s is not cut, and none begins later (cenkalti, Google's client)."""
    policy = Retry(attempts="unlimited", backoff="3s", no_try_after=10.0)
    outcome, log = run(policy, [End(0.0, "refused")] * 3 + [End(60.0)])
    assert (outcome, log[-1].at_s, log[-1].step) == (("ok", "ok", 4), 9.0, Try(None))
    assert run(policy, [End(0.0, "refused")])[0].attempts == 4
    assert run(Retry(attempts="unlimited", backoff="5s", no_try_after=10.0), [End(0.0, "refused")])[0].attempts == 3


def test_a_stop_is_asked_at_the_failure_and_a_pause_may_go_beyond_it():
    """Stamina's 45 s: at 44.9 s there is another pause and another try, at 45 s there is none."""
    policy = Retry(attempts="unlimited", backoff="15s", stop_after=45.0)
    outcome, log = run(policy, [End(0.0, "refused")])
    assert (outcome.attempts, log[-1].at_s) == (4, 45.0)
    late = Retry(attempts="unlimited", backoff="40s", stop_after=45.0)
    assert run(late, [End(0.0, "refused")])[1][-1].at_s == 80.0


def test_a_last_pause_can_be_cut_to_what_is_left():
    """Python's backoff sleeps until exactly its max_time, tries once more, and gives up."""
    policy = Retry(attempts="unlimited", backoff="40s", stop_after=45.0, cuts_last_pause=True)
    outcome, log = run(policy, [End(0.0, "refused")])
    assert (outcome.attempts, waits(log), log[-1].at_s) == (3, [40.0, 5.0], 45.0)


def test_try_timeouts_can_grow():
    """Gax for Java: 1, 2, 4, 5, 5 s, each cut to what is left of the total."""
    policy = Retry(attempts=6, try_timeout=1.0, try_timeout_factor=2.0, try_timeout_max=5.0, deadline=19.0)
    _, log = run(policy, [End(math.inf)])
    assert [heard.step for heard in log] == [Try(1.0), Try(2.0), Try(4.0), Try(5.0), Try(5.0), Try(2.0)]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"try_timeout_factor": 2.0}, "go with `try_timeout`"),
        ({"try_timeout_max": 2.0}, "go with `try_timeout`"),
        ({"cuts_last_pause": True}, "goes with `stop_after`"),
    ],
)
def test_fields_that_need_another(wrong, said):
    """Said at once, not ignored."""
    with pytest.raises(ValidationError, match=said):
        Retry(attempts=2, **wrong)


def test_a_servers_wish_has_a_limit():
    """Urllib3 waits six hours at most, whatever it is asked for."""
    policy = Retry(attempts=2, backoff="1s", retry_after_max=21600.0)
    assert waits(run(policy, [End(0.1, "status", 503, 1e9), End(0.1)])[1]) == [21600.0]


def test_a_negative_wish_forbids_the_retry_and_costs_a_token():
    """Push-back of gRPC; who ignores wishes ignores this one."""
    pushed = End(0.1, "status", 503, -1.0)
    policy = Retry(attempts=3, budget=Grpc(tokens=10))
    shared = policy.new_shared()
    assert run(policy, [pushed], shared=shared)[0] == ("failed", "status", 1)
    assert shared.budget.tokens == 9.0
    assert run(Retry(attempts=3, retry_after="ignored"), [pushed])[0].attempts == 3


def test_a_wish_can_begin_the_series_anew():
    """After a push-back gRPC counts its backoff from the start; no draw is used twice."""
    drawn = []
    backoff = Exponential(base=1.0, jitter="full")
    policy = Retry(attempts=6, backoff=backoff, retry_after_resets=True)
    script = [End(0.1, "status", 503), End(0.1, "status", 503), End(0.1, "status", 503, 9.0), End(0.1, "status", 503)]
    _, log = run(policy, script, draw=lambda n: drawn.append(n) or 0.5)
    assert waits(log) == [0.5, 1.0, 9.0, 0.5, 1.0]
    assert drawn == [0, 1, 2, 3, 4]
    plain = policy.model_copy(update={"retry_after_resets": False})
    assert waits(run(plain, script)[1]) == [0.5, 1.0, 9.0, 4.0, 8.0]


def test_a_code_can_be_worth_a_retry_only_where_the_server_names_a_pause():
    """Urllib3 retries a 503 with Retry-After, and takes one without it for an answer."""
    policy = Retry(attempts=3, retry_status=(500,), retry_after_status=(413, 429, 503))
    attempts = [run(policy, [End(0.1, "status", code, wish)])[0].attempts for code, wish in CODES_AND_WISHES]
    assert attempts == [1, 3, 3, 1]


CODES_AND_WISHES = [(503, None), (503, 1.0), (500, None), (404, 1.0)]


@pytest.mark.parametrize(
    ("end", "attempts"),
    [
        (End(0.1, "timeout"), 1),
        (End(0.1, "reset"), 1),
        (End(0.1, "reset", wrote=False), 3),
        (End(0.1, "dial_timeout", wrote=False), 3),
        (End(0.1, "status", 503), 3),
    ],
)
def test_what_may_have_been_done_is_not_made_again_where_that_matters(end, attempts):
    """A request that is not idempotent: silence after a written byte is final, a refusal or an answer is not."""
    assert run(Retry(attempts=3, maybe_done="final"), [end])[0].attempts == attempts

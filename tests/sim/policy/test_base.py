"""Policies as they stand in a file."""

from __future__ import annotations

import pickle

import pytest
from pydantic import TypeAdapter, ValidationError

from sim.policy import AnyPolicy, Once, Retry, policy_preset
from sim.policy.backoff import Exponential, Fixed, Immediate
from sim.policy.breaker import Consecutive

FILE = {"file": True}
ADAPTER = TypeAdapter(AnyPolicy)


def test_a_map_from_a_file_is_the_behaviour_itself():
    """Shorthands, durations with units and nested kinds decode into one frozen value."""
    given = {
        "kind": "retry", "attempts": 6, "deadline": "60s",
        "backoff": {"kind": "exponential", "base": "100ms", "cap": "10s", "jitter": "full"},
        "breaker": {"kind": "consecutive", "failures": 5, "rest": "30s", "trials": 1},
    }  # fmt: skip
    assert ADAPTER.validate_python(given, context=FILE) == Retry(
        attempts=6,
        deadline=60.0,
        backoff=Exponential(base=0.1, cap=10.0, jitter="full"),
        breaker=Consecutive(failures=5, rest=30.0),
    )


@pytest.mark.parametrize(
    ("given", "meant"),
    [("none", Immediate()), ({"kind": "none"}, Immediate()), ("2s", Fixed(wait=2.0)), ("250ms", Fixed(wait=0.25))],
)
def test_backoff_shorthands(given, meant):
    """`none` is no pause and a bare duration is a fixed one."""
    assert ADAPTER.validate_python({"kind": "retry", "attempts": 2, "backoff": given}, context=FILE).backoff == meant


def test_none_is_one_attempt():
    """The bare word stands for {kind: none}."""
    assert ADAPTER.validate_python("none") == ADAPTER.validate_python({"kind": "none"}) == Once()


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"attempts": 3}, "has no kind; accepted: kind: none, retry, hedge, fallback or layers"),
        (
            {"kind": "rety", "attempts": 3},
            "'rety' is no policy; accepted: kind: none, retry, hedge, fallback or layers",
        ),
        ({"kind": "retry"}, "attempts"),
        ({"kind": "retry", "attempts": 0}, "greater than or equal to 1"),
        ({"kind": "retry", "attempts": 2, "tries": 2}, "tries"),
        ({"kind": "retry", "attempts": 2, "backoff": {"kind": "expo"}}, "'expo' is no backoff; accepted: none, fixed"),
        ({"kind": "retry", "attempts": 2, "backoff": 2}, "has no unit; accepted: a duration"),
        ({"kind": "retry", "attempts": 2, "backoff": "soon"}, "a duration such as 5s"),
        ({"kind": "retry", "attempts": 2, "retry_on": []}, "at least 1 item"),
        ({"kind": "retry", "attempts": 2, "retry_on": ["refusd"]}, "'refused'"),
        ({"kind": "retry", "attempts": 2, "deadline": "0s"}, "greater than 0"),
    ],
)
def test_what_is_wrong_is_said_with_what_is_accepted(given, said):
    """Every refusal names what is accepted."""
    with pytest.raises(ValidationError, match=said):
        ADAPTER.validate_python(given, context=FILE)


def test_a_used_policy_travels_to_another_process():
    """Pickling keeps the value, also after calls have been decided with it."""
    policy = Retry(attempts=3, backoff="1s", try_timeout=2.0)
    next(policy.call(0.0, float, None))
    assert pickle.loads(pickle.dumps(policy)) == policy  # noqa: S301  (our own bytes)


def test_a_changed_copy_forgets_what_was_worked_out_before() -> None:
    """A copy with more attempts makes them, also when the original has been used."""
    used = policy_preset("envoy-5xx").policy
    assert isinstance(used, Retry)
    assert used.limits.attempts == 2
    assert used.model_copy(update={"attempts": 7}).limits.attempts == 7
    assert used.limits.attempts == 2

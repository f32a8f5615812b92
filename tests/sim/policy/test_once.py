"""One attempt."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from sim.policy import FAILURES, Once, Outcome, Reply, Try


def test_one_attempt_is_one_step_with_its_timeout(play):
    """What the only attempt brings is the outcome."""
    assert play(Once(try_timeout=2.0), [Reply(0.0)]) == ([(0.0, Try(2.0))], Outcome("ok", "ok", 1))


@pytest.mark.parametrize("result", FAILURES)
def test_a_written_request_without_an_answer_is_unknown(play, result):
    """Silence, reset, cut and stale after a byte was written may have been carried out; everything else was not."""
    expected = "unknown" if result in ("timeout", "reset", "cut", "stale") else "failed"
    assert play(Once(), [Reply(0.0, result, wrote=True)])[1] == Outcome(expected, result, 1)


@pytest.mark.parametrize("result", FAILURES)
def test_what_was_never_written_certainly_did_not_happen(play, result):
    """Without a byte written every failure is certain."""
    assert play(Once(), [Reply(0.0, result, wrote=False)])[1] == Outcome("failed", result, 1)


def test_the_step_is_built_once():
    """Two calls share the step object."""
    policy = Once()
    assert next(policy.call(0.0, float, None)) is next(policy.call(1.0, float, None))
    assert policy.new_shared() is None
    assert policy.problem() is None


def test_a_policy_is_frozen_and_compared_by_its_fields():
    """Having been used changes neither equality nor hash."""
    used, fresh = Once(try_timeout=1.0), Once(try_timeout=1.0)
    next(used.call(0.0, float, None))
    assert (used, hash(used)) == (fresh, hash(fresh))
    with pytest.raises(ValidationError, match="frozen"):
        used.try_timeout = 2.0

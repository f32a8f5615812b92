"""The shape of rows."""

from __future__ import annotations

from sim.policy.steps import CANCELLED, FAILURES
from sim.record import ATTEMPT, CALL, REAL_CALL, REASONS, UNSENT


def test_rows_are_packed():
    """A call takes 30 bytes and no padding, one of a real run 46, an attempt 40."""
    assert (CALL.itemsize, REAL_CALL.itemsize, ATTEMPT.itemsize) == (30, 46, 40)


def test_ok_is_reason_zero_and_every_failure_has_a_number():
    """Zero means good in every table; then come the policies' own words, last what only a real generator can do."""
    assert ("ok", *FAILURES, CANCELLED, UNSENT) == REASONS


def test_a_call_may_have_more_attempts_than_two_bytes_count():
    """A retry without limit makes 65,536 attempts within 66 s at 1 ms each."""
    assert CALL["attempts"].itemsize == ATTEMPT["attempt"].itemsize == 4

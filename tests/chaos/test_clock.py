"""The run's clock: seconds since the plan began."""

from __future__ import annotations

import re

from chaos.clock import RunClock, started_text


def test_warm_up_is_before_zero():
    """A clock with a warm-up begins that much before 0 and never steps back."""
    clock = RunClock(warmup_s=5.0)
    first, second = clock.now(), clock.now()
    assert -5.0 <= first <= second < 0.0


def test_the_start_is_written_in_utc():
    """A journal's `started` is ISO 8601 in UTC, to the second."""
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00", started_text())

from __future__ import annotations

import pytest
from good_binding import good_binding
from hypothesis import given
from hypothesis import strategies as st

from chaos.binding import Binding
from chaos.check.limits import UNDO_S, beyond, within_hours, worst_case_s
from sim.spec.scenario import Run

HOUR_S, DAY_S = 3600.0, 86400.0


def _binding(**limits):
    return Binding.model_validate(good_binding(limits=limits), context={"file": True})


@pytest.mark.parametrize(
    ("hours", "at", "lasts", "expected"),
    [
        ("08:00-18:00", 8, 1, True),
        ("08:00-18:00", 17, 1, True),
        ("08:00-18:00", 17.5, 1, False),
        ("08:00-18:00", 7.9, 0.1, False),
        ("22:00-06:00", 23, 2, True),
        ("22:00-06:00", 5, 2, False),
        ("22:00-06:00", 12, 1, False),
        ("00:00-24:00", 12, 11, True),
        ("10:00-10:00", 9, 1, True),
    ],
)
def test_all_of_a_run_lies_within_the_hours(hours, at, lasts, expected):
    """Its end counts as much as its beginning; hours may go over midnight."""
    assert within_hours(hours, 365 * DAY_S + at * HOUR_S, lasts * HOUR_S) is expected


@given(begin=st.integers(0, 1439), minutes=st.integers(1, 1439), at=st.floats(0, DAY_S), lasts=st.floats(0, DAY_S))
def test_a_longer_run_is_never_within_where_a_shorter_one_is_not(begin, minutes, at, lasts):
    """To wait for longer never makes it fit."""
    end = (begin + minutes) % 1440
    hours = f"{begin // 60:02}:{begin % 60:02}-{end // 60:02}:{end % 60:02}"
    if within_hours(hours, at, lasts):
        assert within_hours(hours, at, lasts / 2)


def test_the_worst_case_is_the_plan_and_the_undo():
    """With the warm-up."""
    assert worst_case_s(Run(duration=180, warmup=30)) == 210 + UNDO_S


def test_each_limit_that_is_broken_is_told():
    """The run's length, and its hours."""
    binding = _binding(duration="10m", hours="00:00-00:01")
    found = list(beyond(binding, Run(duration=900, warmup=60), 12 * HOUR_S))
    assert [(refusal.where, refusal.found) for refusal in found] == [
        ("run.duration", "16m"),
        ("limits.hours", "12:00 to 12:16 at the latest"),
    ]
    assert list(beyond(_binding(duration="16m"), Run(duration=900, warmup=60), 0.0)) == []

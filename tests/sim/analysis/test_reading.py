"""Numbers as people read them."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.analysis.reading import counted, show, show_difference, show_exact, show_interval


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (0.5, "share", "50.0 %"), (0.9993, "share", "99.930 %"), (1.0, "share", "100 %"), (0.0, "share", "0 %"),
        (0.999, "share", "99.90 %"),
        (0.004, "share", "0.40 %"), (200.0, "s", "3m20s"), (math.inf, "s", "never"), (math.nan, "s", "–"),
        (12.5, "1/s", "12.5/s"), (8.0, "count", "8"), (12345.0, "count", "12,345"), (3.2, "1/h", "3.2/h"),
        (0.0075, "1/s", "27/h"),
        (254.63, "share", "25,463 %"),
    ],
)  # fmt: skip
def test_a_value_is_shown_with_its_unit(value: float, unit: str, text: str) -> None:
    """Shares are per cent, times durations, rates per their time; infinity is never, no reading a dash."""
    assert show(value, unit) == text


@given(st.floats(min_value=1e-7, max_value=1 - 1e-7))
def test_no_share_inside_is_shown_as_all_or_nothing(share: float) -> None:
    """A share that is neither 0 nor 1 never reads as 0 % or 100 %."""
    assert float(show(share, "share").removesuffix(" %")) not in {0.0, 100.0}


def test_an_interval_says_its_unit_once() -> None:
    """Shares share one per cent sign; an interval that does not exist is a dash."""
    assert show_interval(0.9991, 0.9995, "share") == "99.910 … 99.950 %"
    assert show_interval(2.0, math.inf, "s") == "2s … never"
    assert show_interval(math.nan, 1.0, "s") == "–"


def test_a_difference_has_a_sign_and_counts_in_percentage_points() -> None:
    """A difference of shares is in percentage points, one of times in time."""
    assert show_difference(0.577, 0.56, 0.59, "share") == "+57.7 %p (+56.0 … +59.0)"
    assert show_difference(-200.0, -260.0, -140.0, "s") == "-3m20s (-4m20s … -2m20s)"
    assert show_difference(0.5, 0.2, 1.0, "share") == "+50.0 %p (+20.0 … +100)"


def test_a_difference_without_an_interval_says_so() -> None:
    """Too few runs give no interval, no run gives no difference, and runs that all agree need no numbers."""
    assert show_difference(1.0, math.nan, math.nan, "s") == "+1s (no interval)"
    assert show_difference(math.nan, math.nan, math.nan, "share") == "–"
    assert show_difference(0.0, 0.0, 0.0, "share") == "the same"


def test_a_difference_from_never_has_no_size() -> None:
    """What comes where it never came, and what never comes where it did, are words."""
    assert show_difference(-math.inf, -math.inf, -180.0, "s") == "from never (from never … -3m)"
    assert show_difference(math.inf, math.inf, math.inf, "s") == "to never (to never … to never)"


def test_what_is_counted_has_its_plural() -> None:
    """One replication, two replications."""
    assert [counted(1, "replication"), counted(1200, "replication")] == ["1 replication", "1,200 replications"]


def test_a_bound_has_no_more_digits_than_were_written() -> None:
    """What a person wrote comes back as it was."""
    assert [show_exact(0.999, "share"), show_exact(0.99995, "share"), show_exact(5.0, "s")] == [
        "99.9 %",
        "99.995 %",
        "5s",
    ]

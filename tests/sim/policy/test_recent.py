"""Sums over the last seconds."""

from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from sim.policy.recent import Recent

ADDED = st.lists(st.tuples(st.floats(0.0, 3.0), st.integers(0, 1), st.integers(-3, 3)), max_size=60)


@given(added=ADDED, slices=st.integers(1, 7), start_s=st.floats(-100.0, 100.0))
def test_sums_are_those_of_the_slices_that_still_count(added, slices, start_s):
    """At each moment the sum is that of everything in the current slice and the ones just before it."""
    recent, at_s, seen = Recent(5.0, slices, 2), start_s, []
    for gap_s, column, amount in added:
        at_s += gap_s
        recent.add(at_s, column, amount)
        seen.append((math.floor(at_s // (5.0 / slices)), column, amount))
        oldest = seen[-1][0] - slices + 1
        assert recent.sums == [sum(a for n, c, a in seen if c == column and n >= oldest) for column in (0, 1)]


def test_a_silence_longer_than_the_window_leaves_nothing():
    """Turning to a moment long after forgets everything, in a number of steps that the gap does not set."""
    recent = Recent(1.0, 10, 1)
    recent.add(0.0, 0, 5.0)
    recent.turn_to(1e12)
    assert recent.sums == [0.0]


def test_what_comes_late_counts_as_now():
    """A reply told out of order does not turn the window back."""
    recent = Recent(1.0, 10, 1)
    recent.add(5.0, 0)
    recent.add(4.0, 0)
    assert recent.sums == [2.0]


def test_cleared_it_begins_anew():
    """Nothing of before is left in any slice."""
    recent = Recent(1.0, 10, 1)
    recent.add(5.0, 0)
    recent.clear()
    recent.add(5.1, 0)
    assert recent.sums == [1.0]

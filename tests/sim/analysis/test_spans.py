"""Faults and phases."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.analysis.replication import FaultSpan
from sim.analysis.spans import fault_spans, inside, length_s, overlap_s, phases, state_at


def test_occurrences_are_paired_in_order(fault):
    """A fault that comes twice is two spans; one that goes on ends with the run and is not ended."""
    events = [*fault(10.0, 20.0), *fault(30.0, 40.0), *fault(35.0, None, "other", "loss", "b--c")]
    assert fault_spans(events, 100.0) == (
        FaultSpan("cut", "blackhole", "a--b", 10.0, 20.0, ended=True),
        FaultSpan("cut", "blackhole", "a--b", 30.0, 40.0, ended=True),
        FaultSpan("other", "loss", "b--c", 35.0, 100.0, ended=False),
    )


def test_phases_cut_the_run(fault):
    """Before the first fault, while each is on, after the last has ended."""
    spans = fault_spans([*fault(10.0, 20.0), *fault(30.0, 40.0)], 100.0)
    assert phases(spans, 100.0) == {
        "all": ((0.0, 100.0),),
        "before": ((0.0, 10.0),),
        "fault:cut": ((10.0, 20.0), (30.0, 40.0)),
        "after": ((40.0, 100.0),),
    }


def test_phases_without_length_are_left_out(fault):
    """A fault from t = 0 has no before, one that never ends no after."""
    assert list(phases(fault_spans(fault(0.0, None), 100.0), 100.0)) == ["all", "fault:cut"]
    assert list(phases((), 100.0)) == ["all"]


PERIODS = st.lists(st.floats(0, 100), min_size=2, max_size=12, unique=True).map(
    lambda edges: tuple(zip(sorted(edges)[::2], sorted(edges)[1::2], strict=False))
)


@given(PERIODS, st.lists(st.floats(-10, 110), max_size=20))
def test_inside_is_half_open_membership(periods, times):
    """An instant is inside if one [begin, end) holds it."""
    expected = [any(begin <= t < end for begin, end in periods) for t in times]
    assert inside(np.array(times), periods).tolist() == expected


@given(PERIODS)
def test_overlap_with_everything_is_the_length(periods):
    """What overlaps the whole line overlaps each period wholly."""
    assert overlap_s(np.array([-1e3]), np.array([1e3]), periods)[0] == pytest.approx(length_s(periods))


def test_the_faults_that_are_on_are_named(fault):
    """At each instant the names are those of the spans that hold it; an end is not inside."""
    spans = fault_spans([*fault(10.0, 20.0), *fault(15.0, None, "other")], 100.0)
    assert state_at(spans, [5.0, 10.0, 15.0, 20.0]) == [(), ("cut",), ("cut", "other"), ("other",)]

"""When a fault begins and for how long."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from whole_world import Run, scenario, times

from sim.plan import Occurrence, Plan, occurrence

DRAWN = {"every": {"exponential": {"mean": 8}}, "for": {"exponential": {"mean": 2}}}
NOOP = {"kind": "noop"}


def plan(seed: int = 1, duration: float = 400.0, **faults: dict[str, Any]) -> Plan:
    """Return the plan of some faults that do nothing."""
    return Plan(scenario(duration, faults={name: NOOP | when for name, when in faults.items()}), "base", seed)


@pytest.mark.parametrize(
    ("when", "begins_s", "for_s"),
    [({"at": 10, "for": 5}, 10.0, 5.0), ({"at": 10}, 10.0, None), ({"for": 5}, 0.0, 5.0), ({}, 0.0, None)],
)
def test_a_fault_that_comes_once(when, begins_s, for_s):
    """`at` counts from the end of the warm-up, whatever comes after what."""
    assert occurrence(plan(it=when), "it", 0, 77.0) == Occurrence("it", 0, begins_s, for_s)


def test_with_every_the_next_one_counts_from_the_end_of_the_last():
    """Only the first counts from the plan's beginning."""
    made = plan(it={"every": 31, "for": 5})
    assert occurrence(made, "it", 0, 99.0).begins_s == 31.0
    assert occurrence(made, "it", 3, 99.0) == Occurrence("it", 3, 130.0, 5.0)


@given(seed=st.integers(0, 2**32), number=st.integers(0, 50))
def test_an_occurrence_is_its_own(seed, number):
    """It can be asked for without those before it, and other faults change nothing."""
    alone, among = plan(seed, it=DRAWN), plan(seed, other=DRAWN, it=DRAWN, more=DRAWN)
    assert occurrence(alone, "it", number, 5.0) == occurrence(among, "it", number, 5.0)
    assert occurrence(among, "it", number) != occurrence(among, "other", number)


def test_a_case_is_named_by_fault_and_number():
    """Streams of an occurrence begin with this name."""
    assert Occurrence("route-flap", 2, 0.0, None).case == "fault/route-flap/2"


def test_the_simulated_world_keeps_to_it():
    """The journal's begins and ends are those that the plan says, one after another."""
    made = plan(3, it=DRAWN)
    journal = Run(made.scenario, 3).finish()
    begins, ends = times(journal, "fault_begin"), times(journal, "fault_end")
    assert len(ends) > 20
    after_s = 0.0
    for number, (begin_s, end_s) in enumerate(zip(begins, ends, strict=False)):
        this = occurrence(made, "it", number, after_s)
        assert (begin_s, end_s) == (round(this.begins_s, 6), pytest.approx(this.begins_s + (this.for_s or 0), abs=2e-6))
        after_s = this.begins_s + (this.for_s or 0.0)

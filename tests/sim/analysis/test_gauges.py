"""Gauges over time."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.analysis.gauges import gauges, integral, mean, stretches, worst
from sim.record import Sample

RUN = ((0.0, 100.0),)


def _gauge(*changes: tuple[float, float]):
    return gauges([Sample(t_s, "pods_terminating", "cluster", value) for t_s, value in changes], 100.0)[
        "pods_terminating", "cluster"
    ]


def test_a_value_holds_until_the_next_sample():
    """The average over time weighs each value by how long it held."""
    assert mean(_gauge((-10.0, 0.0), (20.0, 8.0), (70.0, 0.0)), RUN) == pytest.approx(4.0)


def test_warm_up_does_not_count():
    """What held at t = 0 is what was last sampled before; earlier values are gone."""
    gauge = _gauge((-10.0, 5.0), (-5.0, 1.0))
    assert (gauge.times_s.tolist(), gauge.values.tolist()) == ([0.0], [1.0])


def test_the_worst_value_must_have_held_for_some_time():
    """A value that was replaced at the same instant was never true."""
    assert worst(_gauge((0.0, 1.0), (5.0, 9.0), (5.0, 2.0)), RUN, highest=True) == 2.0
    assert worst(_gauge((0.0, 1.0), (50.0, 3.0)), ((0.0, 50.0),), highest=True) == 1.0
    assert math.isnan(worst(_gauge((50.0, 3.0)), ((0.0, 50.0),), highest=True))


def test_stretches_are_joined():
    """Neighbouring values beyond the bound are one stretch; the last one ends with the run."""
    gauge = _gauge((0.0, 0.0), (10.0, 8.0), (20.0, 4.0), (30.0, 0.0), (90.0, 1.0))
    assert stretches(gauge, 100.0, above=0.0) == [(10.0, 30.0), (90.0, 100.0)]


@given(st.lists(st.tuples(st.floats(0, 99), st.floats(0, 10)), min_size=1, max_size=20), st.floats(1, 99))
def test_integrals_of_parts_add_up(changes, cut):
    """∫ over two halves is ∫ over the whole."""
    gauge = _gauge(*sorted(changes, key=lambda change: change[0]))
    parts = integral(gauge, ((0.0, cut),)) + integral(gauge, ((cut, 100.0),))
    assert parts == pytest.approx(integral(gauge, RUN), abs=1e-9)

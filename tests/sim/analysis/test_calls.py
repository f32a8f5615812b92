"""Metrics of calls."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.analysis.calls import call_metrics, call_times, offered_s, peak_per_s
from sim.record import CALL

RUN = ((0.0, 10.0),)


def _calls(*rows):
    return np.array([(t, took, n, 0, 0, tries, out, 0) for n, (t, took, tries, out) in enumerate(rows)], CALL)


def test_each_metric_of_four_calls():
    """Two good calls, a failed and an unknown one: every metric by hand."""
    calls = _calls((0.0, 1.0, 1, 0), (1.0, 1.0, 2, 0), (2.0, 4.0, 3, 1), (3.0, 2.0, 1, 2))
    assert call_metrics(calls, offered_s(calls), 2, RUN) == {
        "offered_per_s": 0.7,
        "offered_peak_per_s": 2.0,
        "goodput_per_s": 0.2,
        "call_ok_share": 0.5,
        "call_unknown_share": 0.25,
        "attempts_per_call": 1.75,
        "attempts_failed": 5.0,
        "call_mean_s": 2.0,
        "call_p50_s": 1.0,
        "call_p90_s": 4.0,
        "call_p99_s": 4.0,
        "call_p999_s": 4.0,
    }


def test_without_calls_only_rates_are_known():
    """No call has no share and no time, but a rate of 0."""
    none = np.empty(0, CALL)
    assert call_metrics(none, offered_s(none), 0, RUN) == {
        "offered_per_s": 0.0,
        "offered_peak_per_s": 0.0,
        "goodput_per_s": 0.0,
    }


@given(st.lists(st.floats(0, 100), min_size=1, max_size=300))
def test_a_quantile_is_a_time_that_its_share_kept(took):
    """At least 90 % of the calls took no longer than p90, and p90 is one of their times."""
    p90 = call_times(np.array(took))["call_p90_s"]
    assert p90 in took
    assert sum(t <= p90 for t in took) >= 0.9 * len(took)


def test_attempts_are_spread_over_a_calls_time():
    """Three attempts in 6 s start at 0, 2 and 4 s after the call; a rejected call offers none."""
    assert offered_s(_calls((1.0, 6.0, 3, 1), (2.0, 0.0, 0, 1), (2.5, 1.0, 1, 0))).tolist() == [1.0, 2.5, 3.0, 5.0]


def test_the_peak_is_of_whole_seconds():
    """Three instants within the second that begins at 4."""
    assert peak_per_s(np.array([3.9, 4.0, 4.5, 4.99, 5.0])) == 3.0


@given(st.lists(st.tuples(st.floats(0, 9), st.floats(0, 9), st.integers(0, 9), st.integers(0, 2)), max_size=50))
def test_every_attempt_is_offered(rows):
    """Spreading loses none and makes none up."""
    assert len(offered_s(_calls(*rows))) == sum(row[2] for row in rows)


@pytest.mark.parametrize("metric", ["call_p50_s", "call_p99_s", "call_p999_s"])
def test_equal_times_have_equal_quantiles(metric):
    """Where all calls take the same, so says every quantile."""
    assert call_times(np.full(7, 0.25))[metric] == 0.25

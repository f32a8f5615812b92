"""Recovery: the first moment after which every 30 s window is good."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.analysis.recovery import CallSigns, GaugeSigns, call_signs, recoveries, since
from sim.analysis.replication import FaultSpan
from sim.record import CALL
from sim.spec.probes import Probe

NEVER = math.inf


def _span(begin_s, end_s, ended=True):
    return FaultSpan("f", "loss", "a--b", begin_s, end_s, ended)


def _signs(times, bad, bound=0.99):
    return CallSigns(np.array(times, float), bound - ~np.array(bad, bool))


def test_the_last_bad_call_after_the_end_is_the_recovery():
    """With a bound that one failing call breaks, recovery is the start of the last failing call."""
    signs = _signs([5, 12, 14, 18, 60, 99], [True, True, False, True, False, False])
    assert [row[1:] for row in recoveries([signs], [_span(0.0, 10.0)], 100.0)] == [(8.0, 18.0)]


def test_what_fails_during_the_fault_does_not_delay_recovery_from_its_end():
    """Good again with the end of the fault is recovered in no time."""
    signs = _signs([5, 12, 50], [True, False, False])
    assert since([signs], 10.0, 100.0) == 0.0


def test_a_window_without_calls_says_nothing():
    """Silence after the last failing call shows no recovery; a good call much later does."""
    assert since([_signs([12], [True])], 10.0, 100.0) == NEVER
    assert since([_signs([12, 95], [True, False])], 10.0, 100.0) == 2.0


def test_failing_within_the_last_window_is_not_recovered():
    """Nobody has seen a whole good window after it."""
    assert since([_signs([12, 80, 99], [True, True, False])], 10.0, 100.0) == NEVER


@given(
    st.lists(st.tuples(st.integers(0, 1999), st.booleans()), min_size=1, max_size=40, unique_by=lambda call: call[0]),
    st.sampled_from([0.5, 0.8, 0.99]),
)
def test_the_last_bad_window_is_found_exactly(calls, bound):
    """No window of a fine grid is bad after the one that is found, and one just before it is bad."""
    calls = sorted(calls)
    times, good = np.array([c[0] / 10 for c in calls]), np.array([c[1] for c in calls])
    signs = CallSigns(times, bound - good)
    starts = np.arange(0, 200, 0.05)
    sums = np.concatenate([[0.0], np.cumsum(bound - good)])
    bad = starts[sums[np.searchsorted(times, starts + 30)] - sums[np.searchsorted(times, starts)] > 1e-9]
    found = signs.last_bad_s(0.0, 200.0)
    if len(bad):
        assert found == pytest.approx(bad[-1], abs=0.051)
    else:
        assert found is None or found not in starts


def test_recovery_is_looked_at_until_the_next_fault():
    """A second fault that breaks again does not spoil the recovery from the first."""
    signs = _signs([12, 45, 60, 95, 130], [True, False, True, False, False])
    spans = [_span(0.0, 10.0), _span(50.0, 55.0)]
    assert [row[1] for row in recoveries([signs], spans, 140.0)] == [2.0, 5.0]


def test_overlapping_faults_end_together():
    """Failing while another fault is still on is not slow recovery from the first; one that never ends excuses none."""
    signs = _signs([12, 45, 61, 95], [True, True, True, False])
    first, longer, endless = _span(0.0, 10.0), _span(5.0, 60.0), _span(0.0, 140.0, ended=False)
    assert [row[1] for row in recoveries([signs], [first, longer], 140.0)] == [1.0, 1.0]
    assert [row[1] for row in recoveries([signs], [first, endless], 140.0)] == [51.0, 0.0]


def test_a_fault_that_goes_on_has_no_end_to_count_from():
    """Recovered meanwhile is 0 s, still broken is never."""
    on = [_span(0.0, 100.0, ended=False)]
    assert recoveries([_signs([5, 60], [True, False])], on, 100.0)[0][1] == 0.0
    assert recoveries([_signs([5, 90], [True, True])], on, 100.0)[0][1] == NEVER


def test_gauges_recover_with_the_last_moment_out_of_bound():
    """A gauge that is good from some moment on has recovered then; one that is out at the end never."""
    assert since([GaugeSigns(((0.0, 17.0),))], 10.0, 100.0) == 7.0
    assert since([GaugeSigns(((0.0, 100.0),))], 10.0, 100.0) == NEVER


def test_the_slowest_sign_decides():
    """All probes have to hold."""
    assert since([GaugeSigns(((0.0, 17.0),)), _signs([12, 60], [True, False])], 10.0, 100.0) == 7.0


@pytest.mark.parametrize(
    ("probe", "bad"),
    [
        ({"metric": "call_ok_share", "at_least": 0.9}, [False, True, True]),
        ({"metric": "call_unknown_share", "at_most": 0.1}, [False, False, True]),
        ({"metric": "call_p99_s", "at_most": 1.0}, [False, False, True]),
        ({"metric": "call_mean_s", "at_most": 1.0}, [False, False, True]),
        ({"metric": "attempts_per_call", "at_most": 1.0}, [False, True, False]),
    ],
)
def test_bad_calls_weigh_more_than_nothing(probe, bad):
    """For each kind of probe, exactly the calls that push its metric beyond the bound count against it."""
    calls = np.array([(0, 0.5, 0, 0, 0, 1, 0, 0), (1, 0.5, 1, 0, 0, 3, 1, 1), (2, 5.0, 2, 0, 0, 1, 2, 2)], CALL)
    signs = call_signs(calls, Probe.model_validate({"of": "client/web", **probe}))
    assert (signs.weights > 0).tolist() == bad

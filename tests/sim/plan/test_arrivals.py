"""Open arrivals."""

from __future__ import annotations

import math
from itertools import chain, pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.plan import Stream, open_arrivals
from sim.spec.distributions import Constant
from sim.spec.traffic import (
    Bursts,
    BurstShape,
    Closed,
    ClosedShape,
    Diurnal,
    DiurnalShape,
    Every,
    Poisson,
    Trace,
)

DAY = DiurnalShape(low=2.0, high=10.0, period=100.0, peak_at=30.0)
KINDS = {
    "every": Every(every=0.7),
    "poisson": Poisson(poisson=20.0),
    "bursts": Bursts(bursts=BurstShape(every=2.0, size=3)),
    "diurnal": Diurnal(diurnal=DAY),
    "trace": Trace(trace="t.txt", instants_s=(5.0, 1.0, -2.0, 1.0, 8.0)),
}
EACH = pytest.mark.parametrize("arrivals", KINDS.values(), ids=KINDS)


def instants(arrivals, starts_s=0.0, stops_s=50.0, seed=1):
    """Return all instants in one list."""
    return list(chain.from_iterable(open_arrivals(arrivals, Stream(seed, "client/c/arrivals"), starts_s, stops_s)))


@EACH
def test_instants_are_sorted_and_inside_their_window(arrivals):
    """From the start on, before the stop, in order; and there are some."""
    times = instants(arrivals, -3.0, 40.0)
    assert times
    assert times == sorted(times)
    assert times[0] >= -3.0
    assert times[-1] < 40.0


@EACH
def test_a_longer_run_begins_like_a_shorter_one(arrivals):
    """Arrival number n depends on its number only, not on when the run ends or how blocks are cut."""
    longer = instants(arrivals, stops_s=400.0)
    assert instants(arrivals, stops_s=50.0) == [at_s for at_s in longer if at_s < 50.0]


@EACH
def test_the_same_stream_gives_the_same_instants(arrivals):
    """And an empty window has none."""
    assert instants(arrivals) == instants(arrivals)
    assert instants(arrivals, stops_s=-10.0, starts_s=-10.0) == []


@given(every=st.floats(0.01, 100), starts=st.floats(-1e4, 1e4), seed=st.integers(0, 1000))
def test_a_period_is_kept_without_drift(every, starts, seed):
    """The first lies within one period of the start; number n comes n periods after it, to a rounding."""
    times = instants(Every(every=every), starts, starts + 300 * every, seed)
    assert starts <= times[0] <= starts + every
    expected = [times[0] + n * every for n in range(len(times))]
    assert times == pytest.approx(expected, rel=1e-12, abs=1e-9)
    assert len(times) == 300


def test_poisson_gaps_are_exponential():
    """Mean and variance of the gaps within four standard errors (rate 20: 0.05 and 0.0025)."""
    gaps = np.diff(instants(KINDS["poisson"], stops_s=1500.0))
    n = len(gaps)
    assert n > 29_000
    assert abs(gaps.mean() - 0.05) < 4 * 0.05 / math.sqrt(n)
    assert abs(gaps.var() - 0.0025) < 4 * 0.0025 * math.sqrt(8 / n)


def test_twice_the_rate_is_the_same_process_in_half_the_time():
    """Common random numbers: the gaps scale, nothing else changes."""
    slow, fast = instants(Poisson(poisson=10.0), stops_s=100.0), instants(Poisson(poisson=20.0), stops_s=50.0)
    assert fast == pytest.approx([at_s / 2 for at_s in slow])


def test_a_burst_comes_at_one_moment():
    """Three calls at each instant, the instants exponential apart."""
    times = instants(KINDS["bursts"], stops_s=100.0)
    assert times[0::3] == times[1::3] == times[2::3]
    assert all(a < b for a, b in pairwise(times[::3]))


def test_a_day_has_its_peak_and_its_trough():
    """Each tenth of the period holds as many as the rate's integral over it, within four standard errors."""
    days = 60
    times = np.array(instants(Diurnal(diurnal=DAY), stops_s=days * DAY.period))
    counts = np.histogram(times % DAY.period, bins=10, range=(0, DAY.period))[0]
    edges = np.linspace(0, DAY.period, 11)
    turn = 2 * math.pi / DAY.period
    whole = 6.0 * edges + 4.0 / turn * np.sin(turn * (edges - DAY.peak_at))
    expected = days * np.diff(whole)
    assert counts.max() > 3 * counts.min()
    assert (np.abs(counts - expected) < 4 * np.sqrt(expected)).all()


def test_a_day_without_a_swing_is_a_poisson_process():
    """low = high: the same instants as a constant rate."""
    flat = Diurnal(diurnal=DiurnalShape(low=20.0, high=20.0, period=100.0))
    assert instants(flat) == pytest.approx(instants(KINDS["poisson"]), abs=1e-9)


def test_a_trace_is_what_it_lists():
    """Sorted, what lies outside left out."""
    assert instants(KINDS["trace"], 0.0, 8.0) == [1.0, 1.0, 5.0]


def test_a_closed_loop_has_no_arrivals_of_its_own():
    """Asking for them is our bug."""
    with pytest.raises(AssertionError, match="driven by its client"):
        open_arrivals(Closed(closed=ClosedShape(workers=1, think=Constant(value=1.0))), Stream(1, "s"), 0.0, 1.0)

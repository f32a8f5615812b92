"""Heartbeats drawn when they matter: ages, intervals, runs that have just begun."""

from __future__ import annotations

from itertools import pairwise
from math import sqrt
from statistics import mean, stdev

from hypothesis import given
from hypothesis import strategies as st

from sim.model.cluster.heartbeat import Heartbeats, age_s, beats_before, beats_since
from sim.plan.streams import Stream
from sim.presets.timings import timings

share = st.floats(0.001, 0.999)


def test_the_age_is_length_biased() -> None:
    """A random moment falls into long intervals more often: mean age E[X²]/(2E[X]) for X on U(10, 14)."""
    ages = [age_s(Stream(1, "age").uniform(k), 10.0, 0.4) for k in range(20_000)]
    exact = (14.0**3 - 10.0**3) / (3 * 4.0) / (2 * 12.0)
    assert abs(mean(ages) - exact) <= 4 * stdev(ages) / sqrt(len(ages))


@given(u=share, v=share, jitter=st.floats(0, 1))
def test_the_age_grows_with_its_draw_and_stays_within_one_interval(u: float, v: float, jitter: float) -> None:
    """Drawn by inversion: monotone, never negative, never beyond the longest interval."""
    low, high = sorted((u, v))
    assert 0.0 <= age_s(low, 10.0, jitter) <= age_s(high, 10.0, jitter) <= 10.0 * (1 + jitter) + 1e-9


@given(seed=st.integers(0, 1000), count=st.integers(1, 6))
def test_intervals_are_within_their_jitter(seed: int, count: int) -> None:
    """Each renewal follows the last after period·(1 + U(0, jitter))."""
    beats = beats_before(100.0, 10.0, 0.04, count, Stream(seed, "x").uniform, 0)
    assert len(beats) == count
    assert all(10.0 - 1e-9 <= b - a <= 10.4 + 1e-9 for a, b in pairwise(beats))
    assert 0.0 <= 100.0 - beats[-1] <= 10.4 + 1e-9


def test_a_run_that_has_just_begun_holds_its_first_renewal() -> None:
    """Heartbeats after a return count from that return, not from a stationary past."""
    assert beats_since(50.0, 75.0, 10.0, 0.0, lambda _: 0.5, 0) == [60.0, 70.0]
    beats = Heartbeats(timings("k8s"))
    beats.resume(50.0)
    beats.stop(53.0, lambda _: 0.5)
    assert (beats.leases, beats.statuses) == ([50.0], [50.0])


@given(seed=st.integers(0, 1000), length_s=st.floats(1.0, 100.0))
def test_statuses_reach_back_to_the_oldest_renewal(seed: int, length_s: float) -> None:
    """Every window after the oldest drawn renewal has its status heartbeats, so the replay is complete."""
    beats = Heartbeats(timings("lab-fast"))
    if length_s < 90:
        beats.resume(100.0 - length_s)
    beats.stop(100.0, Stream(seed, "x").uniform)
    assert beats.statuses[0] <= beats.leases[0]

"""The jitter families against exact moments and bounds, through calls that fail to the end."""

from __future__ import annotations

import numpy as np
import pytest
from exact import assert_agrees, play

from sim.plan import Stream
from sim.policy import Reply, Retry
from sim.policy.backoff import Exponential


@pytest.mark.parametrize("jitter", ["full", "equal"])
@pytest.mark.parametrize(("base", "cap", "retry"), [(0.1, 10, 1), (0.1, 10, 4), (0.1, 10, 8), (0.3, 2, 5)])
def test_jittered_pauses(jitter, base, cap, retry):
    """w = min(cap, base·2^(n−1)). Full: mean w/2, variance w²/12, in (0, w). Equal: 3w/4, w²/48, in (w/2, w)."""
    nominal = min(cap, base * 2 ** (retry - 1))
    pauses = last_pauses(Exponential(base=base, cap=cap, jitter=jitter), retry)
    low, mean, variance = (0, nominal / 2, nominal**2 / 12) if jitter == "full" else (
        nominal / 2, 3 * nominal / 4, nominal**2 / 48
    )  # fmt: skip
    assert low < pauses.min() <= pauses.max() < nominal
    assert_agrees(list(pauses), mean)
    assert_agrees(list((pauses - mean) ** 2), variance, power=0.03)


def last_pauses(backoff: Exponential, retries: int, calls: int = 2000) -> np.ndarray:
    """Return the last pause of each of many calls that fail to the end."""
    policy, stream = Retry(attempts=retries + 1, backoff=backoff), Stream(11, "jitter")
    failed = Reply(0.0, "refused")
    rows = np.column_stack([stream.block(0, calls, column) for column in range(retries)]).tolist()
    return np.array([play(policy, lambda timeout_s: failed, row.__getitem__)[2][-1] for row in rows])


@pytest.mark.parametrize(("cap", "retries"), [(10, 5), (2, 8), (1, 4)])
def test_the_sum_of_fully_jittered_pauses(cap, retries):
    """Mean Σ w_k/2 and variance Σ w_k²/12: the pauses of one call are independent."""
    nominals = np.minimum(cap, 0.1 * 2.0 ** np.arange(retries))
    policy = Retry(attempts=retries + 1, backoff=Exponential(base=0.1, cap=cap, jitter="full"))
    stream, failed = Stream(5, "jitter"), Reply(0.0, "refused")
    rows = np.column_stack([stream.block(0, 3000, column) for column in range(retries)]).tolist()
    sums = np.array([sum(play(policy, lambda timeout_s: failed, row.__getitem__)[2]) for row in rows])
    assert_agrees(list(sums), float(nominals.sum()) / 2)
    assert_agrees(list((sums - nominals.sum() / 2) ** 2), float((nominals**2).sum()) / 12, power=0.03)


def decorrelated_moments(base: float, cap: float, retries: int) -> tuple[float, float]:
    """Return mean and variance of pause n of min(cap, U(base, 3·previous)), by backward recursion on a fine grid."""
    grid = np.linspace(base, cap, 20_001)
    first, second = grid.copy(), grid**2
    for _ in range(retries):
        first, second = (average_to_thrice(grid, values, base, cap) for values in (first, second))
    return float(first[0]), float(second[0] - first[0] ** 2)


def average_to_thrice(grid: np.ndarray, values: np.ndarray, base: float, cap: float) -> np.ndarray:
    """Return E[g(min(cap, U(base, 3d)))] for each d of the grid, g piecewise linear through `values`."""
    areas = np.concatenate([[0.0], np.cumsum((values[1:] + values[:-1]) / 2 * np.diff(grid))])
    ends = 3 * grid
    inside = np.interp(np.minimum(ends, cap), grid, areas)
    return (inside + values[-1] * np.maximum(0, ends - cap)) / (ends - base)


@pytest.mark.parametrize(("base", "cap", "retry"), [(0.1, 10, 3), (0.1, 1, 4), (0.2, 3, 6)])
def test_decorrelated_pauses(base, cap, retry):
    """min(cap, U(base, 3·previous)), previous starting at base: mean and variance of pause n, and its bounds."""
    mean, variance = decorrelated_moments(base, cap, retry)
    if (base, cap, retry) == (0.1, 10, 3):  # the cap is out of reach: E d_n = (base + 3·E d_{n−1})/2
        assert (mean, variance) == pytest.approx((0.575, 0.1677083333), rel=1e-4)
    pauses = last_pauses(Exponential(base=base, cap=cap, jitter="decorrelated"), retry)
    assert base < pauses.min() <= pauses.max() <= cap
    assert_agrees(list(pauses), mean)
    assert_agrees(list((pauses - mean) ** 2), variance, power=0.05)


def test_the_recursion_comes_to_the_reference_values():
    """Mean and variance of the fourth decorrelated pause, base 0.1 s, cap 1 s: computed by a second route elsewhere."""
    assert decorrelated_moments(0.1, 1, 4) == pytest.approx((0.6259769881991723, 0.10365461196988351), rel=1e-6)

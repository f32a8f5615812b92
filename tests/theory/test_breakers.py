"""Circuit breakers against exact values: renewal-reward and the chain over windows."""

from __future__ import annotations

import math

import numpy as np
import pytest
from exact import REPLICATIONS, assert_agrees, assert_ratio_agrees, flips, play, uniforms

from sim.policy import Retry
from sim.policy.breaker import Consecutive, Window


@pytest.mark.parametrize(("rate", "loss", "failures", "rest"), [(10, 0.5, 5, 30), (10, 0.2, 3, 10), (20, 0.5, 2, 0.5)])
def test_breaker_of_consecutive_failures(rate, loss, failures, rest):
    """Open share D/(1−p) / [N_k/λ + (D+1/λ)/(1−p)], N_k = (1−p^k)/(p^k(1−p)); ok share (1−p)(1−open share).

    Renewal-reward over whole cycles, from one closing to the next, as a ratio of sums (delta method).
    """
    until_open = (1 - loss**failures) / (loss**failures * (1 - loss))
    open_share = rest / (1 - loss) / (until_open / rate + (rest + 1 / rate) / (1 - loss))
    policy = Retry(attempts=1, breaker=Consecutive(failures=failures, rest=rest))
    runs = np.array([breaker_cycles(policy, seed, rate, loss, 24) for seed in range(REPLICATIONS)])
    open_s, all_s, ok, calls = runs.T
    assert_ratio_agrees(open_s, all_s, open_share, power=0.03)
    assert_ratio_agrees(ok, calls, (1 - loss) * (1 - open_share), power=0.06)


def breaker_cycles(policy: Retry, seed: int, rate: float, loss: float, cycles: int) -> tuple[float, float, int, int]:
    """Return seconds open, seconds in all, calls ok and calls over so many whole cycles of Poisson instant calls."""
    attempt, gaps, shared = flips(seed, loss), uniforms(seed, "gaps"), policy.new_shared()
    changes = {"open": 0, "half-open": 0, "closed": 0}
    shared.on_change = lambda at_s, old, new: changes.update({new: changes[new] + 1})
    now_s, ok, calls = 0.0, 0, 0
    while changes["closed"] < cycles:
        now_s -= math.log(next(gaps)) / rate
        ok += play(policy, attempt, shared=shared, now_s=now_s)[0].outcome == "ok"
        calls += 1
    return changes["open"] * policy.breaker.rest, now_s, ok, calls


def window_chain(size: int, to_open: int, loss: float) -> float:
    """Return the mean number of calls until a full window holds so many failures: a linear system over all windows."""
    states = [(bits, seen) for seen in range(size + 1) for bits in range(2**seen)]
    index = {state: number for number, state in enumerate(states)}
    step = np.zeros((len(states), len(states)))
    for (bits, seen), row in index.items():
        for failed, chance in ((1, loss), (0, 1 - loss)):
            after = ((bits << 1) | failed) & (2**size - 1)
            if seen + 1 < size or after.bit_count() < to_open:
                step[row, index[after, min(size, seen + 1)]] += chance
    return float(np.linalg.solve(np.eye(len(states)) - step, np.ones(len(states)))[0])


@pytest.mark.parametrize(("size", "to_open", "loss"), [(10, 5, 0.3), (6, 3, 0.25), (5, 5, 0.6)])
def test_breaker_with_a_window(size, to_open, loss):
    """Mean calls until it opens, evaluated only when the window is full (resilience4j)."""
    policy = Retry(attempts=1, breaker=Window(size=size, share=to_open / size, rest=1.0))
    samples = []
    for seed in range(REPLICATIONS):
        attempt, counts = flips(seed, loss), []
        for _ in range(100):
            shared, calls = policy.new_shared(), 0
            while shared.breaker.state == "closed":
                play(policy, attempt, shared=shared)
                calls += 1
            counts.append(calls)
        samples.append(np.mean(counts))
    assert_agrees(samples, window_chain(size, to_open, loss))


def test_the_chain_comes_to_the_reference_value():
    """Window 10, 5 failures, 30 %: a value that was computed by a second route elsewhere."""
    assert window_chain(10, 5, 0.3) == pytest.approx(34.80161464480676, rel=1e-10)

"""Retries against exact values: attempts, layers, timeouts. Each test carries its formula."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from exact import REPLICATIONS, assert_agrees, flips, play, uniforms

from sim.policy import Reply, Retry, Try, Wait
from sim.policy.backoff import Fixed


@pytest.mark.parametrize(("attempts", "loss"), [(2, 0.1), (3, 0.5), (5, 0.3), (10, 0.5), (4, 0.8)])
def test_independent_retries(attempts, loss):
    """Attempts per call (1−p^n)/(1−p), share ok 1−p^n: the geometric distribution, truncated at n."""
    policy, tries, oks = Retry(attempts=attempts), [], []
    for seed in range(REPLICATIONS):
        attempt = flips(seed, loss)
        ends = [play(policy, attempt)[0] for _ in range(600)]
        tries.append(np.mean([end.attempts for end in ends]))
        oks.append(np.mean([end.outcome == "ok" for end in ends]))
    assert_agrees(tries, (1 - loss**attempts) / (1 - loss))
    assert_agrees(oks, 1 - loss**attempts)


def layered(layers: int, policy: Retry, bottom: Callable[[float | None], Reply]) -> Callable[[float | None], Reply]:
    """Return attempts that are each a whole call of the layer below."""
    if layers == 1:
        return bottom
    below = layered(layers - 1, policy, bottom)
    return lambda timeout_s: Reply(0.0, "ok" if play(policy, below)[0].outcome == "ok" else "refused")


@pytest.mark.parametrize(
    ("layers", "attempts", "loss"), [(2, 3, 0.3), (3, 4, 0.5), (2, 3, 1.0), (3, 3, 1.0), (3, 2, 0.6)]
)
def test_layered_retries(layers, attempts, loss):
    """Bottom attempts per call: the product over layers of (1−f^n)/(1−f), f₁ = p, f next = fⁿ (n^layers at p = 1)."""
    value, failure = 1.0, loss
    for _ in range(layers):
        value *= attempts if failure == 1 else (1 - failure**attempts) / (1 - failure)
        failure = failure**attempts
    samples = []
    for seed in range(REPLICATIONS):
        bottom, seen = flips(seed, loss), []
        attempt = layered(layers, Retry(attempts=attempts), lambda t, b=bottom, s=seen: s.append(1) or b(t))
        for _ in range(150):
            play(Retry(attempts=attempts), attempt)
        samples.append(len(seen) / 150)
    if loss == 1:
        assert set(samples) == {value}
    else:
        assert_agrees(samples, value)


@pytest.mark.parametrize(
    ("response", "timeout", "attempts", "wait"), [(0.2, 1.0, 3, 0.5), (1.0, 1.0, 4, 0.25), (1.0, 0.5, 2, 2.0)]
)
def test_a_call_with_attempt_timeouts(response, timeout, attempts, wait):
    """Mean time m(1−fⁿ) + w·f(1−f^(n−1))/(1−f), f = e^(−timeout/m): exponential answers, no queue."""
    lost = math.exp(-timeout / response)
    value = response * (1 - lost**attempts) + wait * lost * (1 - lost ** (attempts - 1)) / (1 - lost)
    policy = Retry(attempts=attempts, try_timeout=timeout, backoff=Fixed(wait=wait))
    samples = []
    for seed in range(REPLICATIONS):
        answers = exponential_answers(seed, response)
        samples.append(np.mean([play(policy, answers)[1] for _ in range(500)]))
    assert_agrees(samples, value)


def exponential_answers(seed: int, mean_s: float) -> Callable[[float], Reply]:
    """Return attempts that answer after an exponential time, cut by the step's timeout."""
    numbers = uniforms(seed, "answers")

    def attempt(timeout_s: float) -> Reply:
        took_s = -mean_s * math.log(next(numbers))
        return Reply(0.0, took_s=took_s) if took_s < timeout_s else Reply(0.0, "timeout", took_s=timeout_s)

    return attempt


def test_the_driver_plays_what_the_policy_says():
    """A wait is a wait and a try a try: the steps of one call, by hand."""
    call = Retry(attempts=2, backoff="1s").call(0.0, float, None)
    assert (next(call), call.send(Reply(0.0, "refused")), call.send(Reply(1.0))) == (Try(), Wait(1.0), Try())

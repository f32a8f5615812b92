"""What theory tests of policies share: a driver without a clock, coin-flip attempts, and how a mean is held to a value.

Replications have their own seeds; the mean of the replication means must lie within four standard errors of the
value, and the standard error must be small enough for that to say something.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import numpy as np

from sim.plan import Stream
from sim.policy import Reply, Retry, Wait

__all__ = ["REPLICATIONS", "assert_agrees", "assert_ratio_agrees", "flips", "play", "stationary", "uniforms"]


REPLICATIONS = 30


def uniforms(seed: int, name: str = "theory") -> Iterator[float]:
    """Yield the numbers of a stream's first column, in blocks."""
    stream, first = Stream(seed, name), 0
    while True:
        yield from stream.block(first, 1024).tolist()
        first += 1024


def play(policy: Retry, attempt: Callable[[float | None], Reply], draw=None, shared=None, now_s=0.0):
    """Drive one call; `attempt` gives each try's end from its timeout. Return the outcome, the end and the waits."""
    call, at_s, waits = policy.call(now_s, draw, shared), now_s, []
    try:
        step = next(call)
        while True:
            if isinstance(step, Wait):
                waits.append(step.for_s)
                reply = Reply(at_s + step.for_s)
            else:
                reply = attempt(step.timeout_s)
                reply = reply._replace(at_s=at_s + reply.took_s)
            at_s = reply.at_s
            step = call.send(reply)
    except StopIteration as end:
        return end.value, at_s, waits


def flips(seed: int, loss: float) -> Callable[[float | None], Reply]:
    """Return attempts that fail at once, each with the same chance."""
    numbers = uniforms(seed)
    ok, failed = Reply(0.0), Reply(0.0, "refused")
    return lambda timeout_s: failed if next(numbers) < loss else ok


def assert_agrees(samples: list[float], value: float, power: float = 0.02) -> None:
    """Hold the mean of independent samples to the value: four standard errors, which must be below `power` of it."""
    error = float(np.std(samples, ddof=1)) / math.sqrt(len(samples))
    assert error < power * value, f"no power: standard error {error:g} against {value:g}"
    assert abs(float(np.mean(samples)) - value) <= 4 * error + 1e-12, f"{np.mean(samples):g} ± {error:g}, {value:g}"


def assert_ratio_agrees(above: np.ndarray, below: np.ndarray, value: float, power: float) -> None:
    """Hold Σabove / Σbelow to the value: four standard errors of a ratio of sums (delta method)."""
    ratio = above.sum() / below.sum()
    error = float(np.std(above - ratio * below, ddof=1)) * math.sqrt(len(above)) / below.sum()
    assert error < power * value, f"no power: standard error {error:g} against {value:g}"
    assert abs(ratio - value) <= 4 * error, f"{ratio:g} ± {error:g}, {value:g}"


def stationary(step: np.ndarray) -> np.ndarray:
    """Return the stationary distribution of a chain: π(P − I) = 0 with Σπ = 1."""
    states = len(step)
    equations = np.vstack([step.T - np.eye(states), np.ones(states)])
    return np.linalg.lstsq(equations, np.append(np.zeros(states), 1.0), rcond=None)[0]

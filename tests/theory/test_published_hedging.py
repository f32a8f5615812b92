"""Hedged requests: quantiles of one call, and of the slowest of a hundred.

Source: Dean and Barroso, "The tail at scale", CACM 56(2), 2013. For independent copies a request that is hedged after δ
has the survival function H(t) = S(t) below δ and S(t)·S(t − δ) above, and asks S(δ) more often; the slowest of n
of them has 1 − (1 − H)^n. The last row but one has the paper's signature: 2 % more requests, and the 99.9 % of a
fan-out of 100 falls by two orders of magnitude (there: from 1800 to 74 ms).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from statistics import NormalDist
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from published import OPEN
from quiet_world import World, two_nodes

Survival = Callable[[float], float]
CALLS = 40_000
FAN_OUT = 100


def exponential(*parts: tuple[float, float]) -> tuple[dict[str, Any], Survival]:
    """Return a mixture of exponentials of (share, mean ms), for the language and as a survival function of ms."""
    of = [{"share": share, "of": {"exponential": {"mean": mean / 1000}}} for share, mean in parts]
    return {"mixture": of}, lambda t: sum(share * math.exp(-t / mean) for share, mean in parts)


def lognormal() -> tuple[dict[str, Any], Survival]:
    """Return the lognormal distribution of median 10 ms and σ = 1."""
    return {
        "lognormal": {"p50": 0.01, "sigma": 1.0}
    }, lambda t: 1 - NormalDist().cdf(math.log(t / 10)) if t > 0 else 1.0


ROWS = [
    ("exp-10", exponential((1.0, 10)), 20.0, 0.1353, (6.93, 33.03, 44.54), (34.88, 56.03, 67.56)),
    ("p95", exponential((0.99, 5), (0.01, 200)), 15.949, 0.05, (3.51, 20.62, 28.81), (21.77, 44.02, 238.2)),
    ("p99", exponential((0.99, 5), (0.01, 200)), 32.466, 0.01, (3.51, 32.47, 43.35), (34.09, 59.17, 246.4)),
    ("signature", exponential((0.999, 5), (0.001, 1000)), 20.0, 0.0193, (3.47, 21.69, 27.84), (22.66, 34.82, 44.09)),
    ("lognormal", lognormal(), 51.803, 0.05, (10.0, 66.67, 93.13), (70.27, 130.4, 180.8)),
]
ALONE = {
    "exp-10": ((6.93, 46.05, 69.08), (49.75, 92.05, 115.12)), "p95": ((3.51, 32.47, 460.52), (74.01, 920.0, 1381)),
    "signature": ((3.47, 23.53, 49.67), (25.63, 2298, 4605)), "lognormal": ((10, 102.4, 219.8), (117.3, 411.7, 711.5)),
}  # fmt: skip
LEVELS = (0.5, 0.99, 0.999)


def hedged(alone: Survival, after: float) -> Survival:
    """Return H of S."""
    return lambda t: alone(t) if t < after else alone(t) * alone(t - after)


def quantile(survival: Survival, level: float) -> float:
    """Return where a survival function comes down to 1 − level."""
    low, high = 0.0, 1e6
    for _ in range(100):
        middle = (low + high) / 2
        low, high = (middle, high) if survival(middle) > 1 - level else (low, middle)
    return low


def slowest(one: Survival) -> Survival:
    """Return the survival function of the slowest of a hundred."""
    return lambda t: 1 - (1 - one(t)) ** FAN_OUT


def holds(values: NDArray[np.float64], survival: Survival, level: float) -> None:
    """Hold a simulated quantile to the exact one: the share of values beyond the exact one, within 3·√(p(1 − p)/n).

    That is 3·√(p(1 − p)/n)/density on the quantile itself, without a density to estimate.
    """
    at_ms = quantile(survival, level)
    beyond = survival(at_ms)  # 1 − level, but for a step of the survival function
    error = math.sqrt(beyond * (1 - beyond) / len(values))
    assert abs(float((values > at_ms).mean()) - beyond) <= 3 * error


def simulated(takes: dict[str, Any], policy: dict[str, Any], calls: int) -> tuple[NDArray[np.float64], float]:
    """Return how long calls took, in ms, and how many requests there were for each."""
    serves = {"takes": takes, "at_once": 10**6}
    data = two_nodes({"every": 0.001}, serves, duration=calls / 1000, transport=OPEN, policy=policy)
    rows = World(data, 3).run().calls
    return rows["took_s"] * 1000, float(rows["attempts"].mean())


@pytest.mark.parametrize(("name", "of", "after", "extra", "single", "fan_out"), ROWS, ids=[row[0] for row in ROWS])
def test_a_hedge_cuts_the_tail(
    name: str, of: tuple[dict[str, Any], Survival], after: float, extra: float, single: Any, fan_out: Any
) -> None:
    """**Exact**: quantiles of one call and of the slowest of a hundred, and the price in requests. 40,000 calls."""
    takes, alone = of
    both = hedged(alone, after)
    assert [quantile(both, level) for level in LEVELS] == pytest.approx(single, rel=2e-3)
    assert [quantile(slowest(both), level) for level in LEVELS] == pytest.approx(fan_out, rel=2e-3)
    took, requests = simulated(takes, {"kind": "hedge", "attempts": 2, "after": after / 1000}, CALLS)
    for level in LEVELS:
        holds(took, both, level)
    usable = took[: len(took) // FAN_OUT * FAN_OUT].reshape(-1, FAN_OUT).max(axis=1)
    for level in LEVELS[:2]:  # 400 groups say nothing of the one in a thousand
        holds(usable, slowest(both), level)
    assert alone(after) == pytest.approx(extra, abs=6e-5)
    assert abs(requests - 1 - extra) <= 3 * math.sqrt(extra * (1 - extra) / CALLS)


@pytest.mark.parametrize("name", ALONE)
def test_without_a_hedge_the_tail_is_the_distribution_s(name: str) -> None:
    """**Exact**: the same without hedges: what the table compares with. 20,000 calls."""
    takes, alone = next(row[1] for row in ROWS if row[0] == name)
    single, fan_out = ALONE[name]
    assert [quantile(alone, level) for level in LEVELS] == pytest.approx(single, rel=2e-3)
    assert [quantile(slowest(alone), level) for level in LEVELS] == pytest.approx(fan_out, rel=2e-3)
    took, requests = simulated(takes, {"kind": "none"}, CALLS // 2)
    for level in LEVELS:
        holds(took, alone, level)
    assert requests == 1


def test_a_hedge_learns_its_delay() -> None:
    """At the p95 of the client's own latencies 5 % of the calls are hedged, within a fifth of that: the second row."""
    takes, _ = ROWS[1][1]
    policy = {"kind": "hedge", "attempts": 2, "after": {"percentile": 0.95, "of_last": 1000, "at_least": 0.001}}
    _, requests = simulated(takes, policy, 20_000)
    assert requests - 1 == pytest.approx(0.05, rel=0.2)


def test_the_winner_s_answer_is_the_only_one() -> None:
    """Each call is answered once, whichever copy wins, and what the loser does at the server is wasted work."""
    takes, _ = ROWS[0][1]
    serves = {"takes": takes, "at_once": 10**6}
    policy = {"kind": "hedge", "attempts": 2, "after": 0.02}
    journal = World(two_nodes({"every": 0.01}, serves, duration=20.0, transport=OPEN, policy=policy)).run()
    totals, calls = journal.totals["service/api"], journal.calls
    assert set(calls["outcome"].tolist()) == {0}
    assert set(calls["attempts"].tolist()) == {1, 2}
    assert len(np.unique(calls["number"])) == len(calls)
    assert totals["wasted_s"] > 0

"""A queue whose callers give up while it works on: what is lost, when it comes back, and when it never does.

Source: the formulas stand in each test (M/M/1 with a caller's timeout on sojourn; fluid limits; mean field with
independent tries); simulated values are those of 100 (drains), 40 (collapses without a trigger) and 10 (spread tries)
runs of an independent program. Bronson et al., "Metastable failures in distributed systems", HotOS 2021, for the last.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from published import OPEN, agrees_with, exact, full, same_share
from quiet_world import World, two_nodes

MU, TIMEOUT = 100.0, 0.1
NEVER = math.inf


def world(
    rate: float,
    tries: int,
    seed: int,
    *,
    duration: float,
    mu: float = MU,
    timeout: float = TIMEOUT,
    backoff: Any = "none",
) -> World:
    """Return an M/M/1 queue whose callers wait for `timeout`, `tries` times, and no longer."""
    backoff = {"kind": "none"} if backoff == "none" else backoff
    policy = {"kind": "retry", "attempts": tries, "try_timeout": timeout, "retry_on": ["timeout"], "backoff": backoff}
    serves = {"takes": {"exponential": {"mean": 1 / mu}}}
    return World(two_nodes({"poisson": rate}, serves, duration=duration, transport=OPEN, policy=policy), seed)


@pytest.mark.parametrize("rate", [50, 80, 90, 95])
def test_the_timely_share_without_retries(rate: float) -> None:
    """**Exact**: 1 − e^(−(μ−λ)τ): 0.99326, 0.86466, 0.63212, 0.39347. 20 runs of 5,000 calls."""
    share = {50: 0.99326, 80: 0.86466, 90: 0.63212, 95: 0.39347}[rate]
    assert share == pytest.approx(1 - math.exp(-(MU - rate) * TIMEOUT), abs=5e-6)
    values = []
    for seed in range(20):
        calls = world(rate, 1, seed, duration=5000 / rate + 20).run().calls
        values.append(float((calls["outcome"] == 0)[calls["t_s"] >= 20].mean()))
    exact(values, share, power=0.1)


def drained_s(of: World, stops_s: float, lasts_s: float, horizon_s: float) -> float:
    """Return how long after a full stop an arrival first finds the server idle; infinite if none does in time."""
    server = of.pods["api"][0].server
    of.at(stops_s, lambda: of.traffic.slow("api", 0.0, None))
    begins_s = stops_s + lasts_s
    of.at(begins_s, lambda: of.traffic.slow("api", 1.0, None))
    found: list[float] = []
    arrive = server.arrive

    def watched(attempt: Any) -> None:
        if of.clock.now > begins_s and not server.in_system:
            found.append(of.clock.now - begins_s)
        arrive(attempt)

    endpoint = of.pods["api"][0]
    endpoint.server = _Watched(server, watched)
    while not found and of.clock.now < begins_s + horizon_s:
        of.clock.advance(of.clock.now + 0.5)
    return found[0] if found else NEVER


class _Watched:
    """A server that tells of its arrivals."""

    def __init__(self, server: Any, arrive: Any) -> None:
        self._server, self.arrive = server, arrive

    def __getattr__(self, name: str) -> Any:
        return getattr(self._server, name)


@pytest.mark.parametrize(("tries", "rate", "mean", "error", "runs"), full(
    (1, 20, 1.31, 0.02), (1, 40, 3.45, 0.04), (1, 60, 7.57, 0.11), (2, 20, 3.35, 0.06), (2, 40, 20.1, 0.4),
    (3, 20, 7.26, 0.13), (3, 30, 44.0, 1.1), few=12, many=100,
))  # fmt: skip
def test_the_time_to_drain_after_a_stop(tries: int, rate: float, mean: float, error: float, runs: int) -> None:
    """A stop of 5 s: fluid D·ρ/(1 − ρ) with ρ = mλ/μ, within 3·se + 5 %; 5 s before it are long enough to settle."""
    load = tries * rate / MU
    fluid = 5 * load / (1 - load)
    values = [drained_s(world(rate, tries, seed, duration=500.0), 5.0, 5.0, 10 * fluid) for seed in range(runs)]
    agrees_with(values, mean, error, slack=0.05)
    agrees_with(values, fluid, 0.0, slack=0.05)


@pytest.mark.parametrize(("tries", "rate", "runs"), full((2, 60), (3, 40), few=3, many=100))
def test_it_never_drains_where_tries_exceed_capacity(tries: int, rate: float, runs: int) -> None:
    """m·λ ≥ μ: after a stop of 5 s not one run of them finds its server idle again within 60 s."""
    assert {drained_s(world(rate, tries, seed, duration=100.0), 5.0, 5.0, 60.0) for seed in range(runs)} == {NEVER}


def roots(rate: float, tries: int) -> tuple[float, ...]:
    """Return where the offered load x = λ·Σ f^i, i < m, with f = e^(−(μ−x)τ), and at most 1; all of them below 3λ."""

    def gap(x: float) -> float:
        failed = min(1.0, math.exp(-(MU - x) * TIMEOUT))
        return rate * sum(failed**i for i in range(tries)) - x

    grid = np.linspace(rate, tries * rate + 1, 200_001)
    signs = np.sign([gap(x) for x in grid])
    return tuple(round(float(grid[i]), 2) for i in np.flatnonzero(np.diff(signs)))


@pytest.mark.parametrize(("rate", "published"), [
    (20, (20.007,)), (30, (30.03,)), (40, (40.10, 97.79, 120)), (50, (50.35, 94.31, 150)), (60, (61.27, 89.93, 180)),
    (70, (210,)),
])  # fmt: skip
def test_the_mean_field_has_these_states(rate: float, published: tuple[float, ...]) -> None:
    """Three tries: stable, unstable, collapsed; between 33.3 and 69.47 calls/s all three are there (arithmetic)."""
    assert roots(rate, 3) == pytest.approx(published, abs=0.02)


@pytest.mark.parametrize(("rate", "load", "error", "runs"), full(
    (40, 40.06, 0.06), (50, 50.33, 0.06), (60, 61.18, 0.07), few=3, many=10,
))  # fmt: skip
def test_the_good_state_offers_the_mean_field_s_load(rate: float, load: float, error: float, runs: int) -> None:
    """Tries spread over U(0, 60 s): the good state offers the mean field's load. 1,600 s (400 s where runs are few)."""
    spread: dict[str, Any] = {"kind": "exponential", "base": 60.0, "factor": 1.0, "cap": 60.0, "jitter": "full"}
    duration = 1600.0 if runs == 10 else 400.0
    values = []
    for seed in range(runs):
        calls = world(rate, 3, seed, duration=duration, backoff=spread).run().calls
        began = calls[(calls["t_s"] >= 0) & (calls["t_s"] < duration - 130)]  # the rest has not ended by then
        values.append(float(began["attempts"].sum() / len(began)))
    agrees_with([value * rate for value in values], load, error)


def collapses(rate: float, seed: int, within_s: float) -> bool:
    """Tell whether a system without any trigger ends up, within that time, where no call is answered in time."""
    of = world(rate, 3, seed, duration=within_s)
    server = of.pods["api"][0].server
    while of.clock.now < within_s:
        of.clock.advance(min(within_s, of.clock.now + 10.0))
        if len(server._queue) > 500 and rate * 3 > 1.05 * MU:  # 5 s of work, and more comes than goes: for good
            return True
    return len(server._queue) > 50


@pytest.mark.parametrize(("rate", "share", "runs"), [
    (30, 0.0, 3), (45, 1.0, 3), *(pytest.param(rate, share, 40, marks=pytest.mark.soak) for rate, share in (
        (30, 0.0), (34, 0.25), (36, 0.68), (38, 0.95), (40, 1.0), (45, 1.0)))
])  # fmt: skip
def test_immediate_retries_need_no_trigger(rate: float, share: float, runs: int) -> None:
    """Share of runs that collapse by themselves within 2,000 s: mean-field bounds are not sufficient."""
    hits = sum(collapses(rate, seed, 2000.0) for seed in range(runs))
    same_share(hits, runs, share, 40)


@pytest.mark.parametrize(("rate", "drains"), [(140, True), (160, False), (280, False)])
def test_hidden_capacity(rate: float, drains: bool) -> None:
    """A database good for 300 queries/s, one retry: above 150/s an outage stays; below it drains in D·ρ/(1 − ρ) = 14·D.

    280 → 560 > 300 is the paper's example (from a summary); 150 and the 14 follow from it. 6 runs, D = 2 s.
    """
    values = [
        drained_s(world(rate, 2, seed, duration=300.0, mu=300.0), 3.0, 2.0, 100.0 if drains else 20.0)
        for seed in range(6 if drains else 3)
    ]
    if drains:
        agrees_with(values, 14 * 2.0, 0.0, slack=0.05)
    else:
        assert set(values) == {NEVER}


def answered(order: str) -> tuple[float, float]:
    """Return the share of calls answered in time at 1.3 times the capacity, and the median time of those."""
    serves = {"takes": {"exponential": {"mean": 0.01}}, "order": order}
    data = two_nodes({"poisson": 130}, serves, duration=60.0, warmup=30.0, transport=OPEN | {"total_timeout": 1.0})
    calls = World(data, 1).run().calls
    calls = calls[calls["t_s"] >= 0]
    ok = calls["outcome"] == 0
    return float(ok.mean()), float(np.median(calls["took_s"][ok])) if ok.any() else NEVER


def test_the_newest_first_saves_the_newest() -> None:
    """Under overload LIFO answers most of what can be done within its normal time; FIFO answers nobody in time.

    Shape only: Maurer, "Fail at Scale", ACM Queue 13(8), 2015 (adaptive LIFO).
    """
    assert answered("fifo")[0] < 0.02
    for order in ("lifo", "adaptive-lifo"):
        share, median_s = answered(order)
        assert share > 0.6
        assert median_s < 0.15


@pytest.mark.parametrize(("filled_by", "recovers"), [("server", True), ("caller", False)])
def test_a_cold_cache_sustains_its_own_failure(filled_by: str, recovers: bool) -> None:
    """The trigger is the loss of a cache, the sustaining effect that only answers in time fill it again (look-aside).

    Shape only: Bronson et al., HotOS 2021, and Huang et al., OSDI 2022, have such a case (from memory). Warm, a tenth
    of the capacity is used; cold, it is exceeded twice over, and callers that gave up leave nothing behind.
    """
    cache = {"hit_share": 1.0, "miss_takes": 0.02, "fills_by": 2000, "warm": True, "filled_by": filled_by}
    serves = {"takes": 0.001, "cache": cache}
    of = World(two_nodes({"poisson": 100}, serves, duration=120.0, transport=OPEN | {"total_timeout": 0.1}), 1)
    of.at(30.0, lambda: of.pods["api"][0].server._cache.__setattr__("entries", 0.0))
    calls = of.run().calls
    before, after = ((calls["t_s"] >= begin) & (calls["t_s"] < begin + 20) for begin in (5, 100))
    assert float((calls["outcome"][before] == 0).mean()) == 1.0
    assert (float((calls["outcome"][after] == 0).mean()) > 0.95) is recovers

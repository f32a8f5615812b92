"""Metastable failure by timeouts, retries and a server that slows down with concurrency.

Source: mbrooker/simulator_example, commit bbfe394, `simple_collapse_sim/sim.py`; its own program was run 60 times.
Bronson et al., "Metastable failures in distributed systems", HotOS 2021, and Huang et al., "Metastable failures in the
wild", OSDI 2022, for the shape of the boundary.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from published import OPEN, agrees_with, full, goodput_per_s, same_share
from quiet_world import World, at, two_nodes

from sim.model.traffic.attempt import Attempt
from sim.record import Journal

pytestmark = pytest.mark.usefixtures("no_handshake")
SLOWING = {"takes": 1.0, "at_once": 10**6, "slows": {"per_call": 0.01}}  # 1.0 + 0.01·c s, c with the try itself
NONE = {"kind": "none"}
FULL = {"kind": "exponential", "base": 20.0, "factor": 2.0, "cap": 1000.0, "jitter": "full"}  # U(0, 20), U(0, 40)


def arrivals(seed: int, rate: Callable[[float], float], end_s: float) -> Iterator[float]:
    """Yield Poisson arrivals; the rate of the next gap is read at the previous arrival."""
    random = np.random.default_rng(seed)
    at_s = 0.0
    while True:
        at_s += random.exponential(1 / rate(at_s))
        if at_s >= end_s:
            return
        yield at_s


def run(seed: int, rate: Callable[[float], float], backoff: Any, end_s: float = 80.0) -> Journal:
    """Return one run: network Exp(0.1 s) each way, 3 s for a try, three tries, abandoned work goes on."""
    policy = {"kind": "retry", "attempts": 3, "try_timeout": 3.0, "retry_on": ["timeout", "dial_timeout"]}
    data = two_nodes(
        at(*arrivals(seed, rate, end_s)), SLOWING, duration=end_s, transport=OPEN,
        policy=policy | {"backoff": backoff}, link={"latency": {"exponential": {"mean": 0.1}}},
    )  # fmt: skip
    return World(data, seed).run()


def pulse(base: float, peak: float, for_s: float) -> Callable[[float], float]:
    """Return a rate that is higher from 20 s on, for a while."""
    return lambda at_s: peak if 20 <= at_s < 20 + for_s else base


def collapsed(journal: Journal, asked_per_s: float) -> bool:
    """Tell whether in 60 … 79 s less than half of the calls that came were answered."""
    return goodput_per_s(journal, 60.0, 79.0) < 0.5 * asked_per_s


def asked_per_s(seed: int, rate: Callable[[float], float]) -> float:
    """Return the calls/s that came in 60 … 79 s."""
    return sum(60 <= at_s < 79 for at_s in arrivals(seed, rate, 80.0)) / 19


def collapses(rate: Callable[[float], float], backoff: Any, runs: int) -> int:
    """Return how many of so many runs collapse."""
    return sum(collapsed(run(seed, rate, backoff), asked_per_s(seed, rate)) for seed in range(runs))


@pytest.mark.parametrize(("base", "for_s", "backoff", "share", "runs"), full(
    (40, 5, "none", 0.65), (50, 5, "none", 0.98), (40, 10, "none", 1.00),
    (40, 5, "full", 0.00), (50, 5, "full", 0.70), (40, 10, "full", 0.98), few=8, many=60,
))  # fmt: skip
def test_the_share_of_runs_that_never_come_back(base: int, for_s: int, backoff: str, share: float, runs: int) -> None:
    """A peak of 80 calls/s, and the system stays down in this share of runs; backoff helps only near the boundary."""
    hits = collapses(pulse(base, 80, for_s), FULL if backoff == "full" else NONE, runs)
    same_share(hits, runs, share, 60)


def test_a_run_is_either_well_or_gone() -> None:
    """Bimodal: at the end a run answers everything with one try each, or nothing with three; means say nothing."""
    ends = []
    for seed in range(6):
        calls = run(seed, pulse(40, 80, 5), NONE).calls
        late = calls[(calls["t_s"] >= 60) & (calls["t_s"] < 70)]
        ends.append((float((late["outcome"] == 0).mean()), float(late["attempts"].mean())))
    assert {(round(good, 1), round(tries)) for good, tries in ends} == {(1.0, 1), (0.0, 3)}


def test_below_the_vulnerable_band_it_always_comes_back() -> None:
    """Mean field: the bad state needs 3λ ≥ 64, so at 20 calls/s even a peak of 10 s is forgotten, though slowly."""
    for seed in range(4):
        journal = run(seed, pulse(20, 80, 10), NONE, end_s=250.0)
        assert goodput_per_s(journal, 200.0, 240.0) > 0.9 * 20


def ramp(at_s: float) -> float:
    """Return 40 calls/s at the start, 80 at 25 s, and down again as fast."""
    return max(80 - 1.6 * abs(at_s - 25), 1e-3)


@pytest.mark.parametrize(("backoff", "good", "runs"), full(
    ("none", ((49.8, 0.4), (14.9, 1.6), (0.0, 0.0), (0.0, 0.0))),
    ("full", ((49.8, 0.4), (18.1, 2.0), (0.0, 0.0), (0.0, 0.0))), few=3, many=20,
), ids=str)  # fmt: skip
def test_the_way_down_is_not_the_way_up(backoff: str, good: tuple[tuple[float, float], ...], runs: int) -> None:
    """A ramp up to 80/s and down to almost nothing: no recovery at a tenth of the load that was served before."""
    journals = [run(seed, ramp, FULL if backoff == "full" else NONE) for seed in range(runs)]
    for (begin_s, end_s), (mean, error) in zip(((5, 15), (20, 30), (40, 60), (65, 75)), good, strict=True):
        values = [goodput_per_s(journal, begin_s, end_s) for journal in journals]
        agrees_with(values, mean, max(error, 1e-9))


@pytest.mark.soak
def test_the_boundary_falls() -> None:
    """Shape (Huang et al.): the higher the load, the shorter the trigger that the system does not come back from."""
    durations = (1, 2, 3, 4, 6, 8, 12, 16)
    least = [next(d for d in durations if collapses(pulse(base, 90, d), NONE, 10) >= 5) for base in (25, 30, 40, 50)]
    assert least == sorted(least, reverse=True)
    assert least[0] > least[-1]


def test_a_longer_trigger_at_a_higher_load_is_worse() -> None:
    """Shape (Huang et al.), two corners: of three runs each none collapses at the one, all at the other."""
    assert [collapses(pulse(base, 80, for_s), NONE, 3) for base, for_s in ((30, 2), (50, 10))] == [0, 3]


def test_no_attempt_dials_for_long() -> None:
    """The switch of this module holds: a dial over an exponential link takes no time, an answer two latencies."""
    seen: list[float] = []
    data = two_nodes(
        at(1.0, 1.1, 1.2),
        {"takes": 0.0, "at_once": 9},
        transport=OPEN,
        link={"latency": {"exponential": {"mean": 0.1}}},
    )
    world = World(data)
    client = world.traffic._clients["c"]

    def traced(_call: object, attempt: Attempt, _reply: object) -> None:
        if not attempt.reused:
            seen.append(attempt.connect_s)

    client.trace, client.traced = True, traced  # type: ignore[method-assign]
    took = world.run().calls["took_s"]
    assert set(seen) == {0.0}
    assert min(took) > 0
    assert not math.isclose(took[0], took[1])

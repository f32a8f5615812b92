"""Retries at several layers, throttling by clients, a backlog of retries: the SRE book's arithmetic, on real services.

Source: Beyer et al., "Site Reliability Engineering", O'Reilly 2016, chapters 21 ("Handling overload") and 22
("Addressing cascading failures"); the five layers of three tries from the Amazon Builders' Library, "Timeouts, retries,
and backoff with jitter" (from memory).
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from published import OPEN, exact
from quiet_world import World, scenario, two_nodes

from sim.record import Journal


def layered(layers: int, tries: int, errors: float, calls: int, seed: int) -> Journal:
    """Return a run of a chain of services: the client and all but the last try so often, the last fails so often."""
    names = [f"s{n}" for n in range(1, layers + 1)]
    workloads = {
        name: {"place": "b", "serves": {"takes": 0.0, "at_once": 10**6, "errors": errors if name == names[-1] else 0.0}}
        for name in names
    }
    services: dict[str, Any] = {
        name: {"of": name, "calls": [{"to": below, "policy": "again", "transport": "wire"}]}
        for name, below in pairwise(names)
    }
    data = scenario(
        calls / 100,
        workloads=workloads,
        services=services | {names[-1]: {"of": names[-1]}},
        transports={"wire": OPEN},
        policies={"again": {"kind": "retry", "attempts": tries}},
        clients={"c": {"from": "a", "to": "s1", "arrivals": {"every": 0.01}, "transport": "wire", "policy": "again"}},
    )
    return World(data, seed).run()


def tries_per_call(journal: Journal, layers: int) -> float:
    """Return what arrives at the bottom for each call at the top."""
    return journal.totals[f"service/s{layers}"]["arrived"] / journal.totals["client/c"]["started"]


@pytest.mark.parametrize(("layers", "tries", "product"), [(3, 4, 64), (2, 3, 9), (5, 3, 243)])
def test_tries_multiply_where_the_bottom_is_down(layers: int, tries: int, product: int) -> None:
    """**Exact**: (1 + R)^L tries at the bottom for each call at the top: 4³ = 64, 3² = 9, 3⁵ = 243."""
    journal = layered(layers, tries, 1.0, 20, seed=1)
    assert tries_per_call(journal, layers) == product == tries**layers
    assert set(journal.calls["outcome"].tolist()) == {1}


@pytest.mark.parametrize(("errors", "published"), [(0.5, 2.000), (0.9, 9.988), (0.99, 47.44)])
def test_tries_multiply_with_the_bottom_s_failures(errors: float, published: float) -> None:
    """**Exact**: (1 − p^(m^L))/(1 − p), L = 3, m = 4: failures of one layer are tries of the next. 20 runs of 100."""
    assert (1 - errors**64) / (1 - errors) == pytest.approx(published, rel=1e-3)
    exact([tries_per_call(layered(3, 4, errors, 100, seed), 3) for seed in range(20)], published, power=0.05)


def throttled(demand: float, accepts: float, seed: int, *, over: float = 20.0, **serves: Any) -> dict[str, float]:
    """Return what a client that throttles itself sends, refuses and is refused per second, once it is settled."""
    serves = {"takes": 0.01, "queue": 20, **serves}
    policy = {"kind": "retry", "attempts": 1, "throttle": {"accepts": accepts, "over": over}}
    settles = 2 * over
    data = two_nodes({"poisson": demand}, serves, duration=40.0, warmup=settles, transport=OPEN, policy=policy)
    calls = World(data, seed).run().calls
    calls = calls[calls["t_s"] >= 0]
    local, ok = calls["attempts"] == 0, calls["outcome"] == 0
    per_s = {"sent": float((~local).sum()) / 40, "turned_away": float((~local & ~ok).sum()) / 40}
    return per_s | {"local": float(local.mean())}


@pytest.mark.parametrize(("demand", "accepts", "sent", "local"), [
    (150, 0.5, 150, 0.0), (300, 0.5, 200, 1 / 3), (1000, 0.5, 200, 0.8), (300, 1 / 1.1, 110, 0.633),
])  # fmt: skip
def test_a_client_that_throttles_itself_settles(demand: float, accepts: float, sent: float, local: float) -> None:
    """Sent = min(D, K·C), refused by the client itself 1 − K·C/D; C = 100/s, K = 1/accepts. 4 runs, within 3 %.

    The formula is the steady state of means; the backend here is a queue of twenty places, hence the 3 %.
    """
    runs = [throttled(demand, accepts, seed) for seed in range(4)]
    assert np.mean([run["sent"] for run in runs]) == pytest.approx(sent, rel=0.03)
    assert np.mean([run["local"] for run in runs]) == pytest.approx(local, abs=0.02)
    assert np.mean([run["turned_away"] for run in runs]) == pytest.approx(sent - min(sent, 100), abs=0.05 * sent)


def test_a_dead_backend_hears_of_each_client_once_a_window() -> None:
    """Nothing accepted: sent ≈ 1/W whatever the demand (D·W ≫ 1): one request in 10 s instead of 50/s. 20 runs."""
    values = [throttled(50, 0.5, seed, over=10.0, errors=1.0)["sent"] for seed in range(20)]
    exact(values, 50 / (50 * 10 + 1), power=0.15, slack=0.05)


@pytest.mark.parametrize("k", [1, 2, 5, 10, 20])
def test_retries_without_end_pile_up(k: int) -> None:
    """**Exact** but for the queue's places: capacity C, demand 1.01·C, again after 1 s: 1.01·C + k·C/100 in second k.

    The book's 10,000/s and 10,100/s, a tenth of their size: 10 more calls have to try again in each second.
    """
    policy = {"kind": "retry", "attempts": "unlimited", "backoff": {"kind": "fixed", "wait": 1.0}}
    serves = {"takes": 0.001, "queue": 3}
    data = two_nodes({"every": 1 / 1010}, serves, duration=22.0, transport=OPEN, policy=policy)
    world = World(data)
    counts: list[int] = []
    for second in range(1, 22):
        world.at(second - 1e-9, lambda: counts.append(world.pods["api"][0].server.arrived))
    world.run()
    offered = np.diff([0, *counts])
    assert offered[k] == pytest.approx(1010 + 10 * k, abs=5)


def test_a_budget_of_a_tenth_bounds_the_load() -> None:
    """**Exact** bound: with retries ≤ 10 % of requests three tries at a dead backend cost 1.1 times the load, not 3.

    Retries are requests too, so the 1.1 of the book is 1/(1 − 0.1).
    """
    for budget, most in ((None, 3.0), ({"kind": "retry-share", "share": 0.1}, 1 / 0.9 + 1e-4)):
        policy = {"kind": "retry", "attempts": 3} | ({} if budget is None else {"budget": budget})
        serves = {"takes": 0.0, "errors": 1.0, "at_once": 99}
        journal = World(two_nodes({"every": 0.01}, serves, duration=100.0, transport=OPEN, policy=policy)).run()
        load = journal.totals["service/api"]["arrived"] / journal.totals["client/c"]["started"]
        assert 0.97 * most <= load <= most

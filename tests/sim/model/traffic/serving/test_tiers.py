"""Turning away the lowest priority first."""

from __future__ import annotations

from typing import Any

import numpy as np
from quiet_world import World, scenario

from sim.record import Journal

RATE = 200.0  # of each of two clients; the server does 250/s


def overloaded(serves: dict[str, Any], lesser: float = RATE, greater: float = RATE) -> Journal:
    """Return a minute of two clients, of priority 0 and 5, at a server that can do 250 calls/s."""
    clients = {
        name: {
            "from": "a", "to": "api", "arrivals": {"poisson": rate}, "transport": "wire", "priority": priority,
        }
        for name, rate, priority in (("less", lesser, 0), ("more", greater, 5))
    }  # fmt: skip
    workloads = {"api": {"place": "b", "serves": {"takes": {"exponential": {"mean": 0.004}}} | serves}}
    wire = {"idle_per_host_max": 1000, "total_timeout": 1.0}
    data = scenario(
        60.0, 20.0, workloads=workloads, services={"api": {"of": "api"}}, transports={"wire": wire}, clients=clients
    )
    return World(data).run()


def goodput(journal: Journal, client: str) -> float:
    """Return the share of a client's calls that were ok, after the warm-up."""
    calls = journal.calls
    mine = calls[(calls["client"] == journal.info.clients.index(client)) & (calls["t_s"] >= 0)]
    return float((mine["outcome"] == 0).mean())


def test_the_lesser_calls_are_turned_away_and_the_greater_are_served() -> None:
    """Without shedding everybody fails; with it goodput stays near capacity, and the top tier hardly notices.

    Shape only: Uber, eng.uber.com, "Cinnamon: using century old tech to build a mean load shedder", figures 4–8.
    """
    nothing, tiers = overloaded({}), overloaded({"shed": {"tiers": {}}})
    assert [goodput(nothing, client) for client in ("less", "more")] == [0.0, 0.0]
    assert goodput(tiers, "more") > 0.99
    served = RATE * (goodput(tiers, "less") + goodput(tiers, "more"))
    assert 0.85 * 250 < served < 1.02 * 250
    calls = tiers.calls
    more = calls[(calls["client"] == tiers.info.clients.index("more")) & (calls["outcome"] == 0)]
    assert float(np.median(more["took_s"])) < 0.1


def test_nobody_is_turned_away_below_capacity() -> None:
    """At 60 % of capacity no pass finds anybody who waited too long, or it finds free workers next time."""
    journal = overloaded({"shed": {"tiers": {"target": 0.2}}}, lesser=75.0, greater=75.0)
    assert journal.totals["service/api"]["rejected"] == 0


def test_within_a_tier_the_same_calls_are_turned_away_again() -> None:
    """A call keeps its level over its attempts: with one tier a retry of a call that was turned away mostly is too."""
    data = scenario(
        60.0, 20.0,
        workloads={"api": {"place": "b", "serves": {
            "takes": {"exponential": {"mean": 0.004}}, "shed": {"tiers": {}}}}},
        services={"api": {"of": "api"}},
        transports={"wire": {"idle_per_host_max": 1000}},
        policies={"twice": {"kind": "retry", "attempts": 2}},
        clients={"c": {"from": "a", "to": "api", "arrivals": {"poisson": 400}, "transport": "wire", "policy": "twice"}},
    )  # fmt: skip
    calls = World(data).run().calls
    calls = calls[calls["t_s"] >= 0]
    retried = calls[calls["attempts"] == 2]
    assert len(retried) > 1000
    assert float((retried["outcome"] == 0).mean()) < 0.05

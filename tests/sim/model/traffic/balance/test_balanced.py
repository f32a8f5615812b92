"""A pod for each request."""

from __future__ import annotations

from typing import Any

import pytest
from quiet_world import World, at, ends, scenario

from sim.analysis.checks import check
from sim.record import Journal

MANY = {"idle_per_host_max": 1000}


def balanced(arrivals: dict[str, Any], *, replicas: int = 3, seed: int = 1, **about: Any) -> World:
    """Return a client of a service of a few pods, each request to a pod of its own choice."""
    serves = about.pop("serves", {"takes": 0.1})
    data = scenario(
        about.pop("duration", 100.0),
        workloads={"api": {"replicas": replicas, "place": "b", "serves": serves}},
        services={"api": {"of": "api"} | about.pop("service")},
        transports={"wire": MANY | about.pop("transport", {})},
        policies={"policy": about.pop("policy", {"kind": "none"})},
        clients={"c": {"from": "a", "to": "api", "arrivals": arrivals, "transport": "wire", "policy": "policy"}},
    )
    return World(data, seed)


def arrived(world: World) -> list[int]:
    """Return how many requests each pod got."""
    return [pod.server.arrived for pod in world.pods["api"]]


def test_a_connection_that_is_kept_goes_to_one_pod_a_balanced_request_to_any() -> None:
    """kube-proxy draws for a connection, a mesh for each request: one pod gets all, or each its share."""
    calls = at(*[1.0 + n for n in range(90)])
    kept, each = (balanced(calls, service={"balance": how}) for how in ("per-connection", "random"))
    kept.run()
    each.run()
    assert sorted(arrived(kept)) == [0, 0, 90]
    assert min(arrived(each)) > 90 / 3 - 4 * (90 * 2 / 9) ** 0.5


def test_round_robin_goes_round() -> None:
    """Every pod gets its turn, from any of them on; connections are kept, one for each pod."""
    world = balanced(at(*[1.0 + n for n in range(90)]), service={"balance": "round-robin"})
    world.run()
    assert arrived(world) == [30, 30, 30]
    assert sum(len(host._idle) for host in world.traffic._clients["c"].pool._hosts.values()) == 3  # type: ignore[attr-defined]


def test_the_least_busy_of_those_looked_at_is_taken() -> None:
    """With many choices a second call never joins a busy pod while another is free (but for 3·(2/3)^8)."""
    calls = [t for n in range(20) for t in (1.0 + n, 1.01 + n, 1.02 + n)]
    world = balanced(at(*calls), service={"balance": "least-request", "choices": 8})
    took = [took for _, _, took in ends(world.run())]
    assert sum(took == pytest.approx(0.1) for took in took) >= 54


def test_requests_under_way_are_counted_whatever_becomes_of_them() -> None:
    """After answers, time-outs, refusals and lost pods nobody is left in any pod's count."""
    world = balanced(
        {"poisson": 20.0}, duration=30.0, serves={"takes": {"exponential": {"mean": 0.2}}, "errors": 0.2},
        transport={"total_timeout": 0.4}, service={"balance": "least-request"},
        policy={"kind": "retry", "attempts": 3},
    )  # fmt: skip
    world.at(10.0, lambda: world.traffic.container_stopped(world.pods["api"][0], "killed"))
    world.at(15.0, lambda: world.traffic.container_started(world.pods["api"][0]))
    journal = world.run()
    check(journal)
    hosts = world.traffic._clients["c"].pool._hosts.values()  # type: ignore[attr-defined]
    in_flight = journal.totals["client/c"]["in_flight"]
    assert sum(host.under_way for host in hosts) == in_flight


def ejecting(*instants: float, replicas: int = 2, **ejects: Any) -> tuple[World, Journal]:
    """Return a world whose first pod fails every request while it is bad, from 0 to 25 s, and its journal."""
    world = balanced(
        at(*instants), replicas=replicas, service={"balance": "round-robin", "ejects": ejects}, serves={"takes": 0.01}
    )
    pod = world.pods["api"][0]
    pod.server._errors = 1.0
    world.at(25.0, lambda: setattr(pod.server, "_errors", 0.0))
    return world, world.run()


def failed(journal: Journal) -> list[float]:
    """Return when the calls began that were not ok."""
    return sorted(round(float(row["t_s"]), 3) for row in journal.calls if row["outcome"])


EVERY_TENTH = [0.1 * n for n in range(1, 900)]


def test_a_pod_that_fails_in_a_row_rests() -> None:
    """Three failures, a rest of 10 s up to the next pass, three more, twice the rest: then it is well again."""
    _, journal = ejecting(*EVERY_TENTH, failures=3, every=5.0, rests=10.0, always_one=True)
    starts = failed(journal)
    assert len(starts) == 6
    # its third failure comes within 0.6 s; back at the pass at 15 s (10.6 is no pass), out again for 20 s: till 40 s
    assert starts[2] < 0.7
    assert starts[3] > 15.0
    assert starts[5] < 15.7


def test_ten_percent_of_two_pods_is_none() -> None:
    """Without `always_one` two pods are too few for anyone to rest: each second call fails, all the time."""
    _, journal = ejecting(*EVERY_TENTH, failures=3)
    assert len(failed(journal)) == pytest.approx(125, abs=2)


def test_without_any_pod_a_call_is_refused() -> None:
    """A balancer that knows nobody fails as a rule without endpoints does: at once."""
    world = balanced(at(1.0), service={"balance": "random"})
    world.tables.table("a")["api"] = ()
    assert ends(world.run()) == [(0, "refused", 0.001)]


def test_a_fast_hedge_does_not_eject_the_slow_pod() -> None:
    """A request that is given up because another was faster says nothing about its pod."""
    world = balanced(
        at(*EVERY_TENTH), replicas=2, serves={"takes": 0.05},
        service={"balance": "round-robin", "ejects": {"failures": 1, "at_most": 1.0}},
        policy={"kind": "hedge", "attempts": 2, "after": 0.02},
    )  # fmt: skip
    world.run()
    assert min(arrived(world)) > 800

"""Availability of the real world under repairable faults, against exact values.

Formulas and values: `closed_forms.json`, models "one repairable node", "k-of-n with repair", "quorum of identical
servers with repair", "series of components", "parallel components", "exit node in series with two parallel nodes",
"servers in zones, majority needed", "k-of-n, detection delay then replacement" and "one repairable node, interval
availability" (Barlow and Proschan 1965; Trivedi and Bobbio 2017; Takács 1957); further parameters come from the same
formulas. Times are hours. What the control plane itself needs is set to next to nothing (`INSTANT`), or is seconds
where outages are hours.
"""

from __future__ import annotations

import math
from itertools import pairwise, product
from typing import Any

import numpy as np
import pytest
from exact import assert_agrees
from whole_world import INSTANT, Run, mean_of, scenario, times

from sim.record import Journal
from sim.spec.scenario import Scenario

H = 3600.0
RUNS = 20


def every(up: float) -> dict[str, Any]:
    """Return when a fault comes again: so many hours up on average."""
    return {"every": {"exponential": {"mean": up * H}}}


def lasts(down: float) -> dict[str, Any]:
    """Return how long a fault lasts: so many hours on average."""
    return {"for": {"exponential": {"mean": down * H}}}


def chain(n: int, crews: int, up: float, down: float) -> list[float]:
    """Return P(i down) of n alike: birth and death, p_{i+1} = p_i (n − i) λ / (min(i + 1, r) μ)."""
    p = [1.0]
    for i in range(n):
        p.append(p[-1] * ((n - i) / up) / (min(i + 1, crews) / down))
    return [x / sum(p) for x in p]


def servers(n: int, hours: float, faults: dict[str, Any], zones: tuple[str, ...] = (), **parts: Any) -> Scenario:
    """Return a control plane of n servers with etcd, and one worker."""
    names = [f"s{k}" for k in range(n)]
    nodes = {name: {"zone": zones[k]} if zones else {} for k, name in enumerate(names)}
    cluster = {"nodes": nodes | {"worker": {}}, "control_plane": {"servers": names}, "timings": INSTANT}
    return scenario(hours * H, cluster=cluster, faults=faults, **parts)


def journals(of: Scenario, runs: int = RUNS) -> list[Journal]:
    """Return replications."""
    return [Run(of, 1000 + seed).finish() for seed in range(runs)]


def down_shares(found: list[Journal]) -> list[float]:
    """Return the share of time in which nothing could be written, run by run."""
    return [1.0 - mean_of(journal, "control_plane_up_share") for journal in found]


@pytest.mark.parametrize(
    ("kind", "n", "crews", "up", "down", "hours", "unavailability", "power"),
    [
        ("node_loss", 1, 1, 100.0, 50.0, 21_000, None, 0.02),
        ("node_loss", 1, 1, 2000.0, 8.0, 25_000, 0.003984063745019922, 0.1),
        ("member_loss", 2, 2, 100.0, 50.0, 8_000, None, 0.02),
        ("member_loss", 2, 1, 100.0, 50.0, 10_000, None, 0.02),
        ("member_loss", 3, 3, 100.0, 80.0, 8_000, None, 0.02),
        ("node_loss", 3, 1, 100.0, 40.0, 26_000, None, 0.02),
        ("node_loss", 3, 1, 1000.0, 24.0, 100_000, 0.003290391314737926, 0.1),
        ("member_loss", 3, 3, 1000.0, 24.0, 130_000, 0.0016222000122070315, 0.1),
        ("member_loss", 5, 5, 100.0, 80.0, 11_000, None, 0.02),
        ("member_loss", 5, 1, 100.0, 40.0, 12_000, None, 0.02),
    ],
)
def test_a_quorum_of_servers_with_repair(
    kind: str, n: int, crews: int, up: float, down: float, hours: float, unavailability: float | None, power: float
) -> None:
    """U = Σ P(i down) over i > n − k with k = ⌊n/2⌋ + 1, and outages come at the rate P(n − k down) k λ."""
    target = {"member_loss": "member", "node_loss": "node"}[kind]
    names = [f"s{k}" for k in range(n)]
    faults = {name: {"kind": kind, target: name} | every(up) for name in names}
    repair = {name: {"noticed": 0, "fixed": {"exponential": {"mean": down * H}}, "crew": "people"} for name in names}
    found = journals(servers(n, hours, faults, repair=repair, crews={"people": {"size": crews}}))
    p, needed = chain(n, crews, up, down), n // 2 + 1
    exact = sum(p[n - needed + 1 :])
    assert unavailability is None or math.isclose(exact, unavailability, rel_tol=1e-9)
    assert_agrees(down_shares(found), exact, power)
    outages = [len(times(journal, "quorum_lost")) / hours for journal in found]
    assert_agrees(outages, p[n - needed] * needed / up, max(power, 0.04))


@pytest.mark.parametrize(
    ("spread", "zone", "own", "hours", "power"),
    [
        ((2, 1), (5000.0, 2.0), (1000.0, 10.0), 60_000, 0.1),
        ((2, 1), (100.0, 60.0), (150.0, 90.0), 8_000, 0.02),
        ((1, 1, 1), (100.0, 60.0), (150.0, 90.0), 8_000, 0.02),
    ],
)
def test_servers_in_zones(
    spread: tuple[int, ...], zone: tuple[float, float], own: tuple[float, float], hours: float, power: float
) -> None:
    """A = Σ over zones' states of P(state) P(majority up there): a server is down if its zone is, or it itself."""
    shares, a = zone[0] / sum(zone), own[0] / sum(own)
    needed = sum(spread) // 2 + 1
    exact = 0.0
    for state in product((0, 1), repeat=len(spread)):
        alive = sum(n for n, is_up in zip(spread, state, strict=True) if is_up)
        majority = sum(math.comb(alive, k) * a**k * (1 - a) ** (alive - k) for k in range(needed, alive + 1))
        exact += math.prod(shares if is_up else 1 - shares for is_up in state) * majority
    assert zone != (5000.0, 2.0) or math.isclose(exact, 0.9993003706006968, rel_tol=1e-9)
    zones = tuple(f"z{z}" for z, n in enumerate(spread) for _ in range(n))
    faults = {f"s{k}": {"kind": "node_loss", "node": f"s{k}"} | every(own[0]) | lasts(own[1]) for k in range(3)}
    faults |= {
        f"zone-{z}": {"kind": "zone_loss", "zone": f"z{z}"} | every(zone[0]) | lasts(zone[1])
        for z in range(len(spread))
    }
    assert_agrees(down_shares(journals(servers(3, hours, faults, zones=zones))), 1 - exact, power)


@pytest.mark.parametrize("by", ["person", "watchdog"])
def test_detection_then_repair(by: str) -> None:
    """Binomial with a = up / (up + detection + repair), whatever the distributions: 2 of 3 with a hand for each."""
    up, noticed, fixed = 100.0, 20.0, 60.0
    notices, fixes = {"exponential": {"mean": noticed * H}}, {"uniform": {"low": 0, "high": 2 * fixed * H}}
    repair = {"noticed": notices, "fixed": fixes}
    if by == "watchdog":
        repair = {"watchdog": {"after": notices, "restarts_in": fixes}}
    faults = {f"s{k}": {"kind": "member_loss", "member": f"s{k}"} | every(up) for k in range(3)}
    found = journals(servers(3, 10_000, faults, repair=dict.fromkeys(faults, repair)))
    a = up / (up + noticed + fixed)
    assert_agrees(down_shares(found), 1 - (a**3 + 3 * a**2 * (1 - a)), 0.02)


NODES = {"b": (100.0, 20.0), "c": (100.0, 30.0), "d": (50.0, 25.0)}


def service(names: str, hours: float, **parts: Any) -> Scenario:
    """Return a service with a pod on each of some nodes; nodes fail and come back, pods stay where they are."""
    faults = {n: {"kind": "node_loss", "node": n} | every(NODES[n][0]) | lasts(NODES[n][1]) for n in NODES}
    forever = {"unreachable": None, "not_ready": None}
    api = {"kind": "daemon", "place": list(names), "tolerations": forever, "serves": {"takes": 0.1, "at_once": 9}}
    return scenario(
        hours * H,
        cluster={"nodes": {name: {} for name in "abcd"}, "timings": INSTANT},
        workloads={"api": api},
        services={"api": {"of": "api"}},
        faults=faults,
        **parts,
    )


def share_ready(journal: Journal, at_least: int) -> float:
    """Return the share of time in which a service has so many ready pods."""
    steps = [(s.t_s, s.value) for s in journal.samples if (s.metric, s.subject) == ("pods_ready", "service/api")]
    steps.append((journal.info.duration_s, 0.0))
    return sum(b - a for (a, value), (b, _) in pairwise(steps) if value >= at_least) / journal.info.duration_s


def test_pods_in_parallel_and_in_series() -> None:
    """Any of three pods ready: 1 − Π (1 − a_i). All three: Π a_i. Detection takes a minute of outages of hours."""
    a = [up / (up + down) for up, down in NODES.values()]
    assert math.isclose(1 - math.prod(1 - x for x in (0.9, 0.95, 0.99)), 0.99995)  # the values of the file
    assert math.isclose(math.prod((0.999, 0.995, 0.99)), 0.98406495)
    found = journals(service("bcd", 8_000))
    assert_agrees([1 - share_ready(journal, 3) for journal in found], 1 - math.prod(a), 0.02)
    assert_agrees([1 - share_ready(journal, 1) for journal in found], math.prod(1 - x for x in a), 0.1)


def test_an_exit_node_before_two_in_parallel() -> None:
    """Calls from outside through b to pods on c and d succeed with a_b (1 − (1 − a_c)(1 − a_d))."""
    a = {name: up / (up + down) for name, (up, down) in NODES.items()}
    assert math.isclose(0.999 * (1 - (1 - 0.98) ** 2), 0.9986004)  # the value of the file
    parts = {
        "external": {"world": {"reached": {"via": "b"}}},
        "clients": {"c": {"from": "world", "to": "api", "arrivals": {"every": 6 * H}, "transport": "wire"}},
        "transports": {"wire": {"dial_timeout": 1.0, "total_timeout": 5.0, "keep_alive": False}},
        "policies": {"none": {"kind": "none"}},
    }
    found = journals(service("cd", 17_000, **parts))
    exact = a["b"] * (1 - (1 - a["c"]) * (1 - a["d"]))
    assert_agrees([float((journal.calls["outcome"] != 0).mean()) for journal in found], 1 - exact, 0.02)


def test_interval_availability() -> None:
    """Over T from up: mean A + U (1 − e^{−sT}) / (sT), its variance, and e^{−λT} without any outage."""
    up, down, hours = 4380.0, 72.0, 8760.0
    mean, variance, none = 0.9839582682485597, 0.00025317564725382824, 0.1353352832366127
    s = 1 / up + 1 / down
    a = up / (up + down)
    assert math.isclose(a + (1 - a) * (1 - math.exp(-s * hours)) / (s * hours), mean)
    assert math.isclose(math.exp(-hours / up), none)
    faults = {"s0": {"kind": "node_loss", "node": "s0"} | every(up) | lasts(down)}
    shares = down_shares(journals(servers(1, hours, faults), 900))
    assert_agrees(shares, 1 - mean, 0.05)
    assert_agrees([(share - (1 - mean)) ** 2 for share in shares], variance, 0.1)
    assert_agrees([float(share == 0.0) for share in shares], none, 0.1)


def test_availability_at_a_moment() -> None:
    """A(t) from up: μ/(λ + μ) + λ/(λ + μ) e^{−(λ + μ)t}."""
    up, down, hours = 15.0, 10.0, 5.0
    s = 1 / up + 1 / down
    exact = (1 / down + math.exp(-s * hours) / up) / s
    assert math.isclose((0.1 + 0.01 * math.exp(-0.55)) / 0.11, 0.9615408918527716)  # the value of the file
    faults = {"s0": {"kind": "node_loss", "node": "s0"} | every(up) | lasts(down)}
    found = [
        [s.value for s in journal.samples if s.metric == "control_plane_up_share"][-1]
        for journal in journals(servers(1, hours, faults), 900)
    ]
    assert_agrees(found, exact, 0.02)


def test_two_servers_are_worse_than_one() -> None:
    """In the same plan, a quorum of two is down whenever the one server is, and when the other is."""
    faults = {name: {"kind": "node_loss", "node": name} | every(300.0) | lasts(5.0) for name in ("s0", "s1")}
    both = servers(2, 20_000, faults)
    plane = both.cluster.control_plane
    assert plane is not None
    alone = plane.model_copy(update={"servers": ("s0",)})
    one = both.model_copy(update={"cluster": both.cluster.model_copy(update={"control_plane": alone})})
    of_one, of_two = down_shares(journals(one, 5)), down_shares(journals(both, 5))
    assert all(two > one for one, two in zip(of_one, of_two, strict=True))
    assert np.mean(of_two) == pytest.approx(2 * np.mean(of_one), rel=0.3)

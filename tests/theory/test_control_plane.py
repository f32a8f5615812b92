"""The simulated control plane against exact values: detection, deletion, eviction rate, elections, fail-over, quorum.

Formulas and values: `closed_forms.json`, models "node death to NotReady", "… to pod deletion", "eviction rate limit",
"Raft" and "controller leader election failover"; further parameters come from the same formulas.
"""

from __future__ import annotations

from collections.abc import Callable
from math import ceil, sqrt
from statistics import mean, stdev
from typing import Any

import pytest

from sim.model.cluster.election import elect, quorum
from sim.model.cluster.leadership import takeover_s
from sim.plan.streams import Stream
from sim.presets.timings import timings

World = Any
RUNS = 600
EXACT = {"reaction_mean_s": 0, "taint_write_s": 0, "taint_tick_s": 1e-9, "taint_race_share": 0, "kubelet_sync_s": 0}


def within(values: list[float], exact: float, power: float = 0.02) -> None:
    """Assert that the mean is the exact value within four standard errors, and that this says something."""
    error = stdev(values) / sqrt(len(values))
    assert error <= power * exact
    assert abs(mean(values) - exact) <= 4 * error


def deaths(
    build: Callable[..., World], renew_s: float, grace_s: float, period_s: float, jitter: float = 0.0
) -> list[World]:
    """Return runs of the real cluster model in which node b dies at t = 0, detection by leases alone."""
    spec = {
        "cluster": {
            "preset": "k8s",
            "nodes": {"a": {}, "b": {}},
            "timings": EXACT
            | {"lease_renew_s": renew_s, "grace_s": grace_s, "monitor_period_s": period_s}
            | {"heartbeat_jitter_share": jitter, "status_report_s": 1e9},
        },
        "workloads": {"web": {"replicas": 2}},
    }
    worlds = []
    for seed in range(RUNS):
        world = build(spec, seed=seed, start_s=-200.0)
        world.at(0.0, world.cluster.lose_node, "b", "power")
        world.clock.advance(grace_s + 400.0)
        worlds.append(world)
    return worlds


@pytest.mark.parametrize(("renew_s", "grace_s", "period_s"), [(10, 40, 5), (10, 50, 5), (2.5, 12, 5), (7, 33, 4)])
def test_detection_time(cluster_world: Callable[..., World], renew_s: float, grace_s: float, period_s: float) -> None:
    """T = m⌈G/m⌉ + U(0, m) − U(0, r): its mean, its bounds, its variance and its median."""
    found = [w.times("node_unknown", "node/b")[0] for w in deaths(cluster_world, renew_s, grace_s, period_s)]
    base = period_s * ceil(grace_s / period_s)
    within(found, base + (period_s - renew_s) / 2)
    assert base - renew_s <= min(found) <= max(found) <= base + period_s
    variance = (renew_s**2 + period_s**2) / 12
    within([(t - base - (period_s - renew_s) / 2) ** 2 for t in found], variance, power=0.06)
    below = sum(t <= base + (period_s - renew_s) / 2 for t in found) / RUNS
    assert abs(below - 0.5) <= 4 * sqrt(0.25 / RUNS)


def test_detection_time_with_jittered_renewals(cluster_world: Callable[..., World]) -> None:
    """Mean m⌈G/m⌉ + m/2 − E[X²]/(2E[X]) for renewal intervals X on U(10, 10.4): the age is length-biased."""
    found = [w.times("node_unknown", "node/b")[0] for w in deaths(cluster_world, 10, 50, 5, jitter=0.04)]
    within(found, 47.399346405228755)


def test_deletion_time(cluster_world: Callable[..., World]) -> None:
    """Deletion comes a toleration after detection: mean m⌈G/m⌉ + (m − r)/2 + 300."""
    worlds = deaths(cluster_world, 10, 50, 5)
    found = [w.times("pod_deleting")[0] for w in worlds if w.times("pod_deleting")]
    assert len(found) == RUNS
    within(found, 347.5)
    assert 340.0 <= min(found) <= max(found) <= 355.0 + 1e-6


@pytest.mark.parametrize(("lost", "period_s", "exact"), [(5, 10.0, 20.0), (3, 25.0, 25.0)])
def test_eviction_rate_limit(cluster_world: Callable[..., World], lost: int, period_s: float, exact: float) -> None:
    """The j-th node lost at one moment is tainted (j − 1)/rate later: mean extra delay (n − 1)/(2 rate)."""
    nodes = {f"n{k}": {} for k in range(30)}
    timings_s = EXACT | {"eviction_period_s": period_s, "heartbeat_jitter_share": 0, "lease_renew_s": 0.001}
    world = cluster_world({"cluster": {"preset": "k8s", "nodes": nodes, "timings": timings_s}}, start_s=-10.0)
    for k in range(lost):
        world.at(0.0, world.cluster.lose_node, f"n{k + 1}", "power")
    world.clock.advance(400.0)
    unknown, taints = world.times("node_unknown"), world.times("taint_noexecute")
    assert len(unknown) == len(taints) == lost
    delays = [taint - found for taint, found in zip(taints, unknown, strict=True)]
    assert mean(delays) == pytest.approx(exact, abs=1e-3)


def uniform_timeouts(seed: int, low_s: float, high_s: float) -> Callable[[str, int], float]:
    """Return election time-outs uniform on [low, high], a stream for each voter."""
    return lambda voter, n: low_s + (high_s - low_s) * Stream(seed, voter).uniform(n)


@pytest.mark.parametrize(
    ("members", "alive", "low_s", "one_way_s", "split", "first_s"),
    [(3, 2, 0.15, 0.0075, 0.0975, 0.2), (5, 4, 0.15, 0.0075, 0.01401875, 0.18), (3, 2, 1.0, 0.05, 0.0975, 4 / 3)],
)
def test_raft_first_round(
    members: int, alive: int, low_s: float, one_way_s: float, split: float, first_s: float
) -> None:
    """Timers together, uniform on [T, 2T]: the first candidacy after T + T/(m + 1), and how often votes split."""
    firsts, splits = [], 0
    runs = 6000
    for seed in range(runs):
        timeout_s = uniform_timeouts(seed, low_s, 2 * low_s)
        expires = {f"v{k}": timeout_s(f"v{k}", 0) for k in range(alive)}
        firsts.append(min(expires.values()))
        splits += elect(expires, members, one_way_s, timeout_s).splits > 0
    within(firsts, first_s)
    assert abs(splits / runs - split) <= 4 * sqrt(split * (1 - split) / runs)


@pytest.mark.parametrize(
    ("low_s", "one_way_s", "exact"), [(0.15, 0.0075, 0.23678110981321943), (1.0, 0.1, 1.8502164772479466)]
)
def test_raft_mean_time_to_a_new_leader(low_s: float, one_way_s: float, exact: float) -> None:
    """Two voters of three left: rounds until a majority of votes is in hand, split votes and all."""
    found = []
    for seed in range(6000):
        timeout_s = uniform_timeouts(seed, low_s, 2 * low_s)
        found.append(elect({v: timeout_s(v, 0) for v in ("a", "b")}, 3, one_way_s, timeout_s).took_s)
    within(found, exact)


@pytest.mark.parametrize(
    ("jitter", "exact", "low_s", "high_s"), [(0.0, 16.0, 14.0, 18.0), (1.2, 17.355931208471944, 13.0, 23.8)]
)
def test_controller_failover(jitter: float, exact: float, low_s: float, high_s: float) -> None:
    """One standby takes over R⌈L/R⌉ + U(0, R) − U(0, r) after the death; with jitter by renewal theory."""
    facts = timings("k8s") | {"leader_jitter_share": jitter}
    gaps = []
    for seed in range(4000):
        draw = Stream(seed, "standby").uniform
        age_s = facts["leader_retry_s"] * draw(1, 7)
        gaps.append(takeover_s(facts, lambda n, draw=draw: draw(0, n), 0) - age_s)  # type: ignore[misc]
    within(gaps, exact)
    assert low_s <= min(gaps) <= max(gaps) <= high_s


def test_the_cluster_fails_over_as_its_candidates_do(cluster_world: Callable[..., World]) -> None:
    """A dead leader's controllers lead elsewhere after 13–24 s; with two candidates left sooner than with one."""
    gaps: dict[int, list[float]] = {2: [], 3: []}
    for servers, found in gaps.items():
        names = [f"s{k}" for k in range(servers)]
        spec = {"cluster": {"control_plane": {"servers": names, "datastore": "etcd"}, "nodes": {n: {} for n in names}}}
        for seed in range(150):
            world = cluster_world(spec, seed=seed)
            leader = world.cluster._plane.controllers.leader
            # the datastore of two has no quorum without one of them: only the process of the leader's API dies
            world.at(50.0, world.cluster.stop_apiserver, leader, "refused")
            world.clock.advance(100.0)
            won = [t for t, k, _, d in world.events if k == "leader_elected" and d["controller"] == "controller"]
            found.append(won[0] - 50.0)
        assert 13.0 <= min(found) <= max(found) <= 24.0
    within(gaps[2], 17.355931208471944)
    assert mean(gaps[3]) < mean(gaps[2])


def test_etcd_fails_over_as_the_rules_say(cluster_world: Callable[..., World]) -> None:
    """Three members at etcd's defaults: 0.8–2.0 s, mean 1.2 (Q4); with K3s' 4–10 s, mean 5.9 (K8)."""
    for preset, low_s, exact, high_s in (("k8s-stacked-etcd", 0.8, 1.2, 2.0), ("k3s", 4.0, 5.9, 10.0)):
        names = ("a", "b", "c")
        plane = {"servers": names, "datastore": "etcd"}
        spec = {"cluster": {"preset": preset, "control_plane": plane, "nodes": {name: {} for name in names}}}
        gaps = []
        for seed in range(200):
            world = cluster_world(spec, seed=seed)
            world.at(5.0, world.cluster.stop_member, "leader")
            world.clock.advance(40.0)
            gaps.append(
                next(t for t, k, _, d in world.events if k == "leader_elected" and d["controller"] == "etcd") - 5.0
            )
        assert low_s <= min(gaps) <= max(gaps) <= high_s + 2.5  # a split vote costs another round
        assert mean(gaps) == pytest.approx(exact, rel=0.08)


def test_quorum_arithmetic() -> None:
    """⌊n/2⌋ + 1 must agree: 3 survive one loss, 5 two, 2 none, and a fourth member helps nobody."""
    assert [quorum(n) for n in range(1, 8)] == [1, 2, 2, 3, 3, 4, 4]
    assert [n - quorum(n) for n in range(1, 8)] == [0, 0, 1, 1, 2, 2, 3]
